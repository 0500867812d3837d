import type { DatabaseSync } from 'node:sqlite';
import { unusable } from './failures.ts';
import type { HomePaths } from './layout.ts';

/**
 * One step forward. Runs inside a write transaction that also raises the database's version: what it does
 * to the database happens whole or not at all. What it does to files must be safe to do twice.
 */
export type Migration = (db: DatabaseSync, paths: HomePaths) => void;

/** `MIGRATIONS[n]` takes a home from version n to n + 1; the last is the version this release writes. */
export const MIGRATIONS: readonly Migration[] = [toVersion1, toVersion2, toVersion3, toVersion4];

const SCHEMA = `
  CREATE TABLE components (
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    digest TEXT NOT NULL,
    installed_at INTEGER NOT NULL,
    source TEXT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (name, version)
  ) STRICT;
  CREATE INDEX components_digest ON components (digest);
  CREATE TABLE limits (
    name TEXT PRIMARY KEY,
    settings TEXT NOT NULL
  ) STRICT;
  CREATE TABLE pending (
    digest TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    since INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE marks (
    name TEXT PRIMARY KEY,
    since INTEGER NOT NULL
  ) STRICT;
`;

const COLUMNS = ['name', 'version', 'digest', 'installed_at', 'source', 'description'];
const DEFAULTS: { readonly [column: string]: string } = { installed_at: '0', source: "'unknown'" };

/**
 * From nothing, or from a home without a version file: its `components` and `limits` tables, where there
 * are any, are carried over; columns an early table had not yet are filled in.
 */
function toVersion1(db: DatabaseSync, paths: HomePaths): void {
  const early = ['components', 'limits'].filter((table) => columnsOf(db, table).length > 0);
  for (const table of early) db.exec(`ALTER TABLE ${table} RENAME TO early_${table}`);
  db.exec('DROP INDEX IF EXISTS components_digest; DROP TABLE IF EXISTS pending; DROP TABLE IF EXISTS marks');
  db.exec(SCHEMA);
  if (early.includes('components')) {
    const present = columnsOf(db, 'early_components');
    const values = COLUMNS.map((column) => (present.includes(column) ? column : DEFAULTS[column]));
    if (values.includes(undefined)) {
      throw unusable(paths.database, 'its table "components" was not written by Switchboard');
    }
    db.exec(`INSERT INTO components (${COLUMNS.join(', ')}) SELECT ${values.join(', ')} FROM early_components`);
  }
  if (early.includes('limits')) {
    db.exec('INSERT INTO limits (name, settings) SELECT name, settings FROM early_limits');
  }
  for (const table of early) db.exec(`DROP TABLE early_${table}`);
}

/** Grants, and requests for them. */
function toVersion2(db: DatabaseSync): void {
  db.exec(`
    CREATE TABLE grants (
      id TEXT PRIMARY KEY,
      subject TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      record TEXT NOT NULL
    ) STRICT;
    CREATE INDEX grants_subject ON grants (subject);
    CREATE TABLE approvals (
      id TEXT PRIMARY KEY,
      subject TEXT NOT NULL,
      state TEXT NOT NULL,
      filed_at INTEGER NOT NULL,
      record TEXT NOT NULL
    ) STRICT;
    CREATE INDEX approvals_state ON approvals (state, filed_at);
  `);
}

/** Calls that components arranged for later. */
function toVersion3(db: DatabaseSync): void {
  db.exec(`
    CREATE TABLE schedules (
      component TEXT NOT NULL,
      name TEXT NOT NULL,
      next INTEGER NOT NULL,
      record TEXT NOT NULL,
      PRIMARY KEY (component, name)
    ) STRICT;
    CREATE INDEX schedules_next ON schedules (next);
  `);
}

/** How a component came from a registry. */
function toVersion4(db: DatabaseSync): void {
  db.exec('ALTER TABLE components ADD COLUMN record TEXT');
}

function columnsOf(db: DatabaseSync, table: string): string[] {
  return db
    .prepare('SELECT name FROM pragma_table_info(?)')
    .all(table)
    .map((row) => String(row['name']));
}
