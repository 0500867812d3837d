import { existsSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { SwitchboardError } from '#core/errors';
import { checkLimits } from '#core/limits';
import type { ComponentStore, FaultPoints, InstalledComponent } from '#core/ports';
import { formatReference, type Digest, type Reference } from '#core/reference';
import {
  checkDigest,
  componentFile,
  damagedComponent,
  readComponent,
  removeComponentFile,
  sweepTemporaries,
  writeComponent,
} from './component-files.ts';
import { decodeComponent, decodeLimits } from './component-rows.ts';
import { transaction } from './database.ts';
import { homeFailure } from './failures.ts';
import type { HomePaths } from './layout.ts';
import { newestFirst } from './versions.ts';

/** Another process may be in the middle of adding bytes that no row names yet: younger ones are left. */
const ORPHAN_MS = 3_600_000;

export interface SqliteComponentStoreOptions {
  readonly paths: HomePaths;
  readonly db: DatabaseSync;
  readonly now: () => number;
  readonly faults: FaultPoints;
}

/** The store of a home, with what only the home itself calls. */
export interface SqliteComponentStore extends ComponentStore {
  /** Removes what interrupted adds and removals left; all of it if `alone`, else what is an hour old. */
  sweep(alone: boolean): void;
}

/**
 * Components in SQLite and files. The order of writes: a `pending` row that names the digest, the bytes
 * (temporary file, sync, rename, sync of the directory), then the component's row together with the end of
 * `pending`, in one transaction. Only what `pending` names is ever swept, so bytes whose rows were lost with
 * a damaged database stay. Fault points: `components.before-pending`, `.before-write`, `.before-sync`,
 * `.before-rename`, `.after-rename`, `.before-row`, `.after-row`, `.before-unlink`, `.after-unlink`.
 */
export function sqliteComponentStore(options: SqliteComponentStoreOptions): SqliteComponentStore {
  const { paths, db, now, faults } = options;
  const statement = statements(db);
  const guard = async <T>(work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw homeFailure(error, paths.home, paths.database);
    }
  };
  const rows = rowCache(statement('PRAGMA data_version'), () => new Map<string, readonly InstalledComponent[]>());
  let owners = 0;

  const versionsOf = (name: string): readonly InstalledComponent[] => {
    const cache = rows.current();
    const cached = cache.get(name);
    if (cached) return cached;
    const found = statement('SELECT * FROM components WHERE name = ?')
      .all(name)
      .map((row) => decodeComponent(row, paths.home))
      .sort((a, b) => newestFirst(a.version, b.version));
    if (found.length > 0) cache.set(name, found);
    return found;
  };

  const find = (reference: Reference): readonly InstalledComponent[] =>
    versionsOf(reference.name).filter((c) => reference.version === undefined || c.version === reference.version);

  const isNamed = (digest: Digest): boolean =>
    statement('SELECT 1 FROM components WHERE digest = ? LIMIT 1').get(digest) !== undefined;

  const setPending = (digest: Digest): string => {
    owners += 1;
    const owner = `${process.pid}-${now()}-${owners}`;
    statement('INSERT OR REPLACE INTO pending (digest, owner, since) VALUES (?, ?, ?)').run(digest, owner, now());
    return owner;
  };

  const unlinkPending = (digest: Digest): void => {
    if (!isNamed(digest)) removeComponentFile(paths, digest);
    statement('DELETE FROM pending WHERE digest = ?').run(digest);
  };

  const unlinkOwned = (digest: Digest, owner: string): void => {
    faults.hit('components.before-unlink');
    transaction(db, () => {
      const row = statement('SELECT owner FROM pending WHERE digest = ?').get(digest);
      if (row?.['owner'] === owner) unlinkPending(digest);
    });
    faults.hit('components.after-unlink');
  };

  /** `gone`: another add or removal of the same bytes failed or ended meanwhile and took the file away. */
  const insert = (component: InstalledComponent): 'added' | 'there' | 'gone' => {
    const { name, version, description } = component;
    if (!existsSync(componentFile(paths, description.digest))) return 'gone';
    const there = sameVersion(find({ name, version })[0], component);
    if (!there) {
      statement(
        'INSERT INTO components (name, version, digest, installed_at, source, description) VALUES (?, ?, ?, ?, ?, ?)',
      ).run(name, version, description.digest, component.installedAt, component.source, JSON.stringify(description));
    }
    statement('DELETE FROM pending WHERE digest = ?').run(description.digest);
    return there ? 'there' : 'added';
  };

  return {
    add: (component, bytes, file) =>
      guard(async () => {
        const { name, version, description } = component;
        const { digest } = description;
        checkDigest(bytes, digest);
        sameVersion(find({ name, version })[0], component);
        faults.hit('components.before-pending');
        const owner = setPending(digest);
        try {
          for (;;) {
            await writeComponent(paths, digest, { bytes, file }, faults);
            faults.hit('components.before-row');
            const outcome = transaction(db, () => insert(component));
            rows.clear();
            faults.hit('components.after-row');
            if (outcome !== 'gone') return outcome === 'added';
            setPending(digest);
          }
        } catch (error) {
          rows.clear();
          // A full disk may refuse this too; then the sweep of a later start does it.
          attempt(() => unlinkOwned(digest, owner));
          throw error;
        }
      }),
    redescribe: ({ name, version, source, description }) =>
      guard(() => {
        faults.hit('components.before-redescribe');
        const { changes } = statement(
          'UPDATE components SET description = ?, source = ? WHERE name = ? AND version = ? AND digest = ?',
        ).run(JSON.stringify(description), source, name, version, description.digest);
        rows.clear();
        faults.hit('components.after-redescribe');
        return changes > 0;
      }),
    get: (reference) => guard(() => find(reference)[0]),
    list: () =>
      guard(() => {
        const names = statement('SELECT DISTINCT name FROM components ORDER BY name').all();
        return names.flatMap((row) => versionsOf(String(row['name'])));
      }),
    remove: (reference) =>
      guard(() => {
        const unnamed: { readonly digest: Digest; readonly owner: string }[] = [];
        const removed = transaction(db, () => {
          const going = find(reference);
          for (const { name, version } of going) {
            statement('DELETE FROM components WHERE name = ? AND version = ?').run(name, version);
          }
          const { name } = reference;
          // A stranger's component that takes the name later must not inherit the limits.
          statement('DELETE FROM limits WHERE name = ? AND NOT EXISTS (SELECT 1 FROM components WHERE name = ?)').run(
            name,
            name,
          );
          for (const digest of new Set(going.map((c) => c.description.digest))) {
            if (!isNamed(digest)) unnamed.push({ digest, owner: setPending(digest) });
          }
          return going;
        });
        rows.clear();
        for (const { digest, owner } of unnamed) unlinkOwned(digest, owner);
        return removed;
      }),
    bytes: (digest) =>
      guard(async () => {
        const bytes = await readComponent(paths, digest);
        if (bytes) return bytes;
        if (isNamed(digest)) throw damagedComponent(componentFile(paths, digest), 'it is gone');
        throw new SwitchboardError('component-not-found', `no installed component has the digest ${digest}`);
      }),
    limits: (name) =>
      guard(() => decodeLimits(statement('SELECT settings FROM limits WHERE name = ?').get(name), paths.home)),
    setLimits: (name, limits) =>
      guard(() => {
        const settings = checkLimits(limits);
        faults.hit('limits.before-write');
        if (Object.keys(settings).length === 0) statement('DELETE FROM limits WHERE name = ?').run(name);
        else {
          const text = JSON.stringify(settings);
          statement('INSERT OR REPLACE INTO limits (name, settings) VALUES (?, ?)').run(name, text);
        }
      }),
    sweep: (alone) => {
      const age = alone ? 0 : ORPHAN_MS;
      sweepTemporaries(paths, now(), age);
      if (statement('SELECT 1 FROM pending WHERE since <= ? LIMIT 1').get(now() - age) === undefined) return;
      transaction(db, () => {
        const left = statement('SELECT digest FROM pending WHERE since <= ?').all(now() - age);
        for (const row of left) unlinkPending(row['digest'] as Digest);
      });
    },
  };
}

