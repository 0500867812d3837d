/** What scripts expect of any JavaScript platform and QuickJS does not bring, added to a bundle that uses it. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'rolldown';
import type { ComponentTypes } from '#core/wit-types';

const LOG = 'switchboard:host/log@0.1.0';
const CONSOLE = '\0switchboard-console';

const own = (name: string): string =>
  fileURLToPath(new URL(`../guest/${name}${extname(import.meta.url)}`, import.meta.url));

/** For `transform.inject`: only names that a module uses and does not declare bring anything into the bundle. */
export const injected: Record<string, [string, string]> = {
  TextEncoder: [own('text'), 'TextEncoder'],
  TextDecoder: [own('text'), 'TextDecoder'],
  console: [CONSOLE, 'console'],
};

/** The module with `console`, which writes to the log where the world imports it. */
export function consolePlugin({ imports }: ComponentTypes): Plugin {
  const logs = imports.some(({ id }) => id === LOG);
  const text = `import { consoleOf } from ${JSON.stringify(own('console'))};
${logs ? `import { write } from '${LOG}';` : 'const write = undefined;'}
export const console = consoleOf(write);
`;
  return {
    name: 'switchboard-console',
    resolveId: (id) => (id === CONSOLE ? id : null),
    load: (id) => (id === CONSOLE ? text : null),
  };
}

/** Their types, for the generated declarations. */
export const GLOBAL_DECLARATIONS = `/** Writes to the log where the world imports ${LOG}; nowhere without. */
declare const console: { [method in 'trace' | 'debug' | 'log' | 'info' | 'warn' | 'error']: (...values: unknown[]) => void };
declare class TextEncoder {
  readonly encoding: string;
  encode(text?: string): Uint8Array;
  encodeInto(text: string, into: Uint8Array): { read: number; written: number };
}
/** UTF-8 only. */
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(input?: ArrayBuffer | ArrayBufferView, options?: { stream?: boolean }): string;
}
declare function atob(text: string): string;
declare function btoa(text: string): string;
/** Milliseconds since it was first asked for in a call. */
declare const performance: { now(): number; readonly timeOrigin: number };
/** Random values from the host; not at the top level of a script, which runs when the component is built. */
declare const crypto: {
  getRandomValues<T extends ArrayBufferView>(array: T): T;
  randomUUID(): string;
};`;
