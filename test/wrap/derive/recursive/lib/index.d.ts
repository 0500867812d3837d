export interface Tree { name: string; children: Tree[] }
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export declare function depth(tree: Tree): number;
export declare function clone(value: Json): Json;
export declare function wrap(value: { tree: Tree; label: string }): string;
