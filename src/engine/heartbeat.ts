import type { Cell } from './cell.ts';

/**
 * Finds cells that nobody answers for: a destructor that the garbage collector started, a start function of a reserve
 * instance, a guest that caught its cancellation and computes on. A cell whose guest computes within its call's time
 * is busy, not stuck.
 */
export interface Heartbeat {
  /** Called at each sweep. Pings the cell; true once it has missed `MISSES` sweeps that found it not busy. */
  isStuck(cell: Cell, busy: boolean): boolean;
  answered(cell: Cell): void;
}

/** Sweeps, not milliseconds: a host that was itself held up must first read the answers that wait for it. */
const MISSES = 4;

export function createHeartbeat(): Heartbeat {
  const missed = new WeakMap<Cell, number>();
  return {
    isStuck(cell, busy) {
      const before = missed.get(cell);
      if (before === undefined) cell.post({ t: 'ping', n: 0 });
      const now = busy || before === undefined ? 0 : before + 1;
      missed.set(cell, now);
      return now >= MISSES;
    },
    answered: (cell) => void missed.delete(cell),
  };
}
