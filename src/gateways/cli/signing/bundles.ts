/** Bundles where they are kept: beside a file, or as referrers in a registry. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Artifact, ArtifactReferrer } from '#core/artifact';
import { errnoOf, SwitchboardError } from '#core/errors';
import { BUNDLE_TYPE, type SubjectDigest } from '#core/signature';
import type { Statement } from '#core/statements';
import type { Attachment } from '#registry/client/publish';
import { safeLine } from '../safe.ts';

export const bundlePathOf = (file: string): string => `${file}.sigstore.json`;

/** A bundle as it is pushed beside a manifest; the annotations are those that cosign gives it. */
export function bundleAttachment(bytes: Buffer, statement: Statement): Attachment {
  const { name, version } = statement.predicate;
  const of = typeof name === 'string' && typeof version === 'string' ? `${name}-${version}` : 'statement';
  return {
    artifactType: BUNDLE_TYPE,
    mediaType: BUNDLE_TYPE,
    bytes,
    title: `${of.replaceAll(':', '-')}.sigstore.json`,
    annotations: {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': statement.predicateType,
    },
  };
}

/** More signatures than this are not read: a registry could list any number. */
const MOST_BUNDLES = 32;
/** They are read at once: together they take no more memory than this times their number. */
const LARGEST_BUNDLE = 1024 * 1024;

/** The bundles that refer to an artifact, and how many more there are. What cannot be read is an error in its place. */
export async function bundlesOf(
  artifact: Artifact,
): Promise<{ readonly bundles: readonly (Uint8Array | Error)[]; readonly unread: number }> {
  const referrers = await artifact.referrers(BUNDLE_TYPE);
  const bundles = await Promise.all(referrers.slice(0, MOST_BUNDLES).map(bytesOf));
  return { bundles, unread: referrers.length - bundles.length };
}

async function bytesOf(referrer: ArtifactReferrer): Promise<Uint8Array | Error> {
  try {
    return (await referrer.read(LARGEST_BUNDLE)).bytes;
  } catch (error) {
    if (error instanceof SwitchboardError) return error;
    throw error;
  }
}

/** The digests by which statements name a file. Errors: `file-unreadable`. */
export async function digestsOfFile(path: string, signal: AbortSignal): Promise<readonly SubjectDigest[]> {
  const [sha256, sha512] = [createHash('sha256'), createHash('sha512')];
  try {
    await pipeline(
      createReadStream(path, { highWaterMark: 512 * 1024 }),
      async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) {
          sha256.update(chunk);
          sha512.update(chunk);
        }
      },
      { signal },
    );
  } catch (cause) {
    if (signal.aborted) throw cause;
    const why = String(errnoOf(cause) ?? cause);
    throw new SwitchboardError('file-unreadable', `cannot read ${safeLine(path)}: ${why}`, { cause });
  }
  return [`sha256:${sha256.digest('hex')}`, `sha512:${sha512.digest('hex')}`];
}
