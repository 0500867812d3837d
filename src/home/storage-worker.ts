/**
 * The thread of the stores: SQLite waits for the disk here, and nobody else does. All requests that are waiting run in
 * one transaction with one sync of the disk (`synchronous = FULL`), so that many writers cost about as much as one;
 * none is answered before the sync. Fault points: `storage.before-commit`, `storage.after-commit`.
 */
import { receiveMessageOnPort, parentPort, workerData, type MessagePort } from 'node:worker_threads';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { FaultPoints } from '#core/ports';
import { schemaVersion, transaction } from './database.ts';
import { homeFailure, unusable } from './failures.ts';
import { FILE_MODE, privateDirectory } from './files.ts';
import { STORAGE_SCHEMA } from './kv-sql.ts';
import { type HomePaths, homePaths } from './layout.ts';
import {
  type FromStorage,
  type StorageAnswer,
  storageCalls,
  type StorageCalls,
  type StorageOptions,
  type StorageRequest,
  type ToStorage,
  WRITES,
} from './storage-calls.ts';
import { noFaults } from './system.ts';

const VERSION = 1;
/** One transaction holds no more: the first to ask should not wait for all. */
const BATCH = 256;
/** How long another process that ends just now may keep the database. */
const BUSY_MS = 2_000;
const SWEEP_MS = 60_000;

/**
 * Opens or makes the database for this process alone: what its host keeps in memory of it is true then. Files of
 * `blobs` that no row names are left of interrupted writes, and removed.
 */
function open(paths: HomePaths): DatabaseSync {
  fs.closeSync(fs.openSync(paths.storage, 'a', FILE_MODE));
  privateDirectory(paths.blobs);
  const db = new DatabaseSync(paths.storage, { timeout: BUSY_MS });
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    const version = schemaVersion(db);
    if (version > VERSION) throw unusable(paths.storage, 'it was written by a newer Switchboard', 'use that one');
    transaction(db, () => {
      if (version === 0) db.exec(STORAGE_SCHEMA);
      db.exec(`PRAGMA user_version = ${VERSION}`);
    });
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Only what has a name that a blob could have: what else lies there (`lost+found`) is not ours. */
function sweepFiles(paths: HomePaths, named: readonly string[]): void {
  const known = new Set(named);
  for (const entry of fs.readdirSync(paths.blobs, { withFileTypes: true })) {
    const { name } = entry;
    if (known.has(name) || !entry.isFile() || !/^[0-9a-f]{32}(?:\.tmp)?$/.test(name)) continue;
    fs.rmSync(join(paths.blobs, name), { force: true });
  }
}

interface Storage {
  readonly db: DatabaseSync;
  readonly calls: StorageCalls;
  readonly faults: FaultPoints;
  failure(error: unknown): StorageAnswerError;
}
type StorageAnswerError = (StorageAnswer & { error: unknown })['error'];

function runOne({ calls, failure }: Storage, { id, call, args }: StorageRequest): StorageAnswer {
  try {
    return { id, value: (calls[call] as (...args: readonly unknown[]) => unknown)(...args) };
  } catch (error) {
    // SQLite ended the transaction by itself: nothing of it counts.
    if (errorEnds(error)) throw error;
    return { id, error: failure(error) as never };
  }
}

/** Refusals (`store-full`, no number) come before anything was written; everything else is of SQLite or the system. */
const errorEnds = (error: unknown): boolean => !(error instanceof Error && error.name === 'SwitchboardError');

/** All in one transaction; if that fails, each in its own, so that one that cannot be kept takes no other with it. */
function runBatch(storage: Storage, batch: readonly StorageRequest[]): readonly StorageAnswer[] {
  if (!batch.some(({ call }) => WRITES.has(call))) return batch.map((request) => safely(storage, request));
  try {
    return committed(storage, batch);
  } catch (error) {
    const [only] = batch;
    if (only && batch.length === 1) return [{ id: only.id, error: storage.failure(error) as never }];
    return batch.flatMap((request) => runBatch(storage, [request]));
  }
}

function safely(storage: Storage, request: StorageRequest): StorageAnswer {
  try {
    return runOne(storage, request);
  } catch (error) {
    return { id: request.id, error: storage.failure(error) as never };
  }
}

function committed(storage: Storage, batch: readonly StorageRequest[]): readonly StorageAnswer[] {
  const answers = transaction(storage.db, () => {
    const made = batch.map((request) => runOne(storage, request));
    storage.faults.hit('storage.before-commit');
    return made;
  });
  storage.faults.hit('storage.after-commit');
  return answers;
}

function serve(port: MessagePort, storage: Storage): void {
  let sweptAt = Date.now();
  const next = (): ToStorage | undefined => receiveMessageOnPort(port)?.message as ToStorage | undefined;
  port.on('message', (first: ToStorage) => {
    let message: ToStorage | undefined = first;
    while (message !== undefined && message !== 'close') {
      const batch: StorageRequest[] = [];
      for (; message !== undefined && message !== 'close'; message = batch.length < BATCH ? next() : undefined) {
        batch.push(message);
      }
      port.postMessage(runBatch(storage, batch) satisfies FromStorage);
      message ??= next();
    }
    if (message === 'close') {
      storage.db.close();
      port.close();
      return;
    }
    if (Date.now() - sweptAt < SWEEP_MS) return;
    sweptAt = Date.now();
    runBatch(storage, [{ id: 0, call: 'kvSweep', args: [sweptAt] }]);
  });
}

async function start(port: MessagePort, { home, faults: module }: StorageOptions): Promise<void> {
  const paths = homePaths(home);
  const failure = (error: unknown) => homeFailure(error, paths.home, paths.storage).toJSON();
  try {
    const loaded = module === undefined ? undefined : ((await import(module)) as { readonly faults: FaultPoints });
    const db = open(paths);
    const calls = storageCalls(db);
    sweepFiles(paths, calls.blobFiles());
    port.postMessage({ opened: true } satisfies FromStorage);
    serve(port, { db, calls, faults: loaded?.faults ?? noFaults, failure });
  } catch (error) {
    port.postMessage({ failed: failure(error) } satisfies FromStorage);
    port.close();
  }
}

if (parentPort) await start(parentPort, workerData as StorageOptions);
