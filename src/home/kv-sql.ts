/** Key-value stores in SQLite: statements and rules, run on the storage thread inside its transactions. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StoreListing, StorePage, StorePlace, StoreQuota, StoreUsage } from '#core/ports';
import { countText, exceeds, incremented, LARGEST_PAGE, quotaError, type StoreKind } from '#core/stores';

export const STORAGE_SCHEMA = `
  CREATE TABLE stores (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    keys INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    UNIQUE (kind, owner, name)
  ) STRICT;
  CREATE TABLE kv (
    store INTEGER NOT NULL,
    key BLOB NOT NULL,
    expires_at INTEGER,
    value BLOB NOT NULL,
    PRIMARY KEY (store, key)
  ) STRICT;
  CREATE INDEX kv_expiry ON kv (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE blobs (
    store INTEGER NOT NULL,
    key BLOB NOT NULL,
    file TEXT NOT NULL,
    size INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (store, key)
  ) STRICT;
  CREATE INDEX blobs_file ON blobs (file);
`;

export interface StoreRow {
  readonly id: number;
  readonly keys: number;
  readonly bytes: number;
}

/** A store's row with what it has of a key: `size` is null where it has none. */
interface KeyRow extends StoreRow {
  readonly size: number | null;
  readonly live: number;
}

/** The rows of stores, which count what is in them. */
export interface StoreRows {
  find(place: StorePlace): StoreRow | undefined;
  make(place: StorePlace): StoreRow;
  count(id: number, keys: number, bytes: number): void;
  all(): StoreUsage[];
  /** Ids of an owner's stores, or of one; their rows are removed. */
  take(owner: string, name: string | undefined): StoreRow[];
}

export function storeRows(db: DatabaseSync, kind: StoreKind): StoreRows {
  const find = db.prepare('SELECT id, keys, bytes FROM stores WHERE kind = ? AND owner = ? AND name = ?');
  const insert = db.prepare('INSERT INTO stores (kind, owner, name, keys, bytes) VALUES (?, ?, ?, 0, 0) RETURNING id');
  const count = db.prepare('UPDATE stores SET keys = keys + ?, bytes = bytes + ? WHERE id = ?');
  const all = db.prepare(
    'SELECT owner, name, keys, bytes FROM stores WHERE kind = ? AND keys > 0 ORDER BY owner, name',
  );
  const ofOwner = db.prepare('SELECT id, keys, bytes FROM stores WHERE kind = ? AND owner = ? AND (name = ? OR ? = 0)');
  const remove = db.prepare('DELETE FROM stores WHERE id = ?');
  const row = (place: StorePlace): StoreRow | undefined =>
    find.get(kind, place.owner, place.name) as StoreRow | undefined;
  return {
    find: row,
    make: (place) => {
      const found = row(place);
      if (found) return found;
      return { id: Number(insert.get(kind, place.owner, place.name)?.['id']), keys: 0, bytes: 0 };
    },
    count: (id, keys, bytes) => void (keys === 0 && bytes === 0 ? 0 : count.run(keys, bytes, id)),
    all: () => all.all(kind).map((one) => ({ kind, ...(one as Omit<StoreUsage, 'kind'>) })),
    take: (owner, name) => {
      const rows = ofOwner.all(kind, owner, name ?? '', name === undefined ? 0 : 1) as unknown as StoreRow[];
      for (const { id } of rows) remove.run(id);
      return rows;
    },
  };
}

/** A page of a table's keys, in the order of their bytes. */
export function listKeys(select: StatementSync, id: number, listing: StoreListing, now: number): StorePage {
  const { prefix, after, limit } = listing;
  const from = Buffer.from(prefix);
  const start = after === undefined ? null : Buffer.from(after);
  const rows = select.iterate({ store: id, start, from, end: keyAfter(from), now, most: limit + 1 });
  const keys: string[] = [];
  let size = 0;
  for (const row of rows) {
    const key = row['key'] as Uint8Array;
    size += key.length;
    if (keys.length === limit || (size > LARGEST_PAGE && keys.length > 0)) return { keys, more: true };
    keys.push(Buffer.from(key.buffer, key.byteOffset, key.length).toString('utf8'));
  }
  return { keys, more: false };
}

/** The first key that does not begin with the prefix; null where all later ones do. UTF-8 has no byte 0xff. */
const keyAfter = (prefix: Uint8Array): Uint8Array | null =>
  prefix.length === 0 ? null : Buffer.concat([prefix, Uint8Array.of(0xff)]);

/** The condition of `listKeys`. */
export const PAGE = `store = $store AND ($start IS NULL OR key > $start) AND key >= $from AND ($end IS NULL OR key < $end)`;

/** What is left of an answer of `KvStore`, as it crosses the thread. */
export interface KvFound {
  readonly value: Uint8Array;
  readonly expiresAt: number | null;
}

export interface KvSet {
  readonly value: Uint8Array;
  readonly expiresAt: number | undefined;
  readonly quota: StoreQuota;
}

/** As many expired values go with one sweep. */
const SWEEP = 1000;

