export declare function load(name: string): Promise<string>;
export declare function all(names: string[]): AsyncIterable<number>;
export declare function node(text: string, callback: (error: Error | null, result: { size: number }) => void): void;
export declare function both(text: string): Promise<number>;
export declare function both(text: string, callback: (error: Error | null, value: number) => void): void;
