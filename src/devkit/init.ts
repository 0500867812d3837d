/** New projects, from the templates beside this file. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
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
 * that is not empty), `file-unreadable`.
 */
export async function createProject(parent: string, wanted: string, language: Language): Promise<NewProject> {
  const name = checkedName(wanted);
  const [namespace = '', short = ''] = name.split(':');
  const dir = resolve(parent, short);
  const existed = existsSync(dir);
  await mkdir(parent, { recursive: true });
  if (existed) await checkEmpty(dir);
  const words = { name: short, namespace, package: name, snake: short.replaceAll('-', '_') };
  const files: string[] = [];
  try {
    for (const [file, text] of await templateFiles(language)) {
      const target = join(dir, file);
      await mkdir(dirname(target), { recursive: true });
      // A name that somebody made meanwhile is not written over.
      await writeFile(target, filled(text, words), { flag: 'wx' });
      files.push(file);
    }
  } catch (cause) {
    for (const file of files) await rm(join(dir, file), { force: true });
    if (!existed) await rm(dir, { recursive: true, force: true });
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

async function checkEmpty(dir: string): Promise<void> {
  let entries: string[];
  try {
    entries = await readdir(dir);
  } catch (cause) {
    throw new SwitchboardError('invalid-project', `${printable(dir)} is not a folder`, { cause });
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

/** Those of all languages first; a language's own takes the place of one of the same name. */
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
  return files;
}

const filled = (text: string, words: { readonly [name: string]: string }): string =>
  text.replaceAll(/\{\{([a-z]+)\}\}/g, (_, name: string) => words[name] ?? '');
