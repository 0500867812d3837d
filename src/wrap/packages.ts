/** What of others is in a component: packages with their versions and integrity, and what of them does not run in a sandbox. */
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { printable } from '#core/reference';
import type { Refusal } from './model.ts';

export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
  readonly license: string;
  /** Where it lies, from the project on. */
  readonly path: string;
  readonly dependencies: readonly string[];
  /** Asked for by what is wrapped, rather than by another package. */
  readonly direct: boolean;
  /** For its types alone: nothing of it is in the component. */
  readonly typesOnly: boolean;
}

interface Manifest {
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly dependencies?: { readonly [name: string]: string };
}

const namesOf = (dependencies: Manifest['dependencies']): string[] => Object.keys(dependencies ?? {});

/**
 * What is installed in the folder `base`, for the project in `dir`: as npm's lock file says where there is one, otherwise
 * what the package there depends upon, without integrity.
 */
export async function bundledPackages(dir: string, base: string): Promise<BundledPackage[]> {
  const lock = join(base, 'package-lock.json');
  const between = relative(dir, base).split(sep).join('/');
  const pathOf = (path: string): string => (between === '' ? path : `${between}/${path}`);
  if (!existsSync(lock)) return installedPackages(base, pathOf);
  const { packages = {} } = JSON.parse(await readFile(lock, 'utf8')) as { packages?: { [path: string]: Manifest } };
  const direct = new Set(namesOf(packages['']?.dependencies).map((name) => `node_modules/${name}`));
  return Object.entries(packages)
    .filter(([path]) => path.startsWith('node_modules/') && existsSync(join(base, path)))
    .map(([path, one]) => ({
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: one.version ?? '0.0.0',
      integrity: one.integrity ?? '',
      license: one.license ?? '',
      path: pathOf(path),
      dependencies: namesOf(one.dependencies),
      direct: direct.has(path),
      typesOnly: one.dev === true || path.includes('node_modules/@types/'),
    }));
}

/** As Node finds them: from each package's folder upwards. */
function installedPackages(base: string, pathOf: (path: string) => string): BundledPackage[] {
  const found = new Map<string, BundledPackage>();
  const visit = (folder: string, direct: boolean): void => {
    for (const name of namesOf(manifestOf(folder).dependencies)) {
      const at = findPackage(folder, name);
      if (at === undefined || found.has(at)) continue;
      const { version = '0.0.0', license, dependencies } = manifestOf(at);
      found.set(at, {
        name,
        version,
        integrity: '',
        license: typeof license === 'string' ? license : '',
        path: pathOf(relative(base, at).split(sep).join('/')),
        dependencies: namesOf(dependencies),
        direct,
        typesOnly: name.startsWith('@types/'),
      });
      visit(at, false);
    }
  };
  visit(base, true);
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function manifestOf(folder: string): Manifest {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  } catch {
    return {};
  }
}

function findPackage(folder: string, name: string): string | undefined {
  for (let dir = folder; ; dir = dirname(dir)) {
    const at = join(dir, 'node_modules', name);
    if (existsSync(join(at, 'package.json'))) return at;
    if (dir === dirname(dir)) return undefined;
  }
}

const NATIVE = /(?:^binding\.gyp|\.node)$/;
/** What is done when a package is installed; `prepare` runs only where it is developed. */
const SCRIPTS = ['preinstall', 'install', 'postinstall'];

/** Parts that are no JavaScript, and scripts that were not run: what a package may be missing. */
export async function nativeParts(dir: string, packages: readonly BundledPackage[]): Promise<Refusal[]> {
  const found: Refusal[] = [];
  for (const one of packages.filter(({ typesOnly }) => !typesOnly)) {
    const folder = join(dir, one.path);
    const place = { file: `${one.name}/package.json`, line: 1 };
    const names = await filesOf(folder, 3);
    const native = names.find((file) => NATIVE.test(file.replace(/^.*\//, '')));
    if (native !== undefined) {
      found.push({
        what: one.name,
        place: { file: `${one.name}/${native}`, line: 1 },
        reason: 'a native part: machine code does not run in the sandbox',
        loss: 'part',
      });
    }
    const { scripts = {} } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      scripts?: { [name: string]: string };
    };
    for (const script of SCRIPTS) {
      const text = scripts[script];
      if (text === undefined || /\b(?:husky|opencollective|funding|patch-package)\b/.test(text)) continue;
      found.push({
        what: one.name,
        place,
        reason: `its ${script} script was not run: ${printable(text, 100)}`,
        loss: 'part',
      });
    }
  }
  return found;
}

async function filesOf(folder: string, depth: number, below = ''): Promise<string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true });
  const nested = entries.map(async (entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (!entry.isDirectory()) return [path];
    return depth === 0 || entry.name === 'node_modules' ? [] : filesOf(folder, depth - 1, path);
  });
  return (await Promise.all(nested)).flat();
}
