/**
 * Repeats a text.
 * @example
 * repeat('ab', 2)
 */
export declare function repeat(text: string, times: number): string;
/** Multiplies. See {@link repeat}.
 * @deprecated use times
 */
export declare function multiply(a: number, b?: number): number;
