/** What the registry keeps: blobs as files by their digest, everything else in one SQLite database beside them. */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { indexRepository } from './component-index.ts';

/** One writer at a time; others, of any process, wait this long. */
const BUSY_MS = 10_000;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS repositories (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE IF NOT EXISTS blobs (digest TEXT PRIMARY KEY, size INTEGER NOT NULL, since INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS links (
  repository INTEGER NOT NULL, digest TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (repository, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS links_by_digest ON links (digest);
CREATE TABLE IF NOT EXISTS manifests (
  repository INTEGER NOT NULL, digest TEXT NOT NULL, media_type TEXT NOT NULL, size INTEGER NOT NULL, content BLOB NOT NULL,
  subject TEXT, artifact_type TEXT, annotations TEXT NOT NULL, config_type TEXT, since INTEGER NOT NULL,
  PRIMARY KEY (repository, digest)
) STRICT;
CREATE INDEX IF NOT EXISTS manifests_by_subject ON manifests (repository, subject, digest) WHERE subject IS NOT NULL;
CREATE TABLE IF NOT EXISTS named (
  repository INTEGER NOT NULL, manifest TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (repository, digest, manifest)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS named_by_manifest ON named (repository, manifest);
CREATE TABLE IF NOT EXISTS tags (
  repository INTEGER NOT NULL, folded TEXT NOT NULL, tag TEXT NOT NULL, digest TEXT NOT NULL, since INTEGER NOT NULL,
  PRIMARY KEY (repository, folded, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tags_by_digest ON tags (repository, digest);
CREATE TABLE IF NOT EXISTS taken (
  repository INTEGER NOT NULL, tag TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (repository, tag)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uploads (
  id TEXT PRIMARY KEY, repository TEXT NOT NULL, account TEXT NOT NULL, touched INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS components (
  repository INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, versions TEXT NOT NULL, title TEXT NOT NULL,
  description TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS kept (bytes INTEGER NOT NULL) STRICT;
INSERT INTO kept SELECT (SELECT coalesce(sum(size), 0) FROM blobs) + (SELECT coalesce(sum(size), 0) FROM manifests)
  WHERE NOT EXISTS (SELECT 1 FROM kept);
CREATE TRIGGER IF NOT EXISTS blob_comes AFTER INSERT ON blobs BEGIN UPDATE kept SET bytes = bytes + NEW.size; END;
CREATE TRIGGER IF NOT EXISTS blob_goes AFTER DELETE ON blobs BEGIN UPDATE kept SET bytes = bytes - OLD.size; END;
CREATE TRIGGER IF NOT EXISTS manifest_comes AFTER INSERT ON manifests BEGIN UPDATE kept SET bytes = bytes + NEW.size; END;
CREATE TRIGGER IF NOT EXISTS manifest_goes AFTER DELETE ON manifests BEGIN UPDATE kept SET bytes = bytes - OLD.size; END;
`;

/** Of the form of the database. */
const VERSION = 1;

export type Row = Record<string, SQLInputValue>;

/** The database of a registry, and where its files are. */
export interface RegistryStore {
  readonly directory: string;
  /** Runs a statement and gives its rows. Texts of statements are prepared once. */
  rows(sql: string, ...values: SQLInputValue[]): readonly Row[];
  row(sql: string, ...values: SQLInputValue[]): Row | undefined;
  /** Rows one at a time, for those that may be large. */
  each(sql: string, ...values: SQLInputValue[]): IterableIterator<Row>;
  run(sql: string, ...values: SQLInputValue[]): number;
  /** All or nothing, and alone among writers of every process. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/** Opens the store in a directory, which is made if it is not there. */
export function openStore(directory: string): RegistryStore {
  for (const part of ['', 'blobs/sha256', 'blobs/sha512', 'uploads']) {
    mkdirSync(join(directory, part), { recursive: true, mode: 0o700 });
  }
  const file = join(directory, 'registry.db');
  const db = new DatabaseSync(file, { timeout: BUSY_MS });
  // Its journal gets the same mode: manifests of private repositories are in both.
  chmodSync(file, 0o600);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  const made = Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
  if (made > VERSION) {
    db.close();
    throw new Error(`it was made by a newer Switchboard (${made}, this one knows ${VERSION})`);
  }
  // As one: two processes that open a new directory at once must not count it twice.
  db.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
  const prepared = new Map<string, StatementSync>();
  const statement = (sql: string): StatementSync => {
    const known = prepared.get(sql);
    if (known) return known;
    const fresh = db.prepare(sql);
    prepared.set(sql, fresh);
    return fresh;
  };
  const store: RegistryStore = {
    directory,
    rows: (sql, ...values) => statement(sql).all(...values),
    row: (sql, ...values) => statement(sql).get(...values),
    each: (sql, ...values) => db.prepare(sql).iterate(...values),
    run: (sql, ...values) => Number(statement(sql).run(...values).changes),
    transaction(work) {
      db.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        db.exec('COMMIT');
        return result;
      } catch (error) {
        // A full disk may have ended it already.
        if (db.isTransaction) db.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => db.close(),
  };
  if (made < VERSION) {
    store.transaction(() => {
      // Of the time before there was an index.
      for (const row of store.rows('SELECT id, name FROM repositories')) {
        indexRepository(store, { id: Number(row['id']), repository: String(row['name']) });
      }
      db.exec(`PRAGMA user_version = ${VERSION}`);
    });
  }
  return store;
}

/** The number of a repository, made if it is not there; within a transaction. */
export function repositoryId(store: RegistryStore, name: string, most: number): number | undefined {
  const known = knownRepository(store, name);
  if (known !== undefined) return known;
  if (Number(store.row('SELECT count(*) AS n FROM repositories')?.['n']) >= most) return undefined;
  store.run('INSERT INTO repositories (name) VALUES (?)', name);
  return knownRepository(store, name);
}

/** The bytes of all blobs and manifests. */
export function keptBytes(store: RegistryStore): number {
  return Number(store.row('SELECT bytes FROM kept')?.['bytes'] ?? 0);
}

export function knownRepository(store: RegistryStore, name: string): number | undefined {
  const row = store.row('SELECT id FROM repositories WHERE name = ?', name);
  return row === undefined ? undefined : Number(row['id']);
}
