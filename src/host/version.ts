import { readFileSync } from 'node:fs';

let known: string | undefined;

/** The version in Switchboard's own package.json, which is above this file in a checkout and in the npm package. */
export function productVersion(): string {
  known ??= read();
  return known;
}

function read(): string {
  for (const up of ['../../', '../../../']) {
    try {
      const found: unknown = JSON.parse(readFileSync(new URL(`${up}package.json`, import.meta.url), 'utf8'));
      if (typeof found === 'object' && found !== null && 'name' in found && found.name === 'switchboard') {
        if ('version' in found && typeof found.version === 'string') return found.version;
      }
    } catch {
      // The other layout has it.
    }
  }
  return '0.0.0';
}

/** The product's version. */
export const VERSION = productVersion();
