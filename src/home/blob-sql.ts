/** The names of blobs in SQLite: which file has which. Run on the storage thread inside its transactions. */
import type { DatabaseSync } from 'node:sqlite';
import type { BlobInfo, StoreListing, StorePage, StorePlace, StoreQuota, StoreUsage } from '#core/ports';
import { exceeds, quotaError } from '#core/stores';
import { listKeys, PAGE, storeRows } from './kv-sql.ts';

export interface BlobRow extends BlobInfo {
  readonly file: string;
}

export function blobSql(db: DatabaseSync) {
  const rows = storeRows(db, 'blob');
  const get = db.prepare('SELECT file, size, created_at AS createdAt FROM blobs WHERE store = ? AND key = ?');
  const put = db.prepare(
    'INSERT INTO blobs (store, key, file, size, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET file = excluded.file, size = excluded.size, created_at = excluded.created_at',
  );
  const remove = db.prepare('DELETE FROM blobs WHERE store = ? AND key = ?');
  const clear = db.prepare('DELETE FROM blobs WHERE store = ? RETURNING file');
  const page = db.prepare(`SELECT key FROM blobs WHERE ${PAGE} AND $now IS NOT NULL ORDER BY key LIMIT $most`);
  const files = db.prepare('SELECT file FROM blobs');
  const find = (place: StorePlace, name: string): BlobRow | undefined => {
    const store = rows.find(place);
    return store && (get.get(store.id, Buffer.from(name)) as unknown as BlobRow | undefined);
  };
  return {
    blobFind: find,
    /** Names a file; the file that had the name before is nobody's now. */
    blobPut(place: StorePlace, name: string, row: BlobRow, quota: StoreQuota): string | undefined {
      const store = rows.make(place);
      const key = Buffer.from(name);
      const before = get.get(store.id, key) as unknown as BlobRow | undefined;
      const moreKeys = before ? 0 : 1;
      const moreBytes = before ? row.size - before.size : key.length + row.size;
      if (exceeds({ ...store, moreKeys, moreBytes }, quota)) throw quotaError(place, quota);
      put.run(store.id, key, row.file, row.size, row.createdAt);
      rows.count(store.id, moreKeys, moreBytes);
      return before?.file;
    },
    blobRemove(place: StorePlace, name: string): string | undefined {
      const store = rows.find(place);
      const key = Buffer.from(name);
      const before = store && (get.get(store.id, key) as unknown as BlobRow | undefined);
      if (!store || !before) return undefined;
      remove.run(store.id, key);
      rows.count(store.id, -1, -key.length - before.size);
      return before.file;
    },
    blobList(place: StorePlace, listing: StoreListing): StorePage {
      const store = rows.find(place);
      return store ? listKeys(page, store.id, listing, 0) : { keys: [], more: false };
    },
    blobUsage(place: StorePlace): StoreQuota {
      const { keys, bytes } = rows.find(place) ?? { keys: 0, bytes: 0 };
      return { keys, bytes };
    },
    blobStores: (): StoreUsage[] => rows.all(),
    blobClear: (owner: string, name: string | undefined): string[] =>
      rows.take(owner, name).flatMap(({ id }) => clear.all(id).map((row) => String(row['file']))),
    blobFiles: (): string[] => files.all().map((row) => String(row['file'])),
  };
}
