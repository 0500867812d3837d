/** What the storage thread does, by name: the one list that its two sides share. */
import type { DatabaseSync } from 'node:sqlite';
import type { ErrorBody } from '#core/errors';
import { blobSql } from './blob-sql.ts';
import { kvSql } from './kv-sql.ts';

export const storageCalls = (db: DatabaseSync) => ({ ...kvSql(db), ...blobSql(db) });

export type StorageCalls = ReturnType<typeof storageCalls>;
export type StorageCall = keyof StorageCalls;

/** Those that change something: they run in a transaction that they share with whatever else is waiting. */
export const WRITES: ReadonlySet<StorageCall> = new Set<StorageCall>([
  'kvSet',
  'kvDelete',
  'kvSwap',
  'kvIncrement',
  'kvClear',
  'kvSweep',
  'blobPut',
  'blobRemove',
  'blobClear',
]);

export interface StorageRequest {
  readonly id: number;
  readonly call: StorageCall;
  readonly args: readonly unknown[];
}

export type StorageAnswer = { readonly id: number } & ({ readonly value: unknown } | { readonly error: ErrorBody });

export type ToStorage = StorageRequest | 'close';

/** The first message of the thread: it is ready, or why it ended. Then answers, in the order of the requests. */
export type FromStorage = { readonly opened: true } | { readonly failed: ErrorBody } | readonly StorageAnswer[];

export interface StorageOptions {
  readonly home: string;
  /** See `FaultPoints.module`. */
  readonly faults: string | undefined;
}
