export declare function map(list: number[], each: (value: number, index: number) => number): number[];
export declare function sort(list: string[], compare?: (a: string, b: string) => number): string[];
export declare function each(list: number[], visit: (value: number) => void): void;
export declare function wait(done: (value: symbol) => number): void;
