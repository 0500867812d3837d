import * as fs from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { FILE_MODE } from './files.ts';
import { corruptDatabase, homeFailure } from './failures.ts';
import type { HomePaths } from './layout.ts';

/** How long a statement waits for another process's write. */
const BUSY_MS = 5_000;

/** Up to this size the whole file is checked at every open, at about 0.2 ms a MiB. */
const ALWAYS_CHECK_BYTES = 8 * 1024 * 1024;

/**
 * Opens the database for reading and writing: private, write-ahead log, durable when a statement returns.
 * A file that does not exist is made.
 */
export function openDatabase(paths: HomePaths): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    // SQLite gives a new file the umask's rights and its log files the rights of the database.
    fs.closeSync(fs.openSync(paths.database, 'a', FILE_MODE));
    db = new DatabaseSync(paths.database, { enableForeignKeyConstraints: true, timeout: BUSY_MS });
    db.exec('PRAGMA synchronous = FULL');
    return db;
  } catch (error) {
    db?.close();
    throw homeFailure(error, paths.home, paths.database);
  }
}

/**
 * Looks for damage before anything is written. Small databases are checked in full at every open, larger
 * ones when the last user did not close them (its write-ahead log is still there) or another has them
 * open; damage elsewhere in a large one is reported by the first query that meets it. Opens read-only, as
 * closing a writable connection would copy the log into the damaged file. Returns the database's schema
 * version, or undefined where there is no database.
 */
export function examineDatabase(paths: HomePaths): number | undefined {
  const found = fs.statSync(paths.database, { throwIfNoEntry: false });
  if (!found) return undefined;
  if (found.size === 0 && !fs.existsSync(`${paths.database}-wal`)) return 0;
  // A rollback journal left by a crash can only be applied by a writer; the migration is one.
  if (fs.existsSync(`${paths.database}-journal`)) return 0;
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(paths.database, { readOnly: true, timeout: BUSY_MS });
    const version = schemaVersion(db);
    if (found.size <= ALWAYS_CHECK_BYTES || fs.existsSync(`${paths.database}-wal`)) {
      const row = db.prepare('PRAGMA quick_check(1)').get();
      const verdict = row === undefined ? 'no answer' : String(Object.values(row)[0]);
      if (verdict !== 'ok') throw corruptDatabase(paths.home, verdict);
    }
    return version;
  } catch (error) {
    throw homeFailure(error, paths.home, paths.database);
  } finally {
    db?.close();
  }
}

/** The version a migration wrote into the database in the same transaction as its changes. */
export function schemaVersion(db: DatabaseSync): number {
  const version = db.prepare('PRAGMA user_version').get()?.['user_version'];
  return typeof version === 'number' ? version : 0;
}

/** Runs `work` in a write transaction: all of it or nothing. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
