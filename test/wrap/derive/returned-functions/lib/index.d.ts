/** Makes a template. */
export declare function compile(source: string): (data: object) => string;
export declare function curry(value: number): (next: number) => (last: number) => number;
