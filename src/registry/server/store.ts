/** What the registry keeps: blobs as files by their digest, everything else in one SQLite database beside them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

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
`;

export type Row = Record<string, SQLInputValue>;

/** The database of a registry, and where its files are. */
export interface RegistryStore {
  readonly directory: string;
  /** Runs a statement and gives its rows. Texts of statements are prepared once. */
  rows(sql: string, ...values: SQLInputValue[]): readonly Row[];
  row(sql: string, ...values: SQLInputValue[]): Row | undefined;
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
  const db = new DatabaseSync(join(directory, 'registry.db'), { timeout: BUSY_MS });
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  db.exec(SCHEMA);
  const prepared = new Map<string, StatementSync>();
  const statement = (sql: string): StatementSync => {
    const known = prepared.get(sql);
    if (known) return known;
    const fresh = db.prepare(sql);
    prepared.set(sql, fresh);
    return fresh;
  };
  return {
    directory,
    rows: (sql, ...values) => statement(sql).all(...values),
    row: (sql, ...values) => statement(sql).get(...values),
    run: (sql, ...values) => Number(statement(sql).run(...values).changes),
    transaction(work) {
      db.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        db.exec('COMMIT');
        return result;
      } catch (error) {
        db.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => db.close(),
  };
}

/** The number of a repository, made if it is not there; within a transaction. */
export function repositoryId(store: RegistryStore, name: string, most: number): number | undefined {
  const known = knownRepository(store, name);
  if (known !== undefined) return known;
  if (Number(store.row('SELECT count(*) AS n FROM repositories')?.['n']) >= most) return undefined;
  store.run('INSERT INTO repositories (name) VALUES (?)', name);
  return knownRepository(store, name);
}

export function knownRepository(store: RegistryStore, name: string): number | undefined {
  const row = store.row('SELECT id FROM repositories WHERE name = ?', name);
  return row === undefined ? undefined : Number(row['id']);
}
