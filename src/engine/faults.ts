import { printable, SwitchboardError } from '#core';
import { formatSize } from '#core';

/** Thrown by the exit import; ends the instance. */
export class GuestExit extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`exit ${status}`);
    this.status = status;
  }
}

/** What can be seen of a trapped instance. */
export interface Remains {
  /** How full its memories were. */
  readonly used: number;
  readonly limit: number;
  /** The stack in its own memory had come to an end. */
  readonly stackOver?: boolean;
  /** What the guest left to say why; asked for where it gave up by `unreachable`. */
  readonly note?: () => string | undefined;
}

/**
 * Names what ended a guest's run. Anything thrown out of generated code that is not ours is a trap: a wasm trap,
 * or the generated code refusing a pointer, discriminant or string (the canonical ABI traps there).
 */
export function explainTrap(thrown: unknown, memory: Remains): SwitchboardError {
  if (thrown instanceof SwitchboardError) return thrown;
  if (thrown instanceof GuestExit) {
    return new SwitchboardError('component-exited', `the component called exit with status ${thrown.status}`, {
      data: { status: thrown.status },
    });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (thrown instanceof RangeError && /call stack/.test(message)) {
    return new SwitchboardError('stack-limit', 'the component ran out of stack', {
      fix: 'switchboard limits <component> --stack 8MiB',
    });
  }
  if (memory.stackOver === true) {
    return new SwitchboardError(
      'stack-limit',
      'the component ran out of the stack in its own memory; it calls too deeply',
    );
  }
  if (memory.used >= memory.limit * 0.9) {
    return new SwitchboardError(
      'memory-limit',
      `the component trapped with its memory full (${formatSize(memory.used)} of ${formatSize(memory.limit)})`,
      { fix: `switchboard limits <component> --memory ${formatSize(memory.limit * 2).replace(' ', '')}` },
    );
  }
  // What the guest says of itself stands where there is nothing better to say.
  const said = /\bunreachable\b/.test(message) ? memory.note?.() : undefined;
  const reason = said === undefined ? printable(message.replace(/^wasm trap: /, '')) : printable(said, 500);
  const hint =
    memory.used > memory.limit / 2 ? `; it used ${formatSize(memory.used)} of ${formatSize(memory.limit)} memory` : '';
  return new SwitchboardError('component-trapped', `the component trapped: ${reason}${hint}`);
}
