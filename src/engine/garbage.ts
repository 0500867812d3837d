import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Instance } from './instance.ts';

/** What dead instances of a cell hold, until it is worth collecting. */
export interface Garbage {
  /** The instance is never used again. */
  add(instance: Instance): void;
}

/** V8 is in no hurry to free memory that is not on its heap: guests of 64 MiB each would pile up to half a GiB. */
const WORTH_COLLECTING = 64 * 1024 * 1024;

/**
 * Collects between calls, once dead instances' memories and the values of their calls are large. As a microtask, which
 * comes after the answer has left and before the next call: immediates wait until no call is waiting.
 */
export function createGarbage(): Garbage {
  let held = 0;
  let collect: (() => void) | undefined;
  return {
    add(instance) {
      instance.end();
      held += instance.memoryBytes + instance.guard.used;
      if (held < WORTH_COLLECTING) return;
      held = 0;
      collect ??= exposeCollector();
      queueMicrotask(collect);
    },
  };
}

function exposeCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
