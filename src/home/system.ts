import { randomFillSync } from 'node:crypto';
import type { Clock, FaultPoints, Random } from '#core/ports';

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** The operating system's cryptographic random numbers. */
export const systemRandom: Random = {
  bytes: (length) => randomFillSync(new Uint8Array(length)),
};

/** Production: nothing is made to fail. */
export const noFaults: FaultPoints = { hit: () => {} };
