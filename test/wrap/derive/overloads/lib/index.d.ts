/** Of text or of bytes. */
export declare function size(text: string): number;
export declare function size(bytes: Uint8Array, unit: 'bits' | 'bytes'): number;
export declare function digest(text: string): string;
export declare function digest(text: string, encoding: 'raw'): Uint8Array;
export declare function mixed(value: symbol): string;
export declare function mixed(value: number): string;
export interface Schema { parse(text: string): string; }
export declare function schema(name: string): Schema;
/** Of any kind. */
export declare function schema<T extends object>(name: string): T;
