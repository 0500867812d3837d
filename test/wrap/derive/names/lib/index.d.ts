export declare function parseHTML(URL: string, toString_: boolean, $el: string, type: string): string;
export declare function map(list: string): string;
export declare function base64(text: string): string;
export declare function base_64(text: string): string;
export declare function parse(options: { 'kebab-key': string; camelKey: string; camel_key: string; '2d': boolean }): string;
export interface parse { x: number }
export declare function _private(): void;
export declare function 数(value: number): number;
