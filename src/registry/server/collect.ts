/** Garbage collection: what nothing names goes, once it is old enough that no push is about to name it. */
import { readdirSync, statSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ContentDigest } from '../names.ts';
import { dropIfUnlinked } from './blobs.ts';
import type { RegistryLimits } from './limits.ts';
import { removeManifest } from './manifests.ts';
import type { RegistryStore } from './store.ts';
import { createUploads } from './uploads.ts';

export interface Collected {
  readonly manifests: number;
  readonly blobs: number;
  readonly bytes: number;
  readonly uploads: number;
}

export interface CollectOptions {
  /** Also manifests that no tag, no index and no referrer's subject keeps. Else every manifest stays. */
  readonly untagged?: boolean | undefined;
}

/** May run while a server of the same directory does, in any process. */
export function collectGarbage(store: RegistryStore, limits: RegistryLimits, options: CollectOptions = {}): Collected {
  const before = Date.now() - limits.graceMs;
  const uploads = createUploads(store, limits).expire();
  const manifests = options.untagged ? collectUntagged(store, before) : 0;
  let blobs = 0;
  let bytes = 0;
  const unnamed = store.rows(
    `SELECT repository, digest FROM links WHERE since <= ? AND NOT EXISTS
     (SELECT 1 FROM named WHERE named.repository = links.repository AND named.digest = links.digest)`,
    before,
  );
  for (const { repository, digest } of unnamed) {
    store.transaction(() => {
      // Asked again, alone: a manifest may have come.
      const gone = store.run(
        `DELETE FROM links WHERE repository = ?1 AND digest = ?2 AND since <= ?3
         AND NOT EXISTS (SELECT 1 FROM named WHERE repository = ?1 AND digest = ?2)`,
        repository ?? null,
        digest ?? null,
        before,
      );
      if (gone === 0) return;
      const size = dropIfUnlinked(store, String(digest) as ContentDigest);
      if (store.row('SELECT 1 FROM blobs WHERE digest = ?', digest ?? null)) return;
      blobs += 1;
      bytes += size;
    });
  }
  store.transaction(() => {
    const rows = store.rows(
      'SELECT digest FROM blobs WHERE since <= ? AND digest NOT IN (SELECT digest FROM links)',
      before,
    );
    for (const row of rows) {
      bytes += dropIfUnlinked(store, String(row['digest']) as ContentDigest);
      blobs += 1;
    }
  });
  dropRepositories(store);
  sweepFiles(store, before);
  return { manifests, blobs, bytes, uploads };
}

/** Repositories that hold nothing and of which nothing is remembered: names that somebody began to push to. */
function dropRepositories(store: RegistryStore): void {
  store.run(
    `DELETE FROM repositories WHERE NOT EXISTS (SELECT 1 FROM links WHERE repository = repositories.id)
     AND NOT EXISTS (SELECT 1 FROM manifests WHERE repository = repositories.id)
     AND NOT EXISTS (SELECT 1 FROM taken WHERE repository = repositories.id)`,
  );
}

function collectUntagged(store: RegistryStore, before: number): number {
  let removed = 0;
  for (;;) {
    const count = store.transaction(() => {
      const rows = store.rows(
        `SELECT repository, digest FROM manifests AS m WHERE since <= ?
         AND NOT EXISTS (SELECT 1 FROM tags WHERE tags.repository = m.repository AND tags.digest = m.digest)
         AND NOT EXISTS (SELECT 1 FROM named WHERE named.repository = m.repository AND named.digest = m.digest)
         AND NOT EXISTS (SELECT 1 FROM manifests AS s WHERE s.repository = m.repository AND s.digest = m.subject)`,
        before,
      );
      for (const row of rows) removeManifest(store, Number(row['repository']), String(row['digest']) as ContentDigest);
      return rows.length;
    });
    // What only those named, or referred to, is free now.
    if (count === 0) return removed;
    removed += count;
  }
}

/** Files of blobs that no row names: a process ended between the rename and the row. */
function sweepFiles(store: RegistryStore, before: number): void {
  for (const algorithm of ['sha256', 'sha512']) {
    const root = join(store.directory, 'blobs', algorithm);
    for (const part of readdirSync(root)) {
      for (const hex of readdirSync(join(root, part))) {
        const path = join(root, part, hex);
        const info = statSync(path, { throwIfNoEntry: false });
        if (!info || info.mtimeMs > before) continue;
        store.transaction(() => {
          if (!store.row('SELECT 1 FROM blobs WHERE digest = ?', `${algorithm}:${hex}`)) rmSync(path, { force: true });
        });
      }
    }
  }
}
