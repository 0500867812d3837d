import { formatSize, SwitchboardError } from '#core';
import type { GuestTasks } from './guest-tasks.ts';

/** A window on guest memory. */
type GuestView = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | DataView<ArrayBuffer>;

/**
 * What patched jco code calls, as `$guard`, one per instance. It counts what the guest hands over, while it is
 * lifted and before it exists on our side: that stops a guest whose list elements all alias one large buffer, small
 * in its memory and without bound in ours. And it stands between a suspended guest and its resumption.
 */
export interface Guard {
  /** Bytes charged since `begin`. */
  readonly used: number;
  /** The error of the limit that was passed, if it was. */
  readonly exceeded: SwitchboardError | undefined;
  /** A call begins: it may lift `limit` bytes. */
  begin(limit: number): void;
  /** Throws `transfer-limit` when the call's limit is passed. */
  charge(bytes: number): void;
  /** Bytes charged before that nothing holds any more. */
  refund(bytes: number): void;
  readonly utf8: { decode(view: GuestView): string };
  readonly utf16: { decode(view: GuestView): string };
  /** A copy of guest memory; traps outside of it, where ArrayBuffer.slice would clamp. */
  slice(buffer: ArrayBuffer, start: number, end: number): ArrayBuffer;
  /** Guest memory itself, for as long as the guest stands still; traps outside of it. */
  lend(buffer: ArrayBuffer, start: number, end: number): Uint8Array;
  list(length: number, elementSize: number): void;
  /** Awaits an import's promise; rejects at once when the call is stopped, whatever the import does. */
  suspended(pending: unknown): Promise<unknown>;
  /** Whether an import waits, or gave its result. */
  isPending(value: unknown): boolean;
  /** Of components that run tasks of WASI 0.3. */
  readonly tasks: GuestTasks;
  /** What a guest that did not wait must wait for all the same: see `SuspensionHooks.breathe`. */
  pause(): Promise<unknown> | undefined;
}

/** Told when the guest leaves the CPU to wait, and returns to it. */
export interface SuspensionHooks {
  left(): void;
  returned(): void;
  /** Settles as the promise does, or rejects when the running call is stopped. Holds nothing once settled. */
  untilStopped(pending: unknown): Promise<unknown>;
  /**
   * Where the thread was not at its event loop for a while: settles when it was. A guest that waits for what is there
   * already, over and over, would else keep messages from its cell, its own cancellation among them.
   */
  breathe(): Promise<void> | undefined;
  /** Made when it is first asked for. */
  readonly tasks: GuestTasks;
}

// What V8 spends on the object itself, or a list of empty lists would be free.
const STRING_COST = 32;
const BUFFER_COST = 160;
const ELEMENT_COST = 32;
/** Before its first call (start functions) a guest may hand over little. */
const OUTSIDE_CALLS = 1024 * 1024;

/** A guard for one instance. */
export const createGuard = (hooks: SuspensionHooks): Guard => new InstanceGuard(hooks);

class InstanceGuard implements Guard {
  used = 0;
  exceeded: SwitchboardError | undefined;
  readonly utf8: Guard['utf8'];
  private limit = OUTSIDE_CALLS;
  private readonly hooks: SuspensionHooks;

  constructor(hooks: SuspensionHooks) {
    this.hooks = hooks;
    this.utf8 = new MeteredDecoder(this, STRICT_UTF8);
  }

  // Asked for once by an instance, and by few.
  get utf16(): Guard['utf16'] {
    return new MeteredDecoder(this, STRICT_UTF16);
  }

  get tasks(): GuestTasks {
    return this.hooks.tasks;
  }

  begin(limit: number): void {
    this.used = 0;
    this.exceeded = undefined;
    this.limit = limit;
  }

  charge(bytes: number): void {
    this.used += bytes;
    if (this.used <= this.limit) return;
    this.exceeded ??= new SwitchboardError(
      'transfer-limit',
      `the component handed over more than ${formatSize(this.limit)} in one call`,
      { fix: `switchboard limits <component> --transfer ${formatSize(this.limit * 2).replace(' ', '')}` },
    );
    throw this.exceeded;
  }

  refund(bytes: number): void {
    this.used = Math.max(0, this.used - bytes - BUFFER_COST);
  }

  slice(buffer: ArrayBuffer, start: number, end: number): ArrayBuffer {
    this.chargeRange(buffer, start, end);
    return buffer.slice(start, end);
  }

  lend(buffer: ArrayBuffer, start: number, end: number): Uint8Array {
    this.chargeRange(buffer, start, end);
    return new Uint8Array(buffer, start, end - start);
  }

  list(length: number, elementSize: number): void {
    // Of an argument it arrives as a signed number.
    this.charge((length >>> 0) * (elementSize * 4 + ELEMENT_COST));
  }

  private chargeRange(buffer: ArrayBuffer, start: number, end: number): void {
    // A length over 2 GiB arrives as a negative one: it would be a refund.
    if (end < start) throw new RangeError('list pointer is outside the memory');
    this.charge(end - start + BUFFER_COST);
    if (start < 0 || end > buffer.byteLength) throw new RangeError('list pointer is outside the memory');
  }

  async suspended(pending: unknown): Promise<unknown> {
    this.hooks.left();
    try {
      const value = await this.hooks.untilStopped(pending);
      const pause = this.hooks.breathe();
      if (pause) await this.hooks.untilStopped(pause);
      return value;
    } finally {
      this.hooks.returned();
    }
  }

  isPending(value: unknown): boolean {
    return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
  }

  pause(): Promise<unknown> | undefined {
    const pause = this.hooks.breathe();
    // It settles in the turn that it waits for: nothing is left to breathe for after it.
    return pause && this.suspended(pause);
  }
}

// The canonical ABI traps on invalid UTF-8 and keeps a byte order mark; jco's own decoder does neither.
const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const STRICT_UTF16 = new TextDecoder('utf-16', { fatal: true, ignoreBOM: true });

class MeteredDecoder {
  private readonly guard: Guard;
  private readonly strict: TextDecoder;

  constructor(guard: Guard, strict: TextDecoder) {
    this.guard = guard;
    this.strict = strict;
  }

  decode(view: GuestView): string {
    this.guard.charge(view.byteLength + STRING_COST);
    return this.strict.decode(view);
  }
}
