/** What of a folder a build depends on, and whether it changed. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from './project.ts';

/** Folders that builds and tools write, or that hold other people's code; a change there is none of the project's. */
const NOT_SOURCES: ReadonlySet<string> = new Set([
  'build',
  'generated',
  'node_modules',
  'target',
  '__pycache__',
  '.git',
  'test',
]);
/** What the build of Go writes beside the sources. */
const NOT_SOURCE = /^(?:wit_bindings\.go|wit_exports\.go|empty\.s)$|\.tmp$|~$|^\.#|\.sw[a-z]$/;

export const isSourceFolder = (name: string): boolean => !NOT_SOURCES.has(name) && !name.startsWith('.');
export const isSourceFile = (name: string): boolean => !NOT_SOURCE.test(name);

/** Whether what was built is younger than every source. */
export async function isCurrent(project: Project): Promise<boolean> {
  const built = await stat(project.out).catch(() => undefined);
  return built !== undefined && (await newest(project.dir)) < built.mtimeMs;
}

async function newest(dir: string): Promise<number> {
  let latest = 0;
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) {
      // A file that is gone shows in its folder.
      if (isSourceFolder(entry.name)) latest = Math.max(latest, (await stat(path)).mtimeMs, await newest(path));
    } else if (isSourceFile(entry.name)) latest = Math.max(latest, (await stat(path)).mtimeMs);
  }
  return latest;
}
