import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** The TypeScript files under `root`/src, relative to `root`, with forward slashes, in order. */
export function sourceFiles(root: string): readonly string[] {
  return readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .sort();
}
