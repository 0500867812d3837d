/** What publish pushes: the component, what it says of itself, and what lies beside it. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ComponentDescription } from '#core';
import { SwitchboardError } from '#core/errors';
import { type Digest, parseReference, printable } from '#core/reference';
import { type Attachment, CYCLONEDX_TYPE, type Publication, README_TYPE, SPDX_TYPE } from '#registry/client/publish';
import { type Place, placeBelow } from '#registry/client/reference';
import { placeOf, readSettings } from '#registry/client/settings';
import type { Context } from '../context.ts';
import { exportNames } from '../describe-text.ts';

interface Wanted {
  readonly registry?: string | undefined;
  readonly as?: string | undefined;
  readonly readme?: string | undefined;
  readonly sbom?: string | undefined;
  readonly author?: string | undefined;
}

/** What is beside a component is no larger than what is read of it: 16 MiB. */
const LARGEST_ATTACHMENT = 16 * 1024 * 1024;

/** Reads and describes what is to be published; builds a project first. Errors: those of reading, building and naming. */
export async function preparePublication(
  context: Context,
  file: string,
  wanted: Wanted,
): Promise<{ readonly place: Place; readonly publication: Publication }> {
  const folder = statSync(file, { throwIfNoEntry: false })?.isDirectory() ? file : undefined;
  const built =
    folder === undefined ? undefined : await (await import('../dev-install.ts')).builtProject(context, folder);
  const { describeSource } = await import('#host/source');
  const source = await describeSource(built?.out ?? file, context.signal);
  const { bytes, description, own } = await named(source, wanted.as);
  const { name, version = '' } = parseReference(own);
  const place =
    wanted.registry === undefined ? placeOf(readSettings(context.home), name) : placeBelow(wanted.registry, name);
  return {
    place,
    publication: {
      facts: {
        name,
        version,
        description: firstParagraph(description.docs),
        imports: description.requirements.map((one) => one.import),
        exports: exportNames(description),
        created: Date.now(),
        author: wanted.author,
      },
      component: { digest: description.digest, size: bytes.length, source: bytes },
      attachments: attachmentsOf(wanted, folder),
    },
  };
}

/** The component with its name inside, so that the digest covers it: written into it where it says none. */
async function named(
  { bytes, description }: { readonly bytes: Uint8Array; readonly description: ComponentDescription },
  as: string | undefined,
): Promise<{ readonly bytes: Uint8Array; readonly description: ComponentDescription; readonly own: string }> {
  const says = description.types.package;
  const complete = says !== undefined && parseReference(says).version !== undefined;
  const own = as ?? says;
  const fix = 'switchboard publish <file> --as namespace:name@1.0.0';
  if (own === undefined || parseReference(own).version === undefined) {
    throw new SwitchboardError('invalid-reference', 'the component does not say its name and version; give them', {
      fix,
    });
  }
  if (complete) {
    if (own === says) return { bytes, description, own };
    throw new SwitchboardError('invalid-reference', `the component says that it is ${printable(says)}, not ${own}`, {
      fix: 'leave --as out, or build it under the other name',
    });
  }
  if (says !== undefined && parseReference(own).name !== says) {
    throw new SwitchboardError('invalid-reference', `the component says that it is ${printable(says)}, not ${own}`);
  }
  const { injectPackage } = await import('#wit');
  const whole = injectPackage(bytes, own);
  const digest: Digest = `sha256:${createHash('sha256').update(whole).digest('hex')}`;
  return { bytes: whole, description: { ...description, digest }, own };
}

const firstParagraph = (docs: string): string =>
  docs
    .split(/\n\s*\n/, 1)[0]
    ?.replaceAll(/\s+/g, ' ')
    .trim() ?? '';

function attachmentsOf(wanted: Wanted, folder: string | undefined): Attachment[] {
  const beside = (...names: readonly string[]): string | undefined =>
    folder === undefined ? undefined : names.map((one) => join(folder, one)).find((path) => existsSync(path));
  const readme = wanted.readme ?? beside('README.md');
  const sbom = wanted.sbom ?? beside('sbom.cdx.json', 'sbom.spdx.json');
  return [
    ...(readme === undefined ? [] : [attachment(readme, README_TYPE, 'text/markdown')]),
    ...(sbom === undefined ? [] : [sbomOf(sbom)]),
  ];
}

function attachment(path: string, artifactType: string, mediaType: string): Attachment {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new SwitchboardError('file-unreadable', `cannot read ${printable(path)}`, { cause });
  }
  if (bytes.length > LARGEST_ATTACHMENT) {
    throw new SwitchboardError('too-large', `${printable(path)} has more than ${LARGEST_ATTACHMENT} bytes`);
  }
  return { artifactType, mediaType, bytes, title: basename(path) };
}

function sbomOf(path: string): Attachment {
  const made = attachment(path, CYCLONEDX_TYPE, CYCLONEDX_TYPE);
  const document = parsed(made.bytes);
  if (document?.bomFormat === 'CycloneDX') return made;
  if (typeof document?.spdxVersion === 'string') return { ...made, artifactType: SPDX_TYPE, mediaType: SPDX_TYPE };
  throw new SwitchboardError('file-unreadable', `${printable(path)} is neither CycloneDX nor SPDX in JSON`);
}

function parsed(bytes: Buffer): { readonly bomFormat?: unknown; readonly spdxVersion?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