/** Whether the version is there with the same bytes; with other bytes it is `version-exists`. */
export function sameVersion(existing: InstalledComponent | undefined, added: InstalledComponent): boolean {
  if (!existing) return false;
  if (existing.description.digest === added.description.digest) return true;
  throw new SwitchboardError(
    'version-exists',
    `${formatReference(added)} is installed already with other bytes (${existing.description.digest})`,
    { fix: `give it another version with --as, or first: switchboard uninstall ${formatReference(added)}` },
  );
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // The caller reports the failure that came first.
  }
}

/** Each SQL text is prepared once, when first used. */
function statements(db: DatabaseSync): (sql: string) => StatementSync {
  const prepared = new Map<string, StatementSync>();
  return (sql) => {
    const known = prepared.get(sql);
    if (known) return known;
    const fresh = db.prepare(sql);
    prepared.set(sql, fresh);
    return fresh;
  };
}

/** A cache that empties itself when another connection, of any process, has changed the database. */
function rowCache<T>(dataVersion: StatementSync, make: () => T): { current(): T; clear(): void } {
  let cache = make();
  let seen: unknown;
  return {
    current: () => {
      const version = dataVersion.get()?.['data_version'];
      if (version !== seen) cache = make();
      seen = version;
      return cache;
    },
    clear: () => {
      cache = make();
    },
  };
}
