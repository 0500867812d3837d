/**
 * The one protocol between host and cell: a typed, versioned union. Messages travel in batches (arrays),
 * in order. What must be seen while a guest occupies the cell's thread travels in the control block
 * instead (control-block.ts): run starts, who is on the CPU, log credits.
 *
 * A call's life:   call → (log* | progress* | ask → answer)* → result
 * A stopped call:  call → cancel → result (the guest was suspended) | nothing (it was computing: the host terminates the cell)
 * A cell's life:   hello → load → loaded | failed → … → retire → (exit)
 */
import type {
  ComponentTypes,
  Denial,
  ErrorBody,
  LogLevel,
  OwnDirectories,
  PolicySnapshot,
  Reuse,
  WitFunction,
} from '#core';

/** Raised when a message's meaning changes. Host and cell refuse another number. */
export const PROTOCOL_VERSION = 2;

/** Everything a blank cell needs to become the cell of one component. */
export interface LoadMessage {
  readonly t: 'load';
  readonly v: typeof PROTOCOL_VERSION;
  /** Patched output of jco: an expression that evaluates to `instantiate`. */
  readonly code: string;
  /** Compiled core modules by jco's names; compiled once in the host, shared by its cells. */
  readonly modules: { readonly [name: string]: WebAssembly.Module };
  readonly types: ComponentTypes;
  /** Callable functions; messages name them by index. */
  readonly functions: readonly WitFunction[];
  readonly suspends: boolean;
  readonly reuse: Reuse;
  /** Bytes one call may lift. */
  readonly transfer: number;
  /** Handles one session may hold. */
  readonly handles: number;
  /** Bytes of linear memory an instance may have; used to explain traps. */
  readonly memory: number;
  /** What the instances are granted, for the cell's life; a change retires the cell. */
  readonly policy: PolicySnapshot;
  /** See `ServiceEnv`. */
  readonly nameServers?: readonly string[];
  readonly fakeNetwork?: number;
  /** See `ServiceEnv`. */
  readonly own?: OwnDirectories;
  readonly control: SharedArrayBuffer;
  /** Slots of the control block; slot 0 is the cell's own work. */
  readonly slots: number;
}

export type ToCell =
  | LoadMessage
  /** `slot` is the call's place in the control block. `session` asks for that session's own instance. */
  | {
      readonly t: 'call';
      readonly id: number;
      readonly slot: number;
      readonly fn: number;
      readonly args: unknown;
      /** `args` is the JSON text of the arguments. */
      readonly text?: true;
      readonly session: string | undefined;
    }
  | { readonly t: 'cancel'; readonly id: number; readonly reason: 'cancelled' | 'timeout' }
  | { readonly t: 'answer'; readonly ask: number; readonly value?: unknown; readonly error?: ErrorBody }
  | { readonly t: 'close-session'; readonly session: string }
  | { readonly t: 'ping'; readonly n: number }
  /** Finish what runs, start nothing, then exit. */
  | { readonly t: 'retire' };

export interface CellLog {
  readonly id: number | undefined;
  readonly at: number;
  readonly stream: 'log' | 'stdout' | 'stderr';
  readonly level: LogLevel;
  readonly message: string;
  readonly fields?: { readonly [name: string]: string };
}

export type FromCell =
  | { readonly t: 'hello'; readonly v: typeof PROTOCOL_VERSION }
  | { readonly t: 'loaded' }
  | { readonly t: 'failed'; readonly error: ErrorBody }
  | {
      readonly t: 'result';
      readonly id: number;
      readonly value?: unknown;
      readonly error?: ErrorBody;
      readonly transferred: number;
      readonly runMs: number;
    }
  /** Each record takes one credit; the host returns credits through the control block. */
  | { readonly t: 'log'; readonly records: readonly CellLog[]; readonly dropped: number }
  /** How far a call is; rate-limited by the cell, so it takes no credit. */
  | {
      readonly t: 'progress';
      readonly id: number;
      readonly progress: number;
      readonly total?: number;
      readonly message?: string;
    }
  | {
      readonly t: 'ask';
      readonly ask: number;
      readonly id: number;
      readonly service: string;
      readonly payload: unknown;
    }
  /** A refused access of the call; at most `MOST_DENIALS` of one call. */
  | { readonly t: 'denied'; readonly id: number; readonly denial: Denial }
  | { readonly t: 'event'; readonly name: 'instance-discarded'; readonly reason: string }
  | { readonly t: 'pong'; readonly n: number };

/** Log credits of a cell: what it may have under way to the host. A record takes one, and one more per 4 KiB. */
export const LOG_CREDITS = 512;
/** Credits are returned at most this often, so that a flood cannot occupy the host: 2 MiB per 100 ms. */
export const CREDIT_INTERVAL_MS = 100;
/** Of one call a report of its progress leaves at most this often; the latest of what came meanwhile follows. */
export const PROGRESS_INTERVAL_MS = 50;
/** Refused accesses that are told of one call; a guest that tries on and on must not flood the record. */
export const MOST_DENIALS = 100;
/** A batch of more messages than this is sent in parts. */
export const MESSAGES_AT_ONCE = 16;
