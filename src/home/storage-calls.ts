/** What the storage thread does, by name: the one list that its two sides share. */
import type { DatabaseSync } from 'node:sqlite';
import type { MessagePort } from 'node:worker_threads';
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

/**
 * Shared by the two threads, each counting what it has sent the other: to sleep on a count and wake takes a fraction of
 * what it takes in the event loop, and that would be most of the time of a value that is read.
 */
export interface StorageBell {
  readonly counts: Int32Array;
}
const [REQUESTS, ANSWERS] = [0, 1] as const;

/** The thread that a message was sent by, or is awaited of. */
export type StorageSide = 'host' | 'thread';
const countOf = (side: StorageSide): number => (side === 'host' ? REQUESTS : ANSWERS);

export const storageBell = (buffer = new SharedArrayBuffer(8)): StorageBell => ({ counts: new Int32Array(buffer) });
export function ring({ counts }: StorageBell, by: StorageSide): void {
  Atomics.add(counts, countOf(by), 1);
  Atomics.notify(counts, countOf(by));
}
export const rung = ({ counts }: StorageBell, by: StorageSide): number => Atomics.load(counts, countOf(by));
/** Stops this thread until the other has rung more than `known` times, or for `ms`. */
export const awaitRing = ({ counts }: StorageBell, by: StorageSide, known: number, ms: number): unknown =>
  Atomics.wait(counts, countOf(by), known, ms);

export interface StorageOptions {
  readonly port: MessagePort;
  readonly bell: StorageBell['counts'];
  readonly home: string;
  /** See `FaultPoints.module`. */
  readonly faults: string | undefined;
}
