/** Blobs: files by digest, shared by all repositories; a link says that a repository has one. */
import { mkdirSync, openSync, closeSync, fsyncSync, renameSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { algorithmOf, type ContentDigest, hexOf } from '../names.ts';
import type { RegistryLimits } from './limits.ts';
import { Refusal } from './refusal.ts';
import { keptBytes, knownRepository, type RegistryStore, repositoryId } from './store.ts';

/** Where a blob's file is. A digest is hex alone, so it cannot lead out of the directory. */
export function blobPath(store: RegistryStore, digest: ContentDigest): string {
  const hex = hexOf(digest);
  return join(store.directory, 'blobs', algorithmOf(digest), hex.slice(0, 2), hex);
}

/** The size of a blob that a repository has, or undefined. */
export function blobSize(store: RegistryStore, repository: string, digest: ContentDigest): number | undefined {
  const row = store.row(
    `SELECT blobs.size AS size FROM repositories JOIN links ON links.repository = repositories.id
     JOIN blobs ON blobs.digest = links.digest WHERE repositories.name = ? AND links.digest = ?`,
    repository,
    digest,
  );
  return row === undefined ? undefined : Number(row['size']);
}

/** The repositories that have a blob; at most 100. */
export function holdersOf(store: RegistryStore, digest: ContentDigest): readonly string[] {
  const rows = store.rows(
    `SELECT repositories.name AS name FROM links JOIN repositories ON repositories.id = links.repository
     WHERE links.digest = ? LIMIT 100`,
    digest,
  );
  return rows.map((row) => String(row['name']));
}

/**
 * Gives a repository a blob whose bytes are in `file`, or, without a file, one that is there. False if it is not there.
 * The file is on the disk before anything names it; it takes the place of one that was damaged.
 */
export async function linkBlob(
  store: RegistryStore,
  limits: RegistryLimits,
  repository: string,
  digest: ContentDigest,
  file?: { readonly path: string; readonly size: number },
): Promise<boolean> {
  if (file) {
    await using handle = await open(file.path, 'r');
    await handle.sync();
  }
  return store.transaction(() => {
    const path = blobPath(store, digest);
    const row = store.row('SELECT size FROM blobs WHERE digest = ?', digest);
    const there = row !== undefined && fileSize(path) === Number(row['size']);
    if (!there && !file) return false;
    const id = repositoryId(store, repository, limits.repositories);
    if (id === undefined) throw new Refusal('DENIED', 'the registry has as many repositories as it may');
    if (!there && file) {
      if (!row && keptBytes(store) + file.size > limits.total) throw full();
      const made = mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      renameSync(file.path, path);
      sync(dirname(path));
      if (made !== undefined) sync(dirname(made));
      store.run('INSERT OR IGNORE INTO blobs (digest, size, since) VALUES (?, ?, ?)', digest, file.size, Date.now());
    }
    // A link that is there becomes young again: what a push found must not be collected before its manifest comes.
    store.run('INSERT OR REPLACE INTO links (repository, digest, since) VALUES (?, ?, ?)', id, digest, Date.now());
    return true;
  });
}

export const full = (): Refusal => new Refusal('DENIED', 'the registry is full', { status: 507 });

/** Says that a blob is about to be named, so that it is not collected before: to those who found it there. */
export function touchBlob(
  store: RegistryStore,
  limits: RegistryLimits,
  repository: string,
  digest: ContentDigest,
): void {
  const now = Date.now();
  store.run(
    `UPDATE links SET since = ?1 WHERE digest = ?2 AND since < ?3
     AND repository = (SELECT id FROM repositories WHERE name = ?4)`,
    now,
    digest,
    now - limits.graceMs / 2,
    repository,
  );
}

/** Takes a blob from a repository. `used`: a manifest of it names the blob, nothing was done. */
export function unlinkBlob(
  store: RegistryStore,
  repository: string,
  digest: ContentDigest,
): 'removed' | 'used' | 'unknown' {
  return store.transaction(() => {
    const id = knownRepository(store, repository);
    if (id === undefined || !store.row('SELECT 1 FROM links WHERE repository = ? AND digest = ?', id, digest)) {
      return 'unknown';
    }
    if (store.row('SELECT 1 FROM named WHERE repository = ? AND digest = ?', id, digest)) return 'used';
    store.run('DELETE FROM links WHERE repository = ? AND digest = ?', id, digest);
    dropIfUnlinked(store, digest);
    return 'removed';
  });
}

/** Removes a blob that no repository has; within a transaction, so that no link can come meanwhile. Its size, or 0. */
export function dropIfUnlinked(store: RegistryStore, digest: ContentDigest): number {
  if (store.row('SELECT 1 FROM links WHERE digest = ?', digest)) return 0;
  const size = Number(store.row('SELECT size FROM blobs WHERE digest = ?', digest)?.['size'] ?? 0);
  store.run('DELETE FROM blobs WHERE digest = ?', digest);
  rmSync(blobPath(store, digest), { force: true });
  return size;
}

/** The size of the file, or undefined where it is gone: somebody took it from under the registry. */
export function fileSize(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

function sync(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
