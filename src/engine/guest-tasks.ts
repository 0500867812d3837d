import { SwitchboardError } from '#core';

/**
 * What patched jco code calls, as `$guard.tasks`, where a component runs tasks of WASI 0.3. It stands at every entry
 * into the guest, so that a discarded instance is never entered again and whoever computes is known; it holds the
 * timers of jco's scheduler, which would run for ever otherwise; it counts what the guest makes in our memory; and it
 * knows when a call's tasks are over.
 */
export interface GuestTasks {
  /** As `WebAssembly.promising`. */
  promising(fn: Callee): (...args: unknown[]) => Promise<unknown>;
  /** A task of an exported function began; the promise settles when it has exited. */
  began(exited: Promise<unknown>): void;
  /** A task failed where its caller may have its result already: the call fails all the same. */
  failed(error: unknown): void;
  /** One more handle, where a table holds so many. Throws `handle-limit`. */
  hold(live: number): void;
  /** In place of a table that forgets nothing. */
  recent(): RecentTable;
  readonly setTimeout: (work: () => unknown, ms?: number) => unknown;
  readonly setInterval: (work: () => unknown, ms?: number) => unknown;
  readonly clearInterval: (timer: unknown) => void;
  readonly queueMicrotask: (work: () => unknown) => void;
}

/** Values by number, of which the last are kept. */
export interface RecentTable {
  insert(value: unknown): number;
  get(rep: number): unknown;
}

/** What the tasks of an instance tell it. */
export interface TaskHooks {
  /** Before the guest is entered. Throws where it must not be. */
  enter(): void;
  failed(error: unknown): void;
}

type Callee = (...args: unknown[]) => unknown;
type Promising = (fn: Callee) => (...args: unknown[]) => Promise<unknown>;

/** Streams, futures and calls of imports that one component instance may have open: each is a few kB of ours. */
const MOST_HANDLES = 2_000;
/** Rounds of the event loop that something is looked for in before it is looked for each millisecond. */
const QUICK_ROUNDS = 50;

/** The tasks of one instance. */
export class InstanceTasks implements GuestTasks {
  private readonly hooks: TaskHooks;
  private readonly timers = new Set<NodeJS.Timeout | NodeJS.Immediate>();
  private live = 0;
  private idle: (() => void)[] = [];
  private stopped = false;

  constructor(hooks: TaskHooks) {
    this.hooks = hooks;
  }

  promising(fn: Callee): (...args: unknown[]) => Promise<unknown> {
    const { promising } = WebAssembly as unknown as { readonly promising: Promising };
    const run = promising(fn);
    return (...args) => {
      this.hooks.enter();
      return run(...args);
    };
  }

  began(exited: Promise<unknown>): void {
    this.live += 1;
    const over = (): void => {
      this.live -= 1;
      if (this.live === 0) for (const resolve of this.idle.splice(0)) resolve();
    };
    exited.then(over, over);
  }

  /** Settles when no task is left. */
  async over(): Promise<void> {
    while (this.live > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  failed(error: unknown): void {
    this.hooks.failed(error);
  }

  hold(live: number): void {
    if (live < MOST_HANDLES) return;
    throw new SwitchboardError(
      'handle-limit',
      `the component has ${MOST_HANDLES} streams, futures and calls of imports open; it must drop some before it makes another`,
    );
  }

  recent(): RecentTable {
    const values = new Map<number, unknown>();
    let last = 0;
    return {
      insert(value) {
        last += 1;
        values.set(last, value);
        values.delete(last - 2 * MOST_HANDLES);
        return last;
      },
      get: (rep) => values.get(rep),
    };
  }

  readonly setTimeout = (work: () => unknown, ms = 0): unknown => {
    if (this.stopped) return undefined;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.run(work);
    }, ms);
    this.timers.add(timer);
    return timer;
  };

  /** jco looks for events by intervals: most are there a few turns of the event loop later. */
  readonly setInterval = (work: () => unknown): unknown => {
    const poll: Poll = { over: false };
    let rounds = 0;
    const again = (): void => {
      if (this.stopped || poll.over) return;
      rounds += 1;
      const next = (): void => {
        this.timers.delete(timer);
        if (poll.over) return;
        this.run(work);
        again();
      };
      const timer = rounds <= QUICK_ROUNDS ? setImmediate(next) : setTimeout(next, 1);
      this.timers.add(timer);
    };
    again();
    return poll;
  };

  readonly clearInterval = (timer: unknown): void => {
    (timer as Poll).over = true;
  };

  readonly queueMicrotask = (work: () => unknown): void => queueMicrotask(() => this.run(work));

  /** Nothing of the instance runs from now on. */
  stop(): void {
    this.stopped = true;
    for (const timer of this.timers) {
      clearTimeout(timer as NodeJS.Timeout);
      clearImmediate(timer as NodeJS.Immediate);
    }
    this.timers.clear();
  }

  private run(work: () => unknown): void {
    if (this.stopped) return;
    try {
      const result = work();
      if (result instanceof Promise) result.catch((error: unknown) => this.failed(error));
    } catch (error) {
      this.failed(error);
    }
  }
}

interface Poll {
  over: boolean;
}
