import { now as wallClock } from 'wasi:clocks/wall-clock@0.2.6';
import { addTo, between, type Moment, momentOf, read, type Unit } from './calendar.ts';

/** The functions that world.wit exports. The message of a thrown error is the error case of a result. */
export function now(): Moment {
  const { seconds, nanoseconds } = wallClock();
  return momentOf(Number(seconds) * 1000 + Math.floor(nanoseconds / 1e6));
}

export const parse = (text: string): Moment => momentOf(read(text));
export const add = (time: string, amount: number, unit: Unit): Moment => momentOf(addTo(read(time), amount, unit));
export const difference = (from: string, to: string, unit: Unit): number => between(read(from), read(to), unit);
