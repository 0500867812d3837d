/** The WIT of a project: `wit/*.wit` with what it uses in `wit/deps`, as one text. */
import { existsSync, lstatSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SwitchboardError } from '#core/errors';
import { parseReference, printable } from '#core/reference';
import { makeFolder, namesIn, readText, writeAtomic } from './files.ts';

export interface ProjectWit {
  /** `ns:name@1.2.3`, of the package. */
  readonly package: string;
  readonly world: string;
  /** The package alone, for its documentation. */
  readonly main: string;
  /** With all packages it may use, each in braces. */
  readonly whole: string;
}

/** Packages that Switchboard brings, and the file each is in. */
const OWN: { readonly [name: string]: string } = { 'switchboard:host': 'host.wit', 'switchboard:mcp': 'mcp.wit' };

/** Apart from the rest of its package, since tools that know no WASI 0.3 refuse it. */
const STREAMS = { of: 'switchboard:host/blob-streams@', file: 'host-streams.wit' };

/**
 * Reads the WIT of a project: `wit/*.wit`, or `world.wit` alone. Packages of Switchboard's that it uses and does not have
 * are added; where `write` is true to `wit/deps` too, so that other tools find them, unless that is a link and leads
 * elsewhere. Errors: `invalid-project`, `file-unreadable`.
 */
export async function readProjectWit(dir: string, ownWit: string, write: boolean): Promise<ProjectWit> {
  const folder = join(dir, 'wit');
  const alone = join(dir, 'world.wit');
  if (!existsSync(folder) && existsSync(alone)) {
    const main = await readText(alone);
    return projectWit(main, [...(await missingOwn(main, ownWit)).values()].map(braced));
  }
  const files = existsSync(folder) ? await witFiles(folder) : [];
  if (files.length === 0) throw invalid(`${printable(folder)} has no .wit file`);
  const main = await readPackage(files);
  const deps = join(folder, 'deps');
  const there = await readDeps(deps);
  const missing = await missingOwn(`${main}\n${there.join('\n')}`, ownWit);
  const own = write && ![folder, deps].some(isLink);
  for (const [name, text] of missing) {
    if (!own) break;
    await makeFolder(deps);
    await writeAtomic(join(deps, `${name.replace(':', '-')}.wit`), text);
  }
  return projectWit(main, own ? await readDeps(deps) : [...there, ...[...missing.values()].map(braced)]);
}

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;

function projectWit(main: string, deps: readonly string[]): ProjectWit {
  const name = packageOf(main);
  if (name === undefined) throw invalid('its WIT does not begin with a package, as in: package demo:text@0.1.0;');
  if (parseReference(name).version === undefined)
    throw invalid(`its WIT package ${name} has no version, as in ${name}@0.1.0`);
  return { package: name, world: worldOf(main), main, whole: [main, ...deps].join('\n') };
}

/** The WIT of one package in braces, so that it can stand beside others. */
export function braced(text: string): string {
  const header = HEADER.exec(text);
  if (header === null) return text;
  const [all, name] = header;
  const docs = text.slice(0, header.index);
  return `${docs}package ${name} {\n${text.slice(docs.length + all.length)}\n}`;
}

const HEADER = /^package\s+([^;\s{]+)\s*;/m;

/** Words of WIT stand in it after a percent sign, which is no part of the name. */
const packageOf = (text: string): string | undefined => HEADER.exec(text)?.[1]?.replaceAll('%', '');

function worldOf(main: string): string {
  // What is in braces of packages beside it is not of it.
  const own = main.replaceAll(/^package [^;{]*\{[\s\S]*?^\}/gm, '');
  const worlds = [...own.matchAll(/^\s*world\s+%?([a-z][a-z0-9-]*)/gm)].map(([, name = '']) => name);
  const [only] = worlds;
  if (only === undefined) throw invalid('its WIT has no world');
  if (worlds.length > 1 && !worlds.includes('tool')) {
    throw invalid(`its WIT has the worlds ${worlds.join(', ')}; the one to build must be called tool`);
  }
  return worlds.length > 1 ? 'tool' : only;
}

/** The files of one package as one text. Errors: `invalid-project` where they are of several. */
async function readPackage(files: readonly string[]): Promise<string> {
  const texts = await Promise.all(files.map(readText));
  const named = files.flatMap((file, i) => {
    const name = packageOf(texts[i] ?? '');
    return name === undefined ? [] : [{ file, name }];
  });
  const [first] = named;
  const other = named.find(({ name }) => name !== first?.name);
  if (first !== undefined && other !== undefined) {
    const of = ({ file, name }: typeof first): string => `${printable(file, 1_000)} is of ${printable(name)}`;
    throw new SwitchboardError('invalid-project', `the files of a folder are one package; ${of(first)}, ${of(other)}`, {
      fix: 'move the other package into a folder of its own in wit/deps',
    });
  }
  return joined(texts);
}

/** Several files of one package: only the first keeps its header. */
function joined(texts: readonly string[]): string {
  const ordered = [...texts].sort((a, b) => Number(packageOf(b) !== undefined) - Number(packageOf(a) !== undefined));
  return ordered.map((text, i) => (i === 0 ? text : text.replace(HEADER, ''))).join('\n');
}

async function readDeps(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const found: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const files = await witFiles(path);
      if (files.length > 0) found.push(braced(await readPackage(files)));
    } else if (entry.name.endsWith('.wit')) found.push(braced(await readText(path)));
  }
  return found;
}

/** The texts of Switchboard's packages that a text uses and does not hold, by their names. */
async function missingOwn(text: string, ownWit: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const [name, file] of Object.entries(OWN)) {
    if (!text.includes(`${name}/`) || new RegExp(`^package ${name}@`, 'm').test(text)) continue;
    const files = [file, ...(name === 'switchboard:host' && text.includes(STREAMS.of) ? [STREAMS.file] : [])];
    found.set(name, joined(await Promise.all(files.map((one) => readFile(join(ownWit, one), 'utf8')))));
  }
  return found;
}

async function witFiles(folder: string): Promise<string[]> {
  return (await namesIn(folder))
    .filter((name) => name.endsWith('.wit') && !basename(name).startsWith('.'))
    .sort()
    .map((name) => join(folder, name));
}

function invalid(why: string): SwitchboardError {
  return new SwitchboardError('invalid-project', why, { fix: 'switchboard init --help' });
}
