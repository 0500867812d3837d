export declare function curried(value: number): number;
