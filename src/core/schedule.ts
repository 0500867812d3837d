/** Calls of itself that a component has arranged for later. All JSON. */
import { SwitchboardError } from './errors.ts';
import type { ComponentName } from './reference.ts';

/** One arranged call, or one that recurs. */
export interface Schedule {
  /** Whose, and of whom: a component calls only itself. */
  readonly component: ComponentName;
  /** Unique among those of the component; arranged again under the same name it is replaced. */
  readonly name: string;
  /** A function's id. */
  readonly function: string;
  /** JSON text: an object by parameter name, or an array in order. */
  readonly arguments: string;
  /** When it is next due, milliseconds since the epoch. */
  readonly next: number;
  /** Milliseconds between two times, where it recurs. */
  readonly every?: number;
  readonly createdAt: number;
  /** How the last run ended: `ok` or an error code. */
  readonly last?: { readonly at: number; readonly outcome: string };
  /** It is being run; one that was due once is kept no more then. Told, never kept. */
  readonly running?: true;
}

/** When a component wants to be called: at an instant, after a while, or again and again. Milliseconds. */
export type ScheduleTime =
  | { readonly tag: 'at'; readonly val: number }
  | { readonly tag: 'after'; readonly val: number }
  | { readonly tag: 'every'; readonly val: number };

export interface ScheduleBounds {
  /** Schedules of one component. */
  readonly most: number;
  /** Between two times of one that recurs, and from a run to what it arranges itself, milliseconds. */
  readonly shortestMs: number;
  /** Into the future, milliseconds. */
  readonly farthestMs: number;
  /** Of the arguments, characters. */
  readonly longestArguments: number;
  /** Schedules that one call may set or cancel: each is a durable write. */
  readonly changesOfCall: number;
}

export const SCHEDULE_BOUNDS: ScheduleBounds = {
  most: 100,
  shortestMs: 60_000,
  farthestMs: 10 * 366 * 24 * 3_600_000,
  longestArguments: 64 * 1024,
  changesOfCall: 100,
};

/** A name fit for a terminal and a command line. */
export const isScheduleName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name);

/**
 * When it is first due, and how often; a text says why it cannot be. `byRun`: a run of a schedule arranges it; then it is
 * due one shortest interval from now at the earliest, whatever was asked for. Stops what runs without end by arranging
 * itself anew for now.
 */
export function dueTimes(
  time: ScheduleTime,
  now: number,
  bounds: ScheduleBounds,
  byRun = false,
): { readonly next: number; readonly every?: number } | string {
  const { tag, val } = time;
  if (!Number.isFinite(val) || val < 0) return 'the time is not a number of milliseconds';
  if (tag === 'every' && val < bounds.shortestMs) return `the shortest interval is ${bounds.shortestMs} ms`;
  // What lies in the past is due now, and once.
  const earliest = byRun ? now + bounds.shortestMs : now;
  const next = Math.max(earliest, tag === 'at' ? val : now + val);
  if (next - now > bounds.farthestMs) return 'the time is too far in the future';
  return tag === 'every' ? { next, every: val } : { next };
}

/**
 * The first time after `now` on the grid of one that recurs; undefined where it was due once. However many times were
 * missed, they are one run: the one that is due now.
 */
export function timeAfter({ next, every }: Pick<Schedule, 'next' | 'every'>, now: number): number | undefined {
  if (every === undefined) return undefined;
  return next + every * (Math.floor(Math.max(0, now - next) / every) + 1);
}

export function scheduleNotFound(component: string, name: string): SwitchboardError {
  return new SwitchboardError('schedule-not-found', `${component} has no schedule ${name}`, {
    fix: 'switchboard schedule list',
  });
}
