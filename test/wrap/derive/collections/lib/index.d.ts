export declare function sum(values: readonly number[]): number;
export declare function pair(value: [string, number]): [number, string];
export declare function count(words: Set<string>, weights: Map<string, number>): Map<string, number>;
export declare function lookup(table: Record<string, number>): { [key: string]: string };
export declare function matrix(rows: number[][]): Float64Array;
export declare function all(...values: string[]): string;
export declare function iterate(values: Iterable<string>): IterableIterator<number>;
export declare function tail(first: string, ...rest: [second: number, third?: boolean]): void;
