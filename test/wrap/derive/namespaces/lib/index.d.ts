export declare namespace text { function trim(value: string): string; namespace deep { function cut(value: string): string } }
export declare const hex: { encode(bytes: Uint8Array): string; decode(text: string): Uint8Array };
export * as again from './more.js';
