import type { Digest } from './reference.ts';

const KNOWN = new WeakMap<Uint8Array, Digest>();

/**
 * Says that these bytes were found to have a digest, so that nobody further on hashes them again. Only for bytes that no
 * one else holds and that are not written to any more: a change of them would go unseen.
 */
export function rememberDigest(bytes: Uint8Array, digest: Digest): void {
  KNOWN.set(bytes, digest);
}

/** The digest that was found of exactly this array, if it was. */
export function knownDigest(bytes: Uint8Array): Digest | undefined {
  return KNOWN.get(bytes);
}
