import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, type FaultPoints, SwitchboardError, errnoOf } from '#core';
import { type Artifact, ENGINE_ABI, packArtifact, unpackArtifact } from './artifact.ts';

/** Everything that shapes an artifact; two that differ in any of it never share an entry. */
export interface CacheKey {
  readonly digest: Digest;
  readonly jco: string;
  readonly services: string;
  readonly options: unknown;
}

/** The transpile cache of one home. Safe for several processes: entries appear whole, by rename, or not at all. */
export interface ArtifactCache {
  /** The entry, or undefined; a damaged one is removed and counts as absent. */
  read(key: CacheKey): Promise<Artifact | undefined>;
  /** Never fails a call: a cache that cannot be written is only slower. Returns whether it was written. */
  write(key: CacheKey, artifact: Artifact): Promise<boolean>;
}

const LARGEST = 2 * 1024 ** 3;

/** Entries are removed oldest-used first once together larger than `largest` bytes. */
export function createArtifactCache(directory: string, faults: FaultPoints, largest = LARGEST): ArtifactCache {
  const fileOf = (key: CacheKey): string => join(directory, `${keyHash(key)}.bin`);
  return {
    async read(key) {
      const file = fileOf(key);
      const packed = await readFile(file).catch(() => undefined);
      if (!packed) return undefined;
      const artifact = unpackArtifact(packed);
      if (artifact) await utimes(file, new Date(), new Date()).catch(() => undefined);
      else await rm(file, { force: true });
      return artifact;
    },
    async write(key, artifact) {
      const temporary = join(directory, `.${randomBytes(8).toString('hex')}.tmp`);
      try {
        await mkdir(directory, { recursive: true, mode: 0o700 });
        faults.hit('cache.before-write');
        const file = await open(temporary, 'wx', 0o600);
        try {
          const packed = packArtifact(artifact);
          await file.writeFile(packed.subarray(0, packed.length >> 1));
          faults.hit('cache.half-written');
          await file.writeFile(packed.subarray(packed.length >> 1));
          await file.sync();
        } finally {
          await file.close();
        }
        faults.hit('cache.before-rename');
        await rename(temporary, fileOf(key));
        await trim(directory, largest, fileOf(key));
        return true;
      } catch {
        await rm(temporary, { force: true }).catch(() => undefined);
        return false;
      }
    },
  };
}

const environment = { abi: ENGINE_ABI, node: process.version, v8: process.versions.v8, arch: process.arch };

/** The file name of an entry: sha256 of the key and of what runs here. */
export function keyHash(key: CacheKey, runs: { readonly [part: string]: unknown } = environment): string {
  return createHash('sha256')
    .update(JSON.stringify({ ...key, ...runs }))
    .digest('hex');
}

const STALE_TEMPORARY_MS = 3_600_000;

/** Removes the oldest entries until the rest fit; never `kept`, whose date may lag behind those of entries just read. */
async function trim(directory: string, largest: number, kept: string): Promise<void> {
  const names = await readdir(directory);
  const entries = await Promise.all(
    names.map(async (name) => ({ name, info: await stat(join(directory, name)).catch(() => undefined) })),
  );
  let total = entries.reduce((sum, e) => sum + (e.info?.size ?? 0), 0);
  const oldestFirst = entries
    .filter((e) => e.info?.isFile())
    .toSorted((a, b) => (a.info?.mtimeMs ?? 0) - (b.info?.mtimeMs ?? 0));
  for (const { name, info } of oldestFirst) {
    const abandoned = name.endsWith('.tmp') && Date.now() - (info?.mtimeMs ?? 0) > STALE_TEMPORARY_MS;
    if (!abandoned && (total <= largest || join(directory, name) === kept)) continue;
    await rm(join(directory, name), { force: true });
    total -= info?.size ?? 0;
  }
}

/** Refuses a cache directory that is no directory; anything else shows when it is used. */
export async function checkCacheDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new SwitchboardError(
      'home-unusable',
      `the cache ${directory} cannot be made (${errnoOf(cause) ?? 'unknown'})`,
      { cause },
    );
  }
}
