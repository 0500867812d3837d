/** Stores of values and of blobs: their rules, the same for every backend. Pure. */
import { SwitchboardError } from './errors.ts';
import type { FsMode } from './permission.ts';
import type { StorePlace, StoreQuota } from './ports.ts';
import type { ComponentName } from './reference.ts';

/** `kv`: small values by key. `blob`: large ones by name, streamed. */
export type StoreKind = 'kv' | 'blob';

/**
 * One store as an owner grants it. It is the component's own, unless `shared`: all components that were granted the
 * shared one of that name have the same. `bytes` and `keys` are the quota that the component's writes are held to.
 */
export interface StorePermission {
  readonly kind: StoreKind;
  readonly name: string;
  readonly mode: FsMode;
  readonly shared?: true;
  readonly bytes?: number;
  readonly keys?: number;
}

/** Bytes of UTF-8. */
export const LONGEST_KEY = 1024;
/** Bytes of one value of a `kv` store; larger ones are blobs. */
export const LARGEST_VALUE = 1024 * 1024;
/** Keys of one page of a list, and the bytes of their text. */
export const LONGEST_PAGE = 1000;
export const LARGEST_PAGE = 256 * 1024;

const MiB = 1024 * 1024;
/** Where the grant names no quota. */
export const DEFAULT_QUOTAS: { readonly [K in StoreKind]: StoreQuota } = {
  kv: { bytes: 64 * MiB, keys: 100_000 },
  blob: { bytes: 1024 * MiB, keys: 10_000 },
};
/** The most that a grant can name. */
export const MOST_BYTES = 1024 * 1024 * MiB;
export const MOST_KEYS = 100_000_000;

/** Owner of the stores that are shared: no component can have that name. */
export const SHARED_OWNER = '*';

export const quotaOf = ({ kind, bytes, keys }: StorePermission): StoreQuota => ({
  bytes: bytes ?? DEFAULT_QUOTAS[kind].bytes,
  keys: keys ?? DEFAULT_QUOTAS[kind].keys,
});

/** Where a component's store of that name lies. */
export const placeOf = (component: ComponentName, { name, shared }: StorePermission): StorePlace => ({
  owner: shared ? SHARED_OWNER : component,
  name,
});

/**
 * A key or a blob's name as it is kept: its UTF-8, so that nothing in it (`..`, NUL, `__proto__`) means anything.
 * Errors: `invalid-arguments`.
 */
export function checkKey(key: string): void {
  const bytes = utf8Length(key);
  if (bytes === 0) throw new SwitchboardError('invalid-arguments', 'a key is not empty');
  if (bytes > LONGEST_KEY) {
    throw new SwitchboardError('invalid-arguments', `a key has at most ${LONGEST_KEY} bytes; this one has ${bytes}`);
  }
  if (!key.isWellFormed()) throw new SwitchboardError('invalid-arguments', 'a key is text, and this is none');
}

/** Errors: `invalid-arguments`. */
export function checkValue(value: Uint8Array): void {
  if (value.length <= LARGEST_VALUE) return;
  throw new SwitchboardError(
    'invalid-arguments',
    `a value has at most ${LARGEST_VALUE} bytes; this one has ${value.length}, which is for a blob`,
  );
}

/** The moment at which a value set now is gone. Errors: `invalid-arguments`. */
export function expiryOf(ttl: number | undefined, now: number): number | undefined {
  if (ttl === undefined) return undefined;
  if (!(ttl >= 1)) throw new SwitchboardError('invalid-arguments', 'a time to live is 1 millisecond or more');
  return Math.min(Math.floor(now + ttl), Number.MAX_SAFE_INTEGER);
}

const LARGEST_COUNT = 2n ** 63n - 1n;

/** What a counter says after `delta`: its value is decimal text. Errors: `invalid-arguments`. */
export function incremented(value: Uint8Array | undefined, delta: bigint): bigint {
  const text = value === undefined ? '0' : value.length > 20 ? '' : String.fromCharCode(...value);
  if (!/^-?\d{1,19}$/.test(text)) {
    throw new SwitchboardError('invalid-arguments', 'the value is no whole number that could be counted up');
  }
  const sum = BigInt(text) + delta;
  if (sum > LARGEST_COUNT || sum < -LARGEST_COUNT - 1n) {
    throw new SwitchboardError('invalid-arguments', 'the sum is out of the range of s64');
  }
  return sum;
}

/** Decimal text, as `incremented` reads it. */
export const countText = (count: bigint): Uint8Array => Uint8Array.from(String(count), (digit) => digit.charCodeAt(0));

/** What a store has, and what a write makes of it. */
export interface StoreChange {
  readonly keys: number;
  readonly bytes: number;
  readonly moreKeys: number;
  readonly moreBytes: number;
}

/** Whether a write goes beyond the quota. What makes a store smaller is never refused. */
export function exceeds({ keys, bytes, moreKeys, moreBytes }: StoreChange, quota: StoreQuota): boolean {
  return (moreKeys > 0 && keys + moreKeys > quota.keys) || (moreBytes > 0 && bytes + moreBytes > quota.bytes);
}

export function quotaError(place: StorePlace, quota: StoreQuota): SwitchboardError {
  return new SwitchboardError(
    'store-full',
    `the store ${place.name} is full: it may have ${quota.bytes} bytes in ${quota.keys} keys`,
  );
}

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    if (code >= 0xd800 && code <= 0xdbff && i + 1 < text.length) {
      bytes += 2;
      i += 1;
    } else bytes += code < 0x800 ? 1 : 2;
  }
  return bytes;
}
