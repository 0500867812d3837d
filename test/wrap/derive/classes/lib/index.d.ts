/** Counts. */
export declare class Counter {
  private hidden: number;
  protected inner(): void;
  readonly value: number;
  constructor(start?: number);
  static from(text: string): Counter;
  /** Adds to it. */
  add(amount: number): this;
  merge(other: Counter): Counter;
  _internal(): void;
}
export declare abstract class Shape { area(): number }
export declare class Problem extends Error { code: string }
export declare function total(counters: Counter[]): number;
