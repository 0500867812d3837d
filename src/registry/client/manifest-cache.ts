/** Manifests of what was acquired, by their digest: what a lock file names is then installed without its registry. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ReadManifest, readManifest } from '../manifest.ts';
import { type ContentDigest, hexOf, isDigest, LARGEST_MANIFEST, MANIFEST_TYPE } from '../names.ts';
import type { FetchedManifest } from './repository.ts';

export interface ManifestCache {
  /** The manifest of a digest, hashed when read; undefined for a tag, and for what is not there. */
  find(reference: string): FetchedManifest | undefined;
  /** Keeps one that has the digest. A cache that cannot be written is only slower. */
  keep(digest: ContentDigest, bytes: Uint8Array): void;
}

const MOST = 2_048;

export function manifestCache(directory: string): ManifestCache {
  const fileOf = (digest: ContentDigest): string => join(directory, hexOf(digest));
  return {
    find(reference) {
      if (!isDigest(reference) || !reference.startsWith('sha256:')) return undefined;
      const path = fileOf(reference);
      try {
        if (statSync(path).size > LARGEST_MANIFEST) return undefined;
        const bytes = readFileSync(path);
        const manifest = typedManifest(bytes);
        if (manifest && createHash('sha256').update(bytes).digest('hex') === hexOf(reference)) {
          return { digest: reference, bytes, manifest };
        }
        rmSync(path, { force: true });
      } catch {
        // Then the registry is asked.
      }
      return undefined;
    },
    keep(digest, bytes) {
      const path = fileOf(digest);
      const part = `${path}.${process.pid}.part`;
      if (!typedManifest(bytes) || statSync(path, { throwIfNoEntry: false })) return;
      try {
        mkdirSync(directory, { recursive: true, mode: 0o700 });
        trim(directory);
        writeFileSync(part, bytes, { mode: 0o600 });
        renameSync(part, path);
      } catch {
        rmSync(part, { force: true });
      }
    },
  };
}

/** One that says its own type: of others the type is what the registry says, which is not kept. */
function typedManifest(bytes: Uint8Array): ReadManifest | undefined {
  try {
    const { mediaType } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { mediaType?: unknown };
    return mediaType === MANIFEST_TYPE ? readManifest(bytes, MANIFEST_TYPE) : undefined;
  } catch {
    return undefined;
  }
}

/** Where there are very many the older half goes. */
function trim(directory: string): void {
  const names = readdirSync(directory);
  if (names.length < MOST) return;
  const ages = names.map((name) => ({
    path: join(directory, name),
    at: statSync(join(directory, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  }));
  for (const { path } of ages.toSorted((a, b) => a.at - b.at).slice(0, MOST / 2)) rmSync(path, { force: true });
}
