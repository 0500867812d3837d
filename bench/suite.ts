import type { CallCounts } from './counted-host.ts';
import type { Row } from './row.ts';

/** What a suite is given. */
export interface BenchContext {
  /** Few repetitions: shows that the suite works; its figures say nothing. */
  readonly quick: boolean;
  /** Every host tells at its end how many calls were made through it and how many events told of them. */
  count(counts: CallCounts): void;
  /** What is going on, for a person who waits. */
  say(text: string): void;
}

/** Rows that are measured together. */
export type Suite = (context: BenchContext) => Promise<readonly Row[]>;
