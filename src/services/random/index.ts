import { SwitchboardError } from '#core/errors';
import type { ServiceInterface } from '#core/services';
import type { Scope } from '../scope.ts';

/** More in one call is refused: the bytes would be in the host's memory before they are in the guest's. */
const MOST_BYTES = 1024 * 1024;
const CHUNK = 65_536;

function bytesOf(scope: Scope, wanted: bigint): Uint8Array {
  if (wanted > BigInt(MOST_BYTES)) {
    throw new SwitchboardError(
      'transfer-limit',
      `the component asked for ${wanted} random bytes at once; it may have ${MOST_BYTES}`,
    );
  }
  const length = Number(wanted);
  if (length <= CHUNK) return scope.env.random(length);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += CHUNK) bytes.set(scope.env.random(Math.min(CHUNK, length - at)), at);
  return bytes;
}

function u64Of(scope: Scope): bigint {
  const bytes = scope.env.random(8);
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
}

/** `wasi:random/random`. */
export function randomInterface(scope: Scope): ServiceInterface {
  return {
    getRandomBytes: (length: bigint) => bytesOf(scope, length),
    getRandomU64: () => u64Of(scope),
  };
}

/** `wasi:random/insecure`: as good as the other; there is no reason to give worse. */
export function insecureInterface(scope: Scope): ServiceInterface {
  return {
    getInsecureRandomBytes: (length: bigint) => bytesOf(scope, length),
    getInsecureRandomU64: () => u64Of(scope),
  };
}

/** `wasi:random/insecure-seed`. */
export function insecureSeedInterface(scope: Scope): ServiceInterface {
  return { insecureSeed: (): [bigint, bigint] => [u64Of(scope), u64Of(scope)] };
}
