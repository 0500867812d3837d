/** A folder that can be built: what language it is in, what its component is called. */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SwitchboardError } from '#core/errors';
import { parseReference, printable } from '#core/reference';
import { namesIn, readTextIfThere, refuseLinks } from './files.ts';
import type { DevkitPorts } from './ports.ts';
import { type ProjectWit, readProjectWit } from './wit.ts';

export const LANGUAGES = ['ts', 'js', 'rust', 'python', 'go', 'c'] as const;
export type Language = (typeof LANGUAGES)[number];

export interface Project {
  /** Absolute. */
  readonly dir: string;
  readonly language: Language;
  readonly wit: ProjectWit;
  /** `ns:name`, and the version of the WIT package. */
  readonly name: string;
  readonly version: string;
  /** The text of `component.toml`, where there is one. */
  readonly manifest: string | undefined;
  /** The file that a build writes. */
  readonly out: string;
}

/** Whether a word of a command line means a folder rather than an installed component: those have a colon and no slash. */
export function meansFolder(word: string): boolean {
  return word === '.' || word === '..' || word.includes('/');
}

/**
 * Reads what a build needs to know. Packages of Switchboard's that the WIT uses are put into `wit/deps`, unless nothing is
 * to be written. Errors: `invalid-project`, `invalid-manifest`, `file-unreadable`.
 */
export async function openProject(
  folder: string,
  ports: DevkitPorts,
  { write = true }: { readonly write?: boolean } = {},
): Promise<Project> {
  const dir = resolve(folder);
  const info = statSync(dir, { throwIfNoEntry: false });
  if (!info?.isDirectory()) {
    throw new SwitchboardError('invalid-project', `${printable(dir)} ${info ? 'is not a folder' : 'does not exist'}`, {
      fix: 'switchboard init <name>',
    });
  }
  const language = await languageOf(dir);
  refuseLinks(dir);
  const wit = await readProjectWit(dir, ports.ownWit, write);
  const manifest = await readTextIfThere(join(dir, 'component.toml'));
  if (manifest !== undefined) await ports.format.parseManifest(manifest);
  const { name, version = '0.0.0' } = parseReference(wit.package);
  return { dir, language, wit, name, version, manifest, out: join(dir, 'build', `${name.replace(/^.*:/, '')}.wasm`) };
}

async function languageOf(dir: string): Promise<Language> {
  const has = (path: string): boolean => existsSync(join(dir, path));
  if (has('Cargo.toml')) return 'rust';
  if (has('go.mod')) return 'go';
  if (has('src/main.ts')) return 'ts';
  if (has('src/main.js')) return 'js';
  if (has('app.py')) return 'python';
  const sources = has('src') ? await namesIn(join(dir, 'src')) : [];
  if (sources.some((name) => name.endsWith('.c'))) return 'c';
  throw new SwitchboardError(
    'invalid-project',
    `${printable(dir)} is no project: it has neither src/main.ts, src/main.js, Cargo.toml, app.py, go.mod nor src/*.c`,
    { fix: 'switchboard init <name>' },
  );
}
