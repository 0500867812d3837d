/** A call on the host's side of the engine: from the queue to its end. */
import type { CallContext, LogRecord } from '#core';
import type { Cell } from './cell.ts';

/** What the host hands to the engine for one call. */
export interface EngineCall {
  readonly context: CallContext;
  /** Index into the component's callable functions. */
  readonly fn: number;
  /** JSON arguments by name or in order. */
  readonly args: unknown;
  /** The call needs, or asked for, its session's own instance. */
  readonly session?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onLog?: ((record: LogRecord) => void) | undefined;
}

/** How a call ended, besides its value or error. Milliseconds and bytes. */
export interface CallFigures {
  queueMs: number;
  runMs: number;
  transferred: number;
}

/** One call under way. `settle` runs once; whoever comes first decides. */
export interface PendingCall {
  readonly id: number;
  readonly request: EngineCall;
  readonly figures: CallFigures;
  readonly queuedAt: number;
  /** Set while a cell holds it. */
  cell: Cell | undefined;
  slot: number;
  dispatchedAt: number;
  timer: NodeJS.Timeout | undefined;
  settled: boolean;
  settle(error: Error | undefined, value?: unknown): void;
}
