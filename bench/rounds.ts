/** Interleaved measurement: what is compared is measured in turns, so that a noisy moment hits all of it. */
import { median, relativeError } from './stats.ts';

/** Runs something once and gives its figure, lower is better. */
export type Measure = () => Promise<number> | number;

export interface RoundOptions {
  /** Rounds before the first look at whether the figures are stable. */
  readonly least: number;
  readonly most: number;
  /** No new round starts after so many milliseconds, once there are `least`. */
  readonly budgetMs: number;
  /** Whether a round before the first is thrown away; true unless said otherwise. */
  readonly warmUp?: boolean;
  /** Stable: the median of every ratio to the first measure is known to this part of itself. */
  readonly error?: number;
}

/**
 * Runs all measures in turn, in an order that rotates, until their ratios are stable, and gives each one's median
 * over rounds.
 */
export async function interleave<Name extends string>(
  measures: { readonly [K in Name]: Measure },
  options: RoundOptions,
): Promise<{ readonly [K in Name]: number }> {
  const names = Object.keys(measures) as Name[];
  const seen = new Map<Name, number[]>(names.map((name) => [name, []]));
  const valuesOf = (name: Name): number[] => seen.get(name) ?? [];
  if (options.warmUp !== false) for (const name of names) await measures[name]();
  const started = performance.now();
  for (let round = 0; round < options.most; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round) % names.length] as Name;
      valuesOf(name).push(await measures[name]());
    }
    if (round + 1 < options.least) continue;
    if (performance.now() - started > options.budgetMs) break;
    const [first, ...others] = names.map(valuesOf);
    const ratios = others.map((values) => values.map((value, i) => value / (first?.[i] ?? Number.NaN)));
    if ((ratios.length > 0 ? ratios : [first ?? []]).every((r) => relativeError(r) < (options.error ?? 0.03))) break;
  }
  return Object.fromEntries(names.map((name) => [name, median(valuesOf(name))])) as { [K in Name]: number };
}

/** The median time of one of `count` runs, one after the other, in microseconds. */
export async function sequential(count: number, run: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    await run();
    times.push(performance.now() - started);
  }
  return median(times) * 1000;
}

/** Like `sequential` for work that never waits; each sample is of `batch` runs, so that the timer's grain is no part of it. */
export function inThread(samples: number, batch: number, run: () => unknown): number {
  const times: number[] = [];
  for (let i = 0; i < samples; i++) {
    const started = performance.now();
    for (let j = 0; j < batch; j++) run();
    times.push((performance.now() - started) / batch);
  }
  return median(times) * 1000;
}
