export declare function chunk<T>(list: T[], size?: number): T[][];
export declare function first<T extends string>(list: T[]): T;
export declare function pick<T extends { id: number }>(item: T): T['id'];
export declare function parse<T = { name: string }>(text: string): T;
export declare function wrap<T>(value: T): { value: T; at: number };
