/**
 * Prints, as `name@version` each, the binaries for this platform that an installed package lists as
 * optional dependencies and that npm left out because the lock file does not list them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface LockFile {
  readonly packages: {
    readonly [path: string]: { readonly optionalDependencies?: { readonly [name: string]: string } };
  };
}

export interface Machine {
  readonly platform: string;
  readonly arch: string;
  readonly musl: boolean;
}

/** Whether a package name such as `@rolldown/binding-linux-x64-gnu` or `@oxlint-tsgolint/darwin-arm64` is for `machine`. */
export function isBindingFor(name: string, machine: Machine): boolean {
  const match = /(?:^|[-/])(linux|darwin)-(x64|arm64)(?:-(gnu|musl))?$/.exec(name);
  if (match === null || match[1] !== machine.platform || match[2] !== machine.arch) return false;
  return match[3] === undefined ? !machine.musl : (match[3] === 'musl') === machine.musl;
}

/** The bindings of `machine` that `root`'s lock file implies and its node_modules lacks. */
export function missingBindings(root: string, machine: Machine): readonly string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as LockFile;
  const missing = new Set<string>();
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '' || !existsSync(join(root, path))) continue;
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (!isBindingFor(name, machine)) continue;
      if (!existsSync(join(root, 'node_modules', name))) missing.add(`${name}@${version}`);
    }
  }
  return [...missing].sort();
}

function thisMachine(): Machine {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  const musl = process.platform === 'linux' && report.header?.glibcVersionRuntime === undefined;
  return { platform: process.platform, arch: process.arch, musl };
}

if (import.meta.main) console.log(missingBindings(join(import.meta.dirname, '..'), thisMachine()).join(' '));
