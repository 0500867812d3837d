/** A 99th percentile is unmoved when it is at most this many times that of the baseline, … */
export const P99_FACTOR = 1.5;

/** … plus one time slice of the scheduler: which thread waits for one is chance, and with 1 % of the calls it shows. */
export const P99_FLOOR_MS = 0.5;
