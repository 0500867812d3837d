/** Brings a home to the version of this release, with a backup of what was there. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { FaultPoints } from '#core/ports';
import { openDatabase, schemaVersion, transaction } from './database.ts';
import { homeFailure } from './failures.ts';
import { FILE_MODE, narrow, privateDirectory, readIfThere, syncDirectory, writeNew } from './files.ts';
import type { HomePaths } from './layout.ts';
import type { Migration } from './migrations.ts';
import { readVersion, refuseNewer, writeVersion } from './version-file.ts';

/** How long one process waits for another that is migrating the same home. */
const LOCK_MS = 30_000;

/**
 * Migrates under a lock that ends with the process. Order: backup, each step in its own transaction that
 * also raises the database's version, the version file last. A crash leaves a home that the next start
 * carries on from, as the database itself says how far it is. Fault points: `migrate.before-backup`,
 * `migrate.after-backup`, `migrate.in-step`, `migrate.after-step`, `version.*`.
 */
export function migrate(paths: HomePaths, migrations: readonly Migration[], faults: FaultPoints): void {
  try {
    withLock(paths, () => {
      const stated = readVersion(paths);
      refuseNewer(paths, stated, migrations.length);
      const db = openDatabase(paths);
      try {
        advance(db, paths, migrations, faults);
      } finally {
        db.close();
      }
      if (stated !== migrations.length) writeVersion(paths, migrations.length, faults);
    });
  } catch (error) {
    throw homeFailure(error, paths.home);
  }
}

function advance(db: DatabaseSync, paths: HomePaths, migrations: readonly Migration[], faults: FaultPoints): void {
  const start = schemaVersion(db);
  refuseNewer(paths, start, migrations.length);
  if (start < migrations.length) {
    faults.hit('migrate.before-backup');
    if (holdsAnything(db)) backUp(db, paths, start);
    faults.hit('migrate.after-backup');
  }
  // The write-ahead log is what lets a second process read while the host writes.
  if (db.prepare('PRAGMA journal_mode').get()?.['journal_mode'] !== 'wal') db.exec('PRAGMA journal_mode = WAL');
  for (const [index, step] of migrations.entries()) {
    if (index < start) continue;
    transaction(db, () => {
      step(db, paths);
      db.exec(`PRAGMA user_version = ${index + 1}`);
      faults.hit('migrate.in-step');
    });
    faults.hit('migrate.after-step');
  }
}

function holdsAnything(db: DatabaseSync): boolean {
  return db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined;
}

/** `backup-v<N>/` with the database and the version file, made whole before it gets its name. */
function backUp(db: DatabaseSync, paths: HomePaths, version: number): void {
  const temporary = join(paths.home, `backup-v${version}.tmp`);
  fs.rmSync(temporary, { recursive: true, force: true });
  privateDirectory(temporary);
  const copy = join(temporary, 'state.db');
  db.prepare('VACUUM INTO ?').run(copy);
  narrow(copy, FILE_MODE);
  syncFile(copy);
  const text = readIfThere(paths.version);
  if (text !== undefined) writeNew(join(temporary, 'version'), text);
  syncDirectory(temporary);
  const target = freeName(join(paths.home, `backup-v${version}`), copy);
  if (target === undefined) fs.rmSync(temporary, { recursive: true });
  else fs.renameSync(temporary, target);
  syncDirectory(paths.home);
}

/** A name no earlier backup has, or undefined where one holds the same already (a migration that was cut off). */
function freeName(wanted: string, copy: string): string | undefined {
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? wanted : `${wanted}-${n}`;
    if (!fs.existsSync(name)) return name;
    const earlier = join(name, 'state.db');
    if (fs.existsSync(earlier) && fs.readFileSync(earlier).equals(fs.readFileSync(copy))) return undefined;
  }
}

function syncFile(path: string): void {
  const fd = fs.openSync(path, 'r+');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** SQLite's lock on a file of its own: the system frees it when the process dies, however it dies. */
function withLock(paths: HomePaths, work: () => void): void {
  const file = join(paths.home, 'migrate.lock');
  fs.closeSync(fs.openSync(file, 'a', FILE_MODE));
  narrow(file, FILE_MODE);
  const lock = new DatabaseSync(file, { timeout: LOCK_MS });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    work();
  } finally {
    lock.close();
  }
}
