/** A call on the host's side of the engine: from the queue to its end. */
import type { CallContext, Caller, Denial, LogRecord, PolicySnapshot, ProgressReport, StopSignal } from '#core';
import type { Cell } from './cell.ts';
import { sharedNow, slotState, STARTED } from './control-block.ts';

/** What the host hands to the engine for one call. */
export interface EngineCall {
  readonly context: CallContext;
  /** Under which it was authorized; that of its target. */
  readonly policy: PolicySnapshot;
  /** Index into the component's callable functions. */
  readonly fn: number;
  /** JSON arguments by name or in order; their JSON text, where `text` is set: then the cell reads it. */
  readonly args: unknown;
  readonly text?: boolean | undefined;
  /** The call that a component makes this one from. */
  readonly from?: PendingCall | undefined;
  /** The call needs, or asked for, its session's own instance. */
  readonly session?: string | undefined;
  readonly signal?: StopSignal | undefined;
  readonly onLog?: ((record: LogRecord) => void) | undefined;
  /** Must not throw. Reports are not in order of their values; the host sees to that. */
  readonly onProgress?: ((report: ProgressReport) => void) | undefined;
  /** For what the host answers to services; the engine itself asks it nothing. */
  readonly caller?: Caller | undefined;
  /** Whose call it is, where that is known better than by its principal. */
  readonly client?: string | undefined;
}

/** Whose call it is: those of one client share what is shared out among clients. */
export function clientOf({ client, context: { principal } }: EngineCall): string {
  return client ?? `${principal.kind} ${principal.label}`;
}

/** How a call ended, besides its value or error. Milliseconds and bytes. */
export interface CallFigures {
  queueMs: number;
  runMs: number;
  transferred: number;
  /** What the call was refused on its way, the first of them. */
  denials?: Denial[];
}

/** What a call needs of the pool it is in. */
export interface CallPool {
  /** Stops the clock of its run time, and of those it was made from, until the returned function is called. */
  hold(call: PendingCall): () => void;
  /** The calls that have what a waiting one waits for; undefined where something is free. */
  holders(call: PendingCall): ReadonlySet<PendingCall> | undefined;
}

let nextId = 1;
const NONE: ReadonlySet<PendingCall> = new Set();

/** One call under way. Whoever settles it first decides. */
export class PendingCall {
  readonly id = nextId++;
  readonly request: EngineCall;
  readonly figures: CallFigures;
  readonly queuedAt = sharedNow();
  /** Its outcome. */
  readonly promise: Promise<unknown>;
  /** Set while a cell holds it. */
  cell: Cell | undefined;
  slot = 0;
  settled = false;
  pool: CallPool | undefined;
  private made: Set<PendingCall> | undefined;
  /** Its place among those that wait. */
  turn = 0;
  /** Milliseconds its run stood still, waiting for a person; and since when it does now. */
  private heldMs = 0;
  private heldSince: number | undefined;
  private holders = 0;
  private timer: NodeJS.Timeout | undefined;
  private resolve!: (value: unknown) => void;
  private reject!: (error: Error) => void;
  private readonly onAbort: (() => void) | undefined;
  private readonly stop: (call: PendingCall) => void;

  /** `stop` is called when the caller aborts, or the call ends that this one is made from, before it is settled. */
  constructor(request: EngineCall, figures: CallFigures, stop: (call: PendingCall) => void) {
    this.request = request;
    this.figures = figures;
    this.stop = stop;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    if (request.from) (request.from.made ??= new Set()).add(this);
    if (request.signal) {
      this.onAbort = () => stop(this);
      request.signal.addEventListener('abort', this.onAbort, { once: true });
    }
  }

  settle(error: Error | undefined, value?: unknown): void {
    if (this.settled) return;
    this.settled = true;
    clearTimeout(this.timer);
    this.request.from?.made?.delete(this);
    for (const child of this.made ?? NONE) child.stop(child);
    if (this.onAbort) this.request.signal?.removeEventListener('abort', this.onAbort);
    if (error) this.reject(error);
    else this.resolve(value);
  }

  get client(): string {
    return clientOf(this.request);
  }

  /** The one timer of the call: set again, or given up with `undefined`. */
  after(ms: number, work: (() => void) | undefined): void {
    clearTimeout(this.timer);
    this.timer = work && setTimeout(work, ms);
  }

  /** Its run time stands still from now on; undone by `goOn` as often as it was said. */
  hold(): void {
    this.holders += 1;
    this.heldSince ??= sharedNow();
  }

  goOn(): void {
    this.holders -= 1;
    if (this.holders > 0 || this.heldSince === undefined) return;
    this.heldMs += sharedNow() - this.heldSince;
    this.heldSince = undefined;
  }

  get isHeld(): boolean {
    return this.heldSince !== undefined;
  }

  /** Milliseconds that do not count as its run. */
  get held(): number {
    return this.heldMs + (this.heldSince === undefined ? 0 : sharedNow() - this.heldSince);
  }

  /** The calls made from it that are under way. */
  get children(): ReadonlySet<PendingCall> {
    return this.made ?? NONE;
  }

  /** Milliseconds of its run time that are left. */
  get leftMs(): number {
    const { timeoutMs } = this.request.context;
    const ran = this.begun ? sharedNow() - this.startedAt - this.held : 0;
    return Math.max(0, timeoutMs - Math.max(0, ran));
  }

  /** Whether any code ran for it: only the shared block knows while the cell is busy with another call. */
  get begun(): boolean {
    return this.cell !== undefined && slotState(this.cell.control, this.slot) === STARTED;
  }

  /** When its run began, on the shared clock. Only where `begun`. */
  get startedAt(): number {
    return this.cell?.control.starts[this.slot] ?? 0;
  }

  /** Fills the figures in: its run is over at `ended`, or it never ran. */
  measure(ended: number): void {
    const started = this.begun ? this.startedAt : ended;
    this.figures.queueMs = Math.max(0, started - this.queuedAt);
    this.figures.runMs = Math.max(0, ended - started - this.held);
  }
}
