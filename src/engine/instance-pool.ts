import type { Reuse } from '#core';
import { createGarbage } from './garbage.ts';
import type { Instance } from './instance.ts';

type Prepare = (instance: Instance) => void;
type Create = (prepare: Prepare) => Instance | Promise<Instance>;

/** Instances that are not of a session. The host sends no more calls than there may be instances. */
export interface InstancePool {
  /** An instance for one call; `prepare` runs before any of the guest's code. */
  take(prepare: Prepare): Instance | Promise<Instance>;
  /** The call is over. `call`: the instance is dropped. `resident`: kept unless dead. */
  give(instance: Instance): void;
}

/** How many fresh instances wait for the next calls under reuse `call`. */
const RESERVE = 2;

/**
 * `housekeeping` runs guest code between calls (start functions of reserve instances) so that the host can see it and
 * end a cell that never comes back.
 */
export function createInstancePool(
  reuse: Reuse,
  create: Create,
  housekeeping: (work: () => void) => void,
): InstancePool {
  const idle: Instance[] = [];
  const garbage = createGarbage();
  const scheduled = new Set<unknown>();

  const fill = (): void => {
    if (idle.length >= RESERVE) return;
    housekeeping(() => {
      try {
        const made = create(() => undefined);
        // A component that fails to start shows it to the next caller, whose instance is made in the call.
        if (made instanceof Promise)
          made.then(
            (instance) => idle.push(instance),
            () => undefined,
          );
        else idle.push(made);
      } catch {}
    });
    if (idle.length > 0 && idle.length < RESERVE) schedule(setImmediate);
  };
  const schedule = (later: (work: () => void) => unknown): void => {
    if (scheduled.has(later)) return;
    scheduled.add(later);
    later(() => {
      scheduled.delete(later);
      fill();
    });
  };

  return {
    take(prepare) {
      const instance = idle.pop();
      if (!instance) return create(prepare);
      prepare(instance);
      return instance;
    },
    give(instance) {
      if (reuse === 'resident') {
        if (instance.dead) garbage.add(instance);
        else idle.push(instance);
        return;
      }
      instance.dead = true;
      garbage.add(instance);
      // After the answer has left and before the next call; under load immediates would never come.
      schedule(idle.length === 0 ? queueMicrotask : setImmediate);
    },
  };
}