export function kvSql(db: DatabaseSync) {
  const rows = storeRows(db, 'kv');
  const live = '(expires_at IS NULL OR expires_at > ?)';
  // One statement each: a statement takes longer than what most of them find.
  const ofStore = `WHERE stores.kind = 'kv' AND owner = ? AND name = ?`;
  const get = db.prepare(
    `SELECT value, expires_at AS expiresAt FROM stores JOIN kv ON store = id ${ofStore} AND key = ? AND ${live}`,
  );
  const sizeOf = db.prepare(
    `SELECT id, keys, bytes, length(value) AS size, ${live} AS live
    FROM stores LEFT JOIN kv ON store = id AND key = ? ${ofStore}`,
  );
  const sizeIn = (place: StorePlace, name: Uint8Array, now: number): KeyRow | undefined =>
    sizeOf.get(now, name, place.owner, place.name) as KeyRow | undefined;
  const put = db.prepare(
    'INSERT INTO kv (store, key, expires_at, value) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at, value = excluded.value',
  );
  const remove = db.prepare('DELETE FROM kv WHERE store = ? AND key = ?');
  const clear = db.prepare('DELETE FROM kv WHERE store = ?');
  const page = db.prepare(
    `SELECT key FROM kv WHERE ${PAGE} AND (expires_at IS NULL OR expires_at > $now) ORDER BY key LIMIT $most`,
  );
  const expired = db.prepare(
    'SELECT rowid, store, length(key) + length(value) AS bytes FROM kv WHERE expires_at <= ? LIMIT ?',
  );
  const expiredOf = db.prepare(
    'SELECT rowid, store, length(key) + length(value) AS bytes FROM kv WHERE store = ? AND expires_at <= ? LIMIT ?',
  );
  const expiredSum = db.prepare(
    'SELECT count(*) AS keys, coalesce(sum(length(key) + length(value)), 0) AS bytes FROM kv INDEXED BY kv_expiry WHERE store = ? AND expires_at <= ?',
  );
  const removeRow = db.prepare('DELETE FROM kv WHERE rowid = ?');

  const sweep = (found: readonly { readonly [column: string]: unknown }[]): number => {
    for (const { rowid, store, bytes } of found) {
      removeRow.run(Number(rowid));
      rows.count(Number(store), -1, -Number(bytes));
    }
    return found.length;
  };

  const write = (place: StorePlace, key: string, { value, expiresAt, quota }: KvSet, now: number): void => {
    const name = Buffer.from(key);
    for (;;) {
      const store = sizeIn(place, name, now) ?? { ...rows.make(place), size: null };
      const moreKeys = store.size === null ? 1 : 0;
      const moreBytes = store.size === null ? name.length + value.length : value.length - store.size;
      if (!exceeds({ ...store, moreKeys, moreBytes }, quota)) {
        put.run(store.id, name, expiresAt ?? null, value);
        rows.count(store.id, moreKeys, moreBytes);
        return;
      }
      if (sweep(expiredOf.all(store.id, now, SWEEP)) === 0) throw quotaError(place, quota);
    }
  };

  /** The rows count what expired until it is swept. */
  const usageOf = (place: StorePlace, now: number): StoreQuota => {
    const store = rows.find(place);
    if (!store) return { keys: 0, bytes: 0 };
    const gone = expiredSum.get(store.id, now);
    return { keys: store.keys - Number(gone?.['keys']), bytes: store.bytes - Number(gone?.['bytes']) };
  };

  const find = (place: StorePlace, key: string, now: number): KvFound | undefined =>
    get.get(place.owner, place.name, Buffer.from(key), now) as KvFound | undefined;

  const erase = (place: StorePlace, key: string, now: number): boolean => {
    const name = Buffer.from(key);
    const before = sizeIn(place, name, now);
    if (!before || before.size === null) return false;
    remove.run(before.id, name);
    rows.count(before.id, -1, -name.length - before.size);
    return before.live === 1;
  };

  return {
    kvGet: find,
    kvSet: write,
    kvDelete: erase,
    kvSwap(place: StorePlace, key: string, expected: Uint8Array | undefined, next: KvSet | undefined, now: number) {
      const found = find(place, key, now)?.value;
      const same = found && expected ? Buffer.compare(found, expected) === 0 : found === expected;
      if (!same) return false;
      if (next) write(place, key, next, now);
      else erase(place, key, now);
      return true;
    },
    kvIncrement(place: StorePlace, key: string, delta: bigint, quota: StoreQuota, now: number) {
      const found = find(place, key, now);
      const sum = incremented(found?.value, delta);
      const expiresAt = found?.expiresAt ?? undefined;
      write(place, key, { value: countText(sum), expiresAt, quota }, now);
      return { sum, expiresAt };
    },
    kvList(place: StorePlace, listing: StoreListing, now: number): StorePage {
      const store = rows.find(place);
      return store ? listKeys(page, store.id, listing, now) : { keys: [], more: false };
    },
    kvUsage: (place: StorePlace, now: number): StoreQuota => usageOf(place, now),
    kvStores: (now: number): StoreUsage[] =>
      rows
        .all()
        .map((one) => ({ ...one, ...usageOf(one, now) }))
        .filter(({ keys }) => keys > 0),
    kvClear(owner: string, name: string | undefined): number {
      const gone = rows.take(owner, name);
      for (const { id } of gone) clear.run(id);
      return gone.reduce((sum, { keys }) => sum + keys, 0);
    },
    kvSweep: (now: number): number => sweep(expired.all(now, SWEEP)),
  };
}
