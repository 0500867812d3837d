/** Where the code of a library is, and what it is called: a package of npm, or a person's own files. */
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import type { LibraryModule } from './derive/index.ts';
import { fetchPackage, type FetchOptions, parseSpec } from './fetch.ts';
import type { WrapPorts } from './ports.ts';

/** What of a library is read, before anything is built. */
export interface Source {
  readonly library: string;
  /** Empty where none is known. */
  readonly version: string;
  readonly about: string;
  readonly folder: string;
  /** Folders outside the project that its files lie in. */
  readonly include: readonly string[];
  /** The folder whose installed packages it is bundled with. */
  readonly packagesIn: string;
  readonly modules: readonly LibraryModule[];
  /** The package whose types DefinitelyTyped may have. */
  readonly typesOf: string | undefined;
}

/** Of npm, brought into `dir`. Errors: `invalid-usage`, `package-unavailable`, `toolchain-missing`, `cancelled`. */
export async function packageSource(
  dir: string,
  named: string,
  options: FetchOptions,
  ports: WrapPorts,
): Promise<Source> {
  const spec = parseSpec(named);
  await fetchPackage(dir, spec, ports, options);
  const folder = join(dir, 'node_modules', spec.name);
  const { version = '', description = '' } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    version?: string;
    description?: string;
  };
  const specifier = `${spec.name}${spec.subpath}`;
  return {
    library: specifier,
    version,
    about: description,
    folder,
    include: [],
    packagesIn: dir,
    modules: [{ specifier, from: specifier, prefix: '' }],
    typesOf: spec.name,
  };
}

/** A file, or a folder with one that is its entry. Errors: `invalid-usage`. */
export async function ownSource(dir: string, from: string): Promise<Source> {
  const path = resolve(from);
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) throw new SwitchboardError('invalid-usage', `${printable(path, 1_000)} does not exist`);
  const folder = info.isDirectory() ? path : dirname(path);
  const file = info.isDirectory() ? await entryOf(path) : path;
  const root = packageOf(folder);
  const { version, description } = manifestOf(root);
  const between = relative(join(dir, 'src'), file).split(sep).join('/');
  return {
    library: ownName(path),
    version: typeof version === 'string' ? version : '',
    about: typeof description === 'string' && description !== '' ? description : `The functions of ${ownName(path)}.`,
    folder,
    include: [root],
    packagesIn: root,
    modules: [{ specifier: file, from: between.startsWith('.') ? between : `./${between}`, prefix: '' }],
    typesOf: undefined,
  };
}

const SCRIPT = /\.[cm]?[jt]sx?$/;

/** What a folder or file is called; `src/index.ts` after the folder around it. */
export function ownName(from: string): string {
  const path = resolve(from);
  const name = basename(path).replace(SCRIPT, '');
  const isEntry = SCRIPT.test(path) && /^(?:index|main|mod)$/.test(name);
  return isEntry || (name === 'src' && !SCRIPT.test(path)) ? ownName(dirname(path)) : name || 'library';
}

/** The package that a folder is a part of, or the folder itself. */
function packageOf(folder: string): string {
  for (let dir = folder; dir !== dirname(dir); dir = dirname(dir))
    if (existsSync(join(dir, 'package.json'))) return dir;
  return folder;
}

interface OwnManifest {
  readonly version?: unknown;
  readonly description?: unknown;
  readonly source?: unknown;
  readonly module?: unknown;
  readonly main?: unknown;
  readonly exports?: unknown;
}

function manifestOf(folder: string): OwnManifest {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as OwnManifest;
  } catch {
    return {};
  }
}

const USUAL = ['index.ts', 'main.ts', 'mod.ts', 'src/index.ts', 'src/main.ts', 'src/mod.ts'];
const BUILT = ['index.js', 'src/index.js'];

/** Sources before what is built of them. */
async function entryOf(folder: string): Promise<string> {
  const named = declaredEntries(manifestOf(folder));
  const found = [...named.filter((one) => /\.[cm]?tsx?$/.test(one)), ...USUAL, ...named, ...BUILT];
  for (const one of found) {
    const path = join(folder, one);
    if (SCRIPT.test(path) && (await isFile(path))) return path;
  }
  const names = (await readdir(folder)).filter((name) => SCRIPT.test(name));
  throw new SwitchboardError(
    'invalid-usage',
    `${printable(folder, 1_000)} has neither ${[...USUAL, ...BUILT].join(', ')} nor a package.json that names its entry`,
    { fix: `switchboard wrap --from ${printable(join(folder, names[0] ?? '<file>'), 1_000)}` },
  );
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isFile(),
    () => false,
  );

/** As package.json names them. */
function declaredEntries({ source, exports, module, main }: OwnManifest): string[] {
  const texts = (value: unknown): string[] => {
    if (typeof value === 'string') return [value];
    return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
  };
  const root = typeof exports === 'object' && exports !== null && '.' in exports ? exports['.'] : exports;
  return [source, root, module, main].flatMap(texts).filter((one) => !/\.d\.[cm]?ts$/.test(one) && !one.includes('*'));
}
