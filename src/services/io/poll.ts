import type { ServiceInterface } from '#core/services';
import type { Scope } from '../scope.ts';

/** Something that becomes ready. */
export interface PollSource {
  ready(): boolean;
  /** Calls back, later, once it may have become ready, unless the function returned is called before. */
  whenReady(notify: () => void): () => void;
}

/** A source that is ready from the start, such as an output stream or an input at its end. */
export const READY: PollSource = {
  ready: () => true,
  whenReady: (notify) => {
    queueMicrotask(notify);
    return () => {};
  },
};

/** `wasi:io/poll.pollable`. */
export class Pollable {
  readonly #scope: Scope;
  readonly #source: PollSource;

  constructor(scope: Scope, source: PollSource) {
    scope.opened();
    this.#scope = scope;
    this.#source = source;
  }

  ready(): boolean {
    return this.#source.ready();
  }

  /** Waits until ready. Rejects when the call is stopped. */
  block(): Promise<void> | undefined {
    if (this.#source.ready()) return undefined;
    return Pollable.#firstOf([this], this.#scope).then(() => undefined);
  }

  /** Waits for a source that no guest holds a pollable of. */
  static async wait(source: PollSource, scope: Scope): Promise<void> {
    const pollable = new Pollable(scope, source);
    try {
      await pollable.block();
    } finally {
      pollable[Symbol.dispose]();
    }
  }

  [Symbol.dispose](): void {
    this.#scope.closed();
  }

  /** The places in the list of those that are ready, at least one. Waits for the first. */
  static poll(list: readonly Pollable[]): Uint32Array | Promise<Uint32Array> {
    // Traps, as wasi:io/poll wants for an empty list: nothing could ever be ready.
    const [first] = list;
    if (!first) throw new Error('wasi:io/poll#poll was called with an empty list');
    const ready = Pollable.#readyOf(list);
    return ready.length > 0 ? ready : Pollable.#firstOf(list, first.#scope);
  }

  static #readyOf(list: readonly Pollable[]): Uint32Array {
    const places: number[] = [];
    for (const [place, pollable] of list.entries()) if (pollable.#source.ready()) places.push(place);
    return Uint32Array.from(places);
  }

  static #firstOf(list: readonly Pollable[], scope: Scope): Promise<Uint32Array> {
    const signal = scope.env.signal();
    return new Promise((resolve, reject) => {
      let cancels: (() => void)[] = [];
      let ended = false;
      const end = (): void => {
        ended = true;
        signal.removeEventListener('abort', stopped);
        for (const cancel of cancels) cancel();
      };
      const stopped = (): void => {
        end();
        reject(signal.reason instanceof Error ? signal.reason : new Error('the call was stopped'));
      };
      const wake = (): void => {
        if (ended) return;
        for (const cancel of cancels) cancel();
        wait();
      };
      const wait = (): void => {
        const ready = Pollable.#readyOf(list);
        if (ready.length > 0) {
          end();
          resolve(ready);
        } else cancels = list.map((pollable) => pollable.#source.whenReady(wake));
      };
      if (signal.aborted) {
        stopped();
        return;
      }
      signal.addEventListener('abort', stopped);
      wait();
    });
  }
}

/** `wasi:io/poll`, the same for every instance: a pollable knows its own. */
export const pollInterface: ServiceInterface = { Pollable, poll: (list: readonly Pollable[]) => Pollable.poll(list) };
