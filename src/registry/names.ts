/** The words of an OCI registry: repositories, tags, digests and media types (OCI distribution and image specifications 1.1). */

/** `sha256:` and 64 hex digits, or `sha512:` and 128. */
export type ContentDigest = `sha256:${string}` | `sha512:${string}`;

const PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${PART}(?:/${PART})*$`);
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;
const LONGEST_REPOSITORY = 255;

/** Whether this may name a repository. No dots alone, no empty parts: it is safe as a part of a path. */
export function isRepository(text: string): boolean {
  return text.length <= LONGEST_REPOSITORY && REPOSITORY.test(text);
}

export function isTag(text: string): boolean {
  return TAG.test(text);
}

export function isDigest(text: unknown): text is ContentDigest {
  return typeof text === 'string' && DIGEST.test(text);
}

export type Algorithm = 'sha256' | 'sha512';

export function algorithmOf(digest: ContentDigest): Algorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/** A digest without its algorithm. */
export function hexOf(digest: ContentDigest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** The tag under which a registry without the referrers API keeps the referrers of a digest. */
export function fallbackTag(digest: ContentDigest): string {
  return digest.replace(':', '-').slice(0, 128);
}

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';
export const DOCKER_MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';
export const DOCKER_INDEX_TYPE = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';
export const WASM_CONFIG_TYPE = 'application/vnd.wasm.config.v0+json';
export const WASM_LAYER_TYPE = 'application/wasm';

/** The largest manifest that is taken or given: what the specification asks a registry to take at least. */
export const LARGEST_MANIFEST = 4 * 1024 * 1024;

/** What points at content by its digest. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: ContentDigest;
  readonly size: number;
  readonly artifactType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly urls?: readonly string[] | undefined;
}
