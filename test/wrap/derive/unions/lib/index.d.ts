export interface Circle { kind: 'circle'; radius: number }
export interface Square { kind: 'square'; side: number }
export type Figure = Circle | Square;
export declare function area(figure: Figure): number;
export declare function make(name: string): Figure;
export declare function either(value: string | number | string[]): string | number;
export declare function maybe(value: string | null): string | undefined;
export declare function dates(value: Date | string | number): Date;
export declare function disabled(value: false | { depth: number }): void;
