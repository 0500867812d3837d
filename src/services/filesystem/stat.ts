import type { BigIntStats } from 'node:fs';

export type DescriptorType =
  | 'unknown'
  | 'block-device'
  | 'character-device'
  | 'directory'
  | 'fifo'
  | 'symbolic-link'
  | 'regular-file'
  | 'socket';

export interface Datetime {
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

export function typeOf(
  stat: Pick<
    BigIntStats,
    'isFile' | 'isDirectory' | 'isSymbolicLink' | 'isFIFO' | 'isSocket' | 'isBlockDevice' | 'isCharacterDevice'
  >,
): DescriptorType {
  if (stat.isFile()) return 'regular-file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return 'symbolic-link';
  if (stat.isFIFO()) return 'fifo';
  if (stat.isSocket()) return 'socket';
  if (stat.isBlockDevice()) return 'block-device';
  return stat.isCharacterDevice() ? 'character-device' : 'unknown';
}

const BILLION = 1_000_000_000n;

function datetime(ns: bigint): Datetime {
  const at = ns < 0n ? 0n : ns;
  return { seconds: at / BILLION, nanoseconds: Number(at % BILLION) };
}

/** `wasi:filesystem/types.descriptor-stat`. */
export function descriptorStat(stat: BigIntStats): object {
  return {
    type: typeOf(stat),
    linkCount: stat.nlink,
    size: stat.size,
    dataAccessTimestamp: datetime(stat.atimeNs),
    dataModificationTimestamp: datetime(stat.mtimeNs),
    statusChangeTimestamp: datetime(stat.ctimeNs),
  };
}

/** `metadata-hash`: the same object has the same, until it is changed; device and inode numbers stay ours. */
export function metadataHash(stat: BigIntStats): { readonly lower: bigint; readonly upper: bigint } {
  return { lower: mix(stat.ino * 31n + stat.dev, stat.mtimeNs), upper: mix(stat.size + stat.ino, stat.ctimeNs) };
}

/** splitmix64 of both. */
function mix(a: bigint, b: bigint): bigint {
  let z = BigInt.asUintN(64, a * 0x9e3779b97f4a7c15n + b);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

export type NewTimestamp =
  | { readonly tag: 'no-change' | 'now' }
  | { readonly tag: 'timestamp'; readonly val: Datetime };

/** Seconds for `futimes`: `given` where it is set, else what it was. */
export function seconds(given: NewTimestamp, was: bigint, now: number): number {
  if (given.tag === 'now') return now / 1000;
  if (given.tag === 'timestamp') return Number(given.val.seconds) + given.val.nanoseconds / 1e9;
  return Number(was) / 1e9;
}
