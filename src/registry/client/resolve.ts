/** From what a person writes to one manifest: tags and ranges are resolved once, from then on the digest decides. */
import { maxSatisfying, prerelease, rcompare, valid, validRange } from 'semver';
import type { Artifact, ArtifactReferrer } from '#core/artifact';
import { SwitchboardError } from '#core/errors';
import { type Digest, parseReference, printable } from '#core/reference';
import type { ReadManifest } from '../manifest.ts';
import type { Descriptor } from '../names.ts';
import { componentLayer } from './component-artifact.ts';
import {
  type ArtifactReference,
  formatArtifact,
  nameOfRepository,
  parseArtifactReference,
  parseNamedComponent,
  type Place,
  tagOfVersion,
  versionOfTag,
} from './reference.ts';
import type { FetchedManifest, Repository } from './repository.ts';

/** What resolving needs: repositories by place, where names are, and the way to bytes. */
export interface ResolvePorts {
  open(place: Place): Repository;
  placeOf(name: string): Place;
  manifest(repository: Repository, reference: string): Promise<FetchedManifest | undefined>;
  bytes(repository: Repository, layer: Descriptor): Promise<Uint8Array>;
}

export interface Resolved extends Artifact {
  readonly repository: Repository;
  readonly place: ArtifactReference;
  readonly manifestBytes: Uint8Array;
  readonly layer: Descriptor & { readonly digest: Digest };
}

const LARGEST_REFERRER = 16 * 1024 * 1024;

/** Versions that are tags of a repository: releases before pre-releases, newest first. */
export function versionsIn(tags: readonly string[]): readonly string[] {
  const rank = (version: string): number => (prerelease(version) === null ? 0 : 1);
  // `v1.0.0`, which others' tools push, is a version to semver, and none that a component can have.
  const versions = tags.map(versionOfTag).filter((tag) => /^\d/.test(tag) && valid(tag) !== null);
  return versions.toSorted((a, b) => rank(a) - rank(b) || rcompare(a, b));
}

/**
 * Resolves `oci://…` or `ns:name[@range]` to one manifest, which is read and found to be a component's. Errors:
 * `invalid-reference`, `version-not-found`, `invalid-artifact`, `digest-mismatch`, those of the registry.
 */
export async function resolveArtifact(ports: ResolvePorts, word: string, signal?: AbortSignal): Promise<Resolved> {
  const place = word.startsWith('oci://')
    ? await completed(ports, parseArtifactReference(word), signal)
    : await ranged(ports, word, signal);
  const repository = ports.open(place);
  const wanted = place.digest ?? place.tag ?? '';
  const fetched = await ports.manifest(repository, wanted);
  if (!fetched) {
    throw new SwitchboardError('version-not-found', `${formatArtifact(place)} is not there`, {
      fix: `switchboard versions oci://${place.registry}/${place.repository}`,
    });
  }
  if (!fetched.digest.startsWith('sha256:')) {
    throw new SwitchboardError('invalid-artifact', `${formatArtifact(place)} has no sha256 digest`);
  }
  const manifest = fetched.digest as Digest;
  return { ...artifactOf(ports, repository, place, fetched.manifest, manifest, signal), manifestBytes: fetched.bytes };
}

function artifactOf(
  ports: ResolvePorts,
  repository: Repository,
  place: ArtifactReference,
  read: ReadManifest,
  manifest: Digest,
  signal: AbortSignal | undefined,
): Omit<Resolved, 'manifestBytes'> {
  const where = formatArtifact(place);
  const layer = componentLayer(read, where);
  const { name, version } = named(place, read, where);
  let bytes: Promise<Uint8Array> | undefined;
  return {
    repository,
    place: { ...place, digest: manifest },
    layer,
    reference: formatArtifact({ registry: place.registry, repository: place.repository, tag: place.tag }),
    name,
    version,
    manifest,
    digest: layer.digest,
    size: layer.size,
    annotations: read.annotations,
    async referrers(artifactType) {
      const found = await repository.referrers(manifest, artifactType, signal);
      return found.map((one) => referrerOf(repository, one, manifest, signal));
    },
    bytes: () => (bytes ??= ports.bytes(repository, layer)),
  };
}

/** What the place says the component is; where it cannot, what the annotations say. */
function named(place: ArtifactReference, read: ReadManifest, where: string): { name: string; version: string } {
  const name = nameOfRepository(place.repository) ?? read.annotations['org.opencontainers.image.title'] ?? '';
  const tagged = place.tag === undefined ? undefined : valid(versionOfTag(place.tag));
  const version = tagged ? versionOfTag(place.tag ?? '') : (read.annotations['org.opencontainers.image.version'] ?? '');
  try {
    const parsed = parseReference(`${name}@${version}`);
    return { name: parsed.name, version };
  } catch (cause) {
    throw new SwitchboardError(
      'invalid-artifact',
      `${where} says neither by tag nor by annotation which version it is`,
      {
        cause,
      },
    );
  }
}

function referrerOf(
  repository: Repository,
  descriptor: Descriptor,
  subject: Digest,
  signal: AbortSignal | undefined,
): ArtifactReferrer {
  return {
    digest: descriptor.digest,
    artifactType: descriptor.artifactType ?? '',
    size: descriptor.size,
    annotations: descriptor.annotations ?? {},
    async read(most = LARGEST_REFERRER) {
      const fetched = await repository.manifest(descriptor.digest, signal);
      const [layer, ...more] = fetched?.manifest.layers ?? [];
      if (!fetched || !layer || more.length > 0 || fetched.manifest.subject?.digest !== subject) {
        throw new SwitchboardError(
          'invalid-artifact',
          `${descriptor.digest} is not one layer that refers to ${subject}`,
        );
      }
      return {
        mediaType: layer.mediaType,
        bytes: await repository.blob(layer, Math.min(most, LARGEST_REFERRER), signal),
      };
    },
  };
}

async function completed(
  ports: ResolvePorts,
  place: ArtifactReference,
  signal?: AbortSignal,
): Promise<ArtifactReference> {
  if (place.tag !== undefined || place.digest !== undefined) return place;
  const [newest] = versionsIn(await ports.open(place).tags(signal));
  if (newest === undefined) throw notFound(formatArtifact(place), undefined);
  return { ...place, tag: tagOfVersion(newest) };
}

async function ranged(ports: ResolvePorts, word: string, signal?: AbortSignal): Promise<ArtifactReference> {
  const { name, range } = parseNamedComponent(word);
  const place = ports.placeOf(name);
  // An exact version needs no list.
  if (valid(range) !== null) return { ...place, tag: tagOfVersion(range) };
  const versions = versionsIn(await ports.open(place).tags(signal));
  const fits = range === '*' ? versions[0] : maxSatisfying(versions, validRange(range) ?? range);
  if (fits === undefined || fits === null) throw notFound(`${name}@${range}`, `${formatArtifact(place)}`, versions);
  return { ...place, tag: tagOfVersion(fits) };
}

function notFound(what: string, where: string | undefined, versions: readonly string[] = []): SwitchboardError {
  const there =
    versions.length === 0
      ? 'there is no version'
      : `there are ${versions
          .slice(0, 5)
          .map((one) => printable(one, 40))
          .join(', ')}`;
  return new SwitchboardError(
    'version-not-found',
    `${printable(what.replace(/@\*$/, ''))}${where === undefined ? '' : ` is not at ${where}`}: ${there}`,
    { fix: 'switchboard search <words>' },
  );
}
