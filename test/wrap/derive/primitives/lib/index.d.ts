/**
 * Adds.
 * @param a the first
 * @param b the second
 * @returns their sum
 */
export declare function add(a: number, b: number): number;
export declare function isReady(flag: boolean): boolean;
export declare function shout(text: string): string;
export declare function nothing(): void;
export declare function anything(value: any): unknown;
export declare const double: (value: number) => number;
