/** What of a folder a build depends on, and whether it changed. */
import { createHash } from 'node:crypto';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextIfThere, writeAtomic } from './files.ts';
import type { Project } from './project.ts';

/** Folders that builds and tools write, or that hold other people's code; a change there is none of the project's. */
const NOT_SOURCES: ReadonlySet<string> = new Set(['node_modules', '__pycache__']);
/** The same, in the project's own folder alone: elsewhere such a name is the author's. */
const NOT_SOURCES_ON_TOP: ReadonlySet<string> = new Set(['build', 'generated', 'target', 'test']);
/** Hidden, and read by compilers all the same. */
const HIDDEN_SOURCES: ReadonlySet<string> = new Set(['.cargo']);
/** What the build of Go writes beside the sources. */
const NOT_SOURCE = /^(?:wit_bindings\.go|wit_exports\.go|empty\.s)$|\.tmp$|~$|^\.#|\.sw[a-z]$/;
/** Sources that a build writes itself: of them counts how it left them. */
const LEFT_BY_BUILD = /^(?:Cargo\.lock|wit\/deps\/switchboard-(?:host|mcp)\.wit)$/;
/** A project with more files than this is built every time. */
const MOST_FILES = 50_000;

/** `onTop`: the folder lies in the project's own. */
export const isSourceFolder = (name: string, onTop: boolean): boolean =>
  !NOT_SOURCES.has(name) &&
  !(onTop && NOT_SOURCES_ON_TOP.has(name)) &&
  (!name.startsWith('.') || HIDDEN_SOURCES.has(name));
export const isSourceFile = (name: string): boolean => !NOT_SOURCE.test(name);

/** Every source of a project, with its size and when it was changed. */
export type Sources = ReadonlyMap<string, string>;

/** What lies in the folder now. A folder that is not there has no sources. */
export async function sourcesOf(dir: string): Promise<Sources> {
  const found = new Map<string, string>();
  await collect(dir, '', found, new Set());
  return found;
}

async function collect(dir: string, prefix: string, found: Map<string, string>, seen: Set<string>): Promise<void> {
  // Links to folders are followed, each folder once.
  const real = await realpath(dir).catch(() => undefined);
  if (real === undefined || seen.has(real)) return;
  seen.add(real);
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (found.size >= MOST_FILES) return;
    const path = join(dir, entry.name);
    const name = `${prefix}${entry.name}`;
    const info = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : undefined;
    if (entry.isDirectory() || info?.isDirectory() === true) {
      if (isSourceFolder(entry.name, prefix === '')) await collect(path, `${name}/`, found, seen);
    } else if (isSourceFile(entry.name)) found.set(name, await stateOf(path));
  }
}

/** Size and time of a file; a link counts as what it leads to. */
async function stateOf(path: string): Promise<string> {
  const info = await stat(path, { bigint: true }).catch(() => undefined);
  return info === undefined ? 'nothing' : `${info.size} ${info.mtimeNs}`;
}

/** Beside each build: what it was made of. */
interface Made {
  /** Of the sources, the component and Switchboard's version. */
  readonly key: string;
  /** Files outside the project that are in the component. */
  readonly outside: readonly string[];
}

const madeFile = ({ out }: Project): string => out.replace(/\.wasm$/, '.sources');

/** Notes what the component of a project was made of: the sources as they were before its build. */
export async function noteSources(
  project: Project,
  before: Sources,
  outside: readonly string[],
  version: string,
): Promise<void> {
  const sources = new Map([...before].filter(([name]) => !LEFT_BY_BUILD.test(name)));
  for (const [name, state] of await sourcesOf(project.dir)) if (LEFT_BY_BUILD.test(name)) sources.set(name, state);
  const made: Made = { key: await keyOf(project, sources, outside, version), outside };
  await writeAtomic(madeFile(project), `${JSON.stringify(made)}\n`);
}

/** Whether the last build was made by this version of Switchboard of the sources that are there now. */
export async function isCurrent(project: Project, version: string): Promise<boolean> {
  const made = await readMade(project);
  if (made === undefined) return false;
  const sources = await sourcesOf(project.dir);
  return sources.size < MOST_FILES && made.key === (await keyOf(project, sources, made.outside, version));
}

async function readMade(project: Project): Promise<Made | undefined> {
  try {
    const { key, outside } = JSON.parse((await readTextIfThere(madeFile(project))) ?? '') as Partial<Made>;
    const isList = Array.isArray(outside) && outside.every((file) => typeof file === 'string');
    return typeof key === 'string' && isList ? { key, outside } : undefined;
  } catch {
    return undefined;
  }
}

async function keyOf({ out }: Project, sources: Sources, outside: readonly string[], version: string): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([version, await stateOf(out)]));
  for (const one of [...sources].toSorted(([a], [b]) => (a < b ? -1 : 1))) hash.update(JSON.stringify(one));
  for (const file of outside) hash.update(JSON.stringify([file, await stateOf(file)]));
  return hash.digest('hex');
}
