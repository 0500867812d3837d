export declare function later(date: Date): Date;
export declare function big(value: bigint): bigint;
export declare function bytes(value: Uint8Array | ArrayBuffer | Buffer): Uint8Array;
export declare function buffer(value: Buffer): Buffer;
export declare function pattern(value: RegExp | string): RegExp;
export declare function address(value: URL): URL;
export declare function failure(error: Error): TypeError;
