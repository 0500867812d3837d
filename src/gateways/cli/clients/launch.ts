import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Launch } from './clients.ts';

/**
 * How another program starts `serve --stdio`: by absolute paths, because programs of a desktop have neither the `PATH`
 * nor the variables of a shell. In a checkout the launcher; in the npm package Node itself and the script.
 */
export function launchOf(home: string, options: readonly string[]): Launch {
  const launcher = fileURLToPath(new URL('../../../../switchboard', import.meta.url));
  const args = ['serve', '--stdio'];
  if (home !== join(homedir(), '.switchboard')) args.push('--home', home);
  args.push(...options);
  if (existsSync(launcher)) return { command: launcher, args };
  const main = fileURLToPath(new URL(`../main.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url));
  return { command: process.execPath, args: [main, ...args] };
}
