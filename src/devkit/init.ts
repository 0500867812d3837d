/** New projects, from the templates beside this file. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errnoOf, SwitchboardError } from '#core/errors';
import { parseReference, printable } from '#core/reference';
import type { Language } from './project.ts';

export interface NewProject {
  readonly dir: string;
  /** `ns:name`. */
  readonly name: string;
  readonly language: Language;
  /** What was written, relative to the folder. */
  readonly files: readonly string[];
}

const TEMPLATES = new URL('./templates/', import.meta.url);
const ENDING = '.tmpl';
const FIRST = 'component.toml';
/** Where a name says no namespace. */
const NAMESPACE = 'local';
/** Words of WIT, which would have to be escaped wherever the name is used. */
const RESERVED: ReadonlySet<string> = new Set(
  `as async bool borrow char constructor enum export f32 f64 flags from func future import include interface list own
  option package record resource result s16 s32 s64 s8 static stream string tuple type u16 u32 u64 u8 use variant with
  world`.split(/\s+/),
);

/**
 * Makes a project in a folder of the name's last part, below `parent`; all of it or nothing. A name is `weather` or
 * `acme:weather`, in lower-case letters, digits and dashes. Errors: `invalid-project` (a name that is not fit, a folder
 * that is not empty, another `init` of the name at the same time), `file-unreadable`.
 */
export async function createProject(parent: string, wanted: string, language: Language): Promise<NewProject> {
  const name = checkedName(wanted);
  const [namespace = '', short = ''] = name.split(':');
  const dir = resolve(parent, short);
  const words = { name: short, namespace, package: name, snake: short.replaceAll('-', '_') };
  // What this process made, and may therefore remove.
  const folders: string[] = [];
  const files: string[] = [];
  const makeIn = async (folder: string): Promise<void> => {
    if (folder !== dir) await makeIn(dirname(folder));
    if (await madeFolder(folder)) folders.push(folder);
  };
  try {
    await mkdir(parent, { recursive: true });
    await makeIn(dir);
    if (folders.length === 0) await checkEmpty(dir);
    for (const [file, text] of await templateFiles(language)) {
      const target = join(dir, file);
      await makeIn(dirname(target));
      // Who writes the first file has the folder; a name that somebody made meanwhile is not written over.
      await writeFile(target, filled(text, words), { flag: 'wx' });
      files.push(file);
    }
  } catch (cause) {
    for (const file of files) await rm(join(dir, file), { force: true });
    // With what somebody else put there it stays.
    for (const folder of folders.toReversed()) await rmdir(folder).catch(() => undefined);
    if (cause instanceof SwitchboardError) throw cause;
    if (errnoOf(cause) === 'EEXIST') throw taken(dir, cause);
    throw new SwitchboardError(
      'file-unreadable',
      `cannot write ${printable(dir)}: ${String(errnoOf(cause) ?? cause)}`,
      {
        cause,
      },
    );
  }
  return { dir, name, language, files };
}

function checkedName(wanted: string): string {
  const name = wanted.includes(':') ? wanted : `${NAMESPACE}:${wanted}`;
  const fail = (why: string): never => {
    throw new SwitchboardError('invalid-project', `"${printable(wanted)}" cannot be the name of a project: ${why}`, {
      fix: 'switchboard init word-counter',
    });
  };
  const form = 'use lower-case letters, digits and single dashes, beginning with a letter, as in word-counter';
  try {
    if (parseReference(name).version !== undefined) fail('the version is in wit/world.wit');
  } catch (error) {
    if (error instanceof SwitchboardError && error.code === 'invalid-project') throw error;
    return fail(form);
  }
  const words = name.split(':');
  // The binary format of components wants a letter after a dash.
  if (words.some((word) => /-\d/.test(word))) fail('a part after a dash begins with a letter');
  const reserved = words.find((word) => RESERVED.has(word));
  if (reserved !== undefined) fail(`"${reserved}" is a word of WIT`);
  if (/^(?:switchboard|wasi):/.test(name)) fail(`the namespace ${words[0]} is taken`);
  return name;
}

/** Whether it was this call that made the folder. */
async function madeFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (cause) {
    if (errnoOf(cause) === 'EEXIST') return false;
    throw cause;
  }
}

const taken = (dir: string, cause: unknown): SwitchboardError =>
  new SwitchboardError('invalid-project', `something else is making a project in ${printable(dir, 1_000)}`, {
    fix: 'choose another name',
    cause,
  });

async function checkEmpty(dir: string): Promise<void> {
  let entries: string[];
  try {
    entries = await readdir(dir);
  } catch (cause) {
    const what = errnoOf(cause) === 'ENOENT' ? 'is a link to nothing' : 'is not a folder';
    throw new SwitchboardError('invalid-project', `${printable(dir, 1_000)} ${what}`, {
      fix: 'choose another name, or remove it',
      cause,
    });
  }
  // A repository that was just made is as good as empty.
  if (entries.every((entry) => entry === '.git')) return;
  throw new SwitchboardError(
    'invalid-project',
    `${printable(dir)} is not empty; it has ${printable(entries.join(', '))}`,
    {
      fix: 'choose another name, or empty the folder',
    },
  );
}

/**
 * A language's own takes the place of one of the same name for all. The same file is the first for every language, and it
 * is in no folder: of two that write at once one fails there, before it made any other.
 */
async function templateFiles(language: Language): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const folder of ['all', language]) {
    const root = fileURLToPath(new URL(`${folder}/`, TEMPLATES));
    if (!existsSync(root)) continue;
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith(ENDING)) continue;
      const path = join(entry.parentPath, entry.name);
      // npm leaves out files called .gitignore: the template is called dot-gitignore.
      const name = path.slice(root.length, -ENDING.length).replace(/(^|\/)dot-/, '$1.');
      files.set(name, await readFile(path, 'utf8'));
    }
  }
  return new Map([...files].toSorted(([a], [b]) => Number(b === FIRST) - Number(a === FIRST)));
}

const filled = (text: string, words: { readonly [name: string]: string }): string =>
  text.replaceAll(/\{\{([a-z]+)\}\}/g, (_, name: string) => words[name] ?? '');
