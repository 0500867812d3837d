import { setFlagsFromString } from 'node:v8';

/**
 * MiB of JavaScript that a new thread may fill before V8 first collects all of it. V8 begins with a few, and a cell that
 * makes an instance for each call would be collected every tenth call: a tenth of the calls would take ten times as long.
 */
const FIRST_COLLECTION_MIB = 64;

/** For threads started from now on; there is no such option for a single one. */
export function sizeCellHeaps(): void {
  setFlagsFromString(`--initial-old-space-size=${FIRST_COLLECTION_MIB}`);
}
