import { randomFillSync } from 'node:crypto';
import type { Clock, FaultPoints, Random } from '#core/ports';

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** Asked for at once: a request to the operating system costs more than the rest of a call's way through the host. */
const BLOCK = 4096;
let block = new Uint8Array(0);
let next = 0;

/** The operating system's cryptographic random numbers. What was handed out is kept nowhere. */
export const systemRandom: Random = {
  bytes(length) {
    if (length > BLOCK / 8) return randomFillSync(new Uint8Array(length));
    if (next + length > block.length) {
      block = randomFillSync(new Uint8Array(BLOCK));
      next = 0;
    }
    const taken = block.slice(next, next + length);
    block.fill(0, next, next + length);
    next += length;
    return taken;
  },
};

/** Production: nothing is made to fail. */
export const noFaults: FaultPoints = { hit: () => {} };
