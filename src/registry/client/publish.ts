/** A component pushed to a registry, with what belongs to it. */
import { createReadStream } from 'node:fs';
import { SwitchboardError } from '#core/errors';
import type { Digest } from '#core/reference';
import type { Descriptor } from '../names.ts';
import {
  type ComponentFacts,
  componentLayer,
  type MadeManifest,
  makeComponentManifest,
  makeReferrer,
} from './component-artifact.ts';
import { formatArtifact, type Place, tagOfVersion } from './reference.ts';
import { pushReferrer, type Repository } from './repository.ts';

export const README_TYPE = 'application/vnd.switchboard.readme.v1';
export const CYCLONEDX_TYPE = 'application/vnd.cyclonedx+json';
export const SPDX_TYPE = 'application/spdx+json';

/** What is published beside a component and refers to it. */
export interface Attachment {
  readonly artifactType: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly title: string;
  /** Besides the title; shown by the registry's list of referrers. */
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Publication {
  readonly facts: ComponentFacts;
  readonly component: { readonly digest: Digest; readonly size: number; readonly source: string | Uint8Array };
  readonly attachments: readonly Attachment[];
}

export interface Published {
  readonly reference: string;
  readonly manifest: Descriptor;
  /** `same`: these bytes were published under that version already. */
  readonly outcome: 'published' | 'same';
  readonly attachments: readonly Descriptor[];
}

/**
 * Pushes a component and gives it its version. A version that is there is never changed: with the same bytes only what
 * refers to it is added. Errors: `version-taken`, those of the registry.
 */
export async function publishComponent(
  repository: Repository,
  place: Place,
  { facts, component, attachments }: Publication,
  signal?: AbortSignal,
): Promise<Published> {
  const tag = tagOfVersion(facts.version);
  const reference = formatArtifact({ ...place, tag });
  const there = await repository.manifest(tag, signal);
  let manifest: Descriptor;
  if (there) {
    if (componentLayer(there.manifest, reference).digest !== component.digest) throw taken(reference);
    manifest = { mediaType: there.manifest.mediaType, digest: there.digest, size: there.bytes.length };
  } else {
    const made = makeComponentManifest(facts, component);
    const { digest, size, source } = component;
    const body = (): Uint8Array | NodeJS.ReadableStream =>
      typeof source === 'string' ? createReadStream(source, { highWaterMark: 512 * 1024 }) : source;
    await repository.pushBlob({ digest, size, body }, signal);
    await pushBlobs(repository, made, signal);
    await repository.putManifest(tag, made.bytes, made.descriptor.mediaType, signal);
    // Where the registry lets tags move, somebody may have been faster.
    const now = await repository.manifest(tag, signal);
    if (now?.digest !== made.descriptor.digest) throw taken(reference);
    manifest = made.descriptor;
  }
  const attached: Descriptor[] = [];
  for (const attachment of attachments) attached.push(await attach(repository, manifest, attachment, signal));
  return { reference, manifest, outcome: there ? 'same' : 'published', attachments: attached };
}

const taken = (reference: string): SwitchboardError =>
  new SwitchboardError('version-taken', `${reference} is published already, with other bytes`, {
    fix: 'give the component another version and publish that',
  });

async function pushBlobs(repository: Repository, { blobs }: MadeManifest, signal?: AbortSignal): Promise<void> {
  for (const { digest, bytes } of blobs) {
    await repository.pushBlob({ digest, size: bytes.length, body: () => bytes }, signal);
  }
}

/** Publishes something that refers to a manifest: a README, an SBOM, a signature. The same again is no change. */
export async function attach(
  repository: Repository,
  subject: Descriptor,
  { artifactType, mediaType, bytes, title, annotations = {} }: Attachment,
  signal?: AbortSignal,
): Promise<Descriptor> {
  const made = makeReferrer(
    subject,
    artifactType,
    { mediaType, bytes },
    { ...annotations, 'org.opencontainers.image.title': title },
  );
  await pushBlobs(repository, made, signal);
  await pushReferrer(repository, subject.digest, made.bytes, made.descriptor, signal);
  return made.descriptor;
}
