import { existsSync, mkdirSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { join } from 'node:path';

/**
 * Keeps compiled code in the home, unless the launcher set a place already. Only in a home that is one: this
 * runs before anything is checked. The cache is code, so it is never in a directory that others can write.
 */
export function compileCacheOf(home: string): void {
  if (nodeModule.getCompileCacheDir() !== undefined || !existsSync(join(home, 'version'))) return;
  const directory = join(home, 'cache', 'compile');
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    nodeModule.enableCompileCache(directory);
  } catch {
    // Only slower.
  }
}
