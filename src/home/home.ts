import * as fs from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { TrustStore } from '#core/trust';
import type {
  ApprovalStore,
  BlobStore,
  Clock,
  ComponentStore,
  FaultPoints,
  GrantStore,
  KvStore,
  LogStore,
  ProfileStore,
  Random,
  ScheduleStore,
  TokenStore,
} from '#core/ports';
import { sqliteComponentStore } from './component-store.ts';
import { examineDatabase, openDatabase } from './database.ts';
import { corruptDatabase, homeFailure } from './failures.ts';
import { examineHome, homePaths, secureHome } from './layout.ts';
import { fileLogStore } from './log-store.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS, type Migration } from './migrations.ts';
import { noFaults, systemClock, systemRandom } from './system.ts';
import { sqliteApprovalStore, sqliteGrantStore } from './grant-store.ts';
import { fileOwnerToken, type OwnerToken } from './owner-token.ts';
import { fileProfileStore } from './profile-store.ts';
import { fileSecretStore, type FileSecretStore } from './secret-store.ts';
import { fileBlobStore } from './blob-store.ts';
import { sqliteKvStore } from './kv-store.ts';
import { createStorageThread } from './storage-thread.ts';
import { sqliteScheduleStore } from './schedule-store.ts';
import { fileTrustStore } from './trust-store.ts';
import { fileTokenStore } from './token-store.ts';
import { readVersion, refuseNewer } from './version-file.ts';

export interface OpenHomeOptions {
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly faults?: FaultPoints | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The caller holds the lock of this home's host: what interrupted writes left is swept at once, whatever its age. */
  readonly alone?: boolean | undefined;
  /** The steps from version 0 on; given by tests of the migration itself. */
  readonly migrations?: readonly Migration[] | undefined;
}

/** What was done once in this home, such as installing the bundled components; durable when `set` returns. */
export interface Marks {
  has(name: string): boolean;
  set(name: string): void;
}

/** An open home. Several processes may have the same one open. */
export interface Home {
  /** Absolute. */
  readonly path: string;
  readonly version: number;
  readonly components: ComponentStore;
  readonly logs: LogStore;
  readonly tokens: TokenStore;
  readonly grants: GrantStore;
  readonly approvals: ApprovalStore;
  readonly secrets: FileSecretStore;
  readonly ownerToken: OwnerToken;
  readonly profiles: ProfileStore;
  readonly trust: TrustStore;
  /** Components' values and large values. Used by one process at a time: a second one gets `home-unusable`. */
  readonly kv: KvStore;
  readonly blobs: BlobStore;
  /** Whether anything was ever kept in them: asking them nothing starts nothing. */
  keepsStores(): boolean;
  readonly schedules: ScheduleStore;
  readonly marks: Marks;
  readonly cacheDir: string;
  readonly controlSocket: string;
  readonly hostFile: string;
  /** Writes what is buffered and frees everything. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens the home at `path`, makes it where there is none, migrates an older one. Fails with
 * `home-unusable` (which names the path and the reason), `home-newer`, `database-corrupt` or `disk-full`;
 * a home that is newer, damaged or not ours is not touched.
 */
export async function openHome(path: string, options: OpenHomeOptions = {}): Promise<Home> {
  const { clock = systemClock, random = systemRandom, faults = noFaults, migrations = MIGRATIONS } = options;
  options.signal?.throwIfAborted();
  const paths = homePaths(path);
  const existed = examineHome(paths);
  const stated = existed ? readVersion(paths) : 0;
  refuseNewer(paths, stated, migrations.length);
  const found = existed ? examineDatabase(paths) : undefined;
  refuseNewer(paths, found ?? 0, migrations.length);
  if (stated > 0 && found === 0 && fs.statSync(paths.database).size === 0)
    throw corruptDatabase(paths.home, 'it is empty');
  secureHome(paths);
  if (stated !== migrations.length || found !== migrations.length) migrate(paths, migrations, faults);
  options.signal?.throwIfAborted();
  const db = openDatabase(paths);
  try {
    const components = sqliteComponentStore({ paths, db, now: () => clock.now(), faults });
    components.sweep(options.alone ?? false);
    const logs = fileLogStore({ directory: paths.logs, home: paths.home, clock, faults });
    const thread = createStorageThread(paths.home, faults.module);
    let closing: Promise<void> | undefined;
    return {
      path: paths.home,
      version: migrations.length,
      components,
      logs,
      tokens: fileTokenStore(paths, random, faults),
      grants: sqliteGrantStore({ paths, db, faults }),
      approvals: sqliteApprovalStore({ paths, db, faults }),
      secrets: fileSecretStore(paths, random, () => clock.now(), faults),
      ownerToken: fileOwnerToken(paths, random, faults),
      profiles: fileProfileStore(paths, faults),
      trust: fileTrustStore(paths, faults),
      kv: sqliteKvStore(thread, clock),
      keepsStores: () => fs.existsSync(paths.storage),
      blobs: fileBlobStore({ paths, thread, clock, random, faults }),
      schedules: sqliteScheduleStore({ paths, db, faults }),
      marks: marks(db, paths.home, () => clock.now()),
      cacheDir: paths.cache,
      controlSocket: paths.controlSocket,
      hostFile: paths.hostFile,
      close: () => {
        closing ??= Promise.all([logs.close(), thread.close()])
          .then(() => undefined)
          .finally(() => db.close());
        return closing;
      },
    };
  } catch (error) {
    db.close();
    throw homeFailure(error, paths.home);
  }
}

function marks(db: DatabaseSync, home: string, now: () => number): Marks {
  const guard = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw homeFailure(error, home);
    }
  };
  return {
    has: (name) => guard(() => db.prepare('SELECT 1 FROM marks WHERE name = ?').get(name) !== undefined),
    set: (name) =>
      guard(() => void db.prepare('INSERT OR IGNORE INTO marks (name, since) VALUES (?, ?)').run(name, now())),
  };
}
