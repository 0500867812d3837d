/**
 * Shared memory between the host and one cell: what both must read and write while the cell's thread is inside a
 * guest and answers no message. Int32: [0] log credits granted, [1] slot on the CPU (-1: none), [2 + slot] the
 * slot's state. Float64, one a slot: the instant its run began.
 */
const FIXED = 2;

/** A slot's state. `WITHDRAWN`: the host took the call back before it began; it must never begin. */
export const WAITING = 0;
export const STARTED = 1;
export const WITHDRAWN = 2;

export interface ControlBlock {
  readonly buffer: SharedArrayBuffer;
  readonly ints: Int32Array;
  readonly starts: Float64Array;
}

/** A new block for `slots` calls at once. */
export function createControlBlock(slots: number): ControlBlock {
  const ints = FIXED + slots + ((FIXED + slots) % 2);
  const block = viewControlBlock(new SharedArrayBuffer(4 * ints + 8 * slots), slots);
  Atomics.store(block.ints, 1, -1);
  return block;
}

/** The same block seen from the other thread. */
export function viewControlBlock(buffer: SharedArrayBuffer, slots: number): ControlBlock {
  const ints = FIXED + slots + ((FIXED + slots) % 2);
  return { buffer, ints: new Int32Array(buffer, 0, ints), starts: new Float64Array(buffer, 4 * ints, slots) };
}

/** Grants `count` more log credits. */
export const grantCredits = (block: ControlBlock, count: number): number => Atomics.add(block.ints, 0, count);
export const creditsGranted = (block: ControlBlock): number => Atomics.load(block.ints, 0);

/** Which slot computes right now, or -1. */
export const slotOnCpu = (block: ControlBlock): number => Atomics.load(block.ints, 1);
export const setSlotOnCpu = (block: ControlBlock, slot: number): number => Atomics.exchange(block.ints, 1, slot);

export const slotState = (block: ControlBlock, slot: number): number => Atomics.load(block.ints, FIXED + slot);
export const resetSlot = (block: ControlBlock, slot: number): number =>
  Atomics.store(block.ints, FIXED + slot, WAITING);

/** The cell begins a call; false if the host withdrew it. */
export function beginSlot(block: ControlBlock, slot: number, now: number): boolean {
  block.starts[slot] = now;
  return Atomics.compareExchange(block.ints, FIXED + slot, WAITING, STARTED) === WAITING;
}

/** The host takes a call back; false if it has begun. */
export function withdrawSlot(block: ControlBlock, slot: number): boolean {
  return Atomics.compareExchange(block.ints, FIXED + slot, WAITING, WITHDRAWN) === WAITING;
}

// Each thread's performance.now() counts from an origin of its own, on the one monotonic clock of the machine.
const origin = clockOrigin();

/** A thread that loses the processor between two readings of the clocks would be that much ahead for life. */
function clockOrigin(): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (let i = 0; i < 5; i += 1) {
    const before = performance.now();
    const shared = Number(process.hrtime.bigint()) / 1e6;
    const between = performance.now() - before;
    if (between >= least) continue;
    least = between;
    best = shared - before - between / 2;
  }
  return best;
}

/** Milliseconds on the clock that both threads share. */
export const sharedNow = (): number => origin + performance.now();
