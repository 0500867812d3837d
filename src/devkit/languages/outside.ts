/**
 * A bundle takes what lies in the project, in a `node_modules`, or in the workspace the project is a part of. A stranger's
 * project could otherwise import the files of whoever builds it, and carry them away in the component.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'rolldown';
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';

export interface OutsideCheck {
  readonly plugin: Plugin;
  /** Files outside the project that the bundle took. */
  readonly taken: readonly string[];
  /** The error of a bundle that was refused: what the bundler makes of it is not for people. */
  readonly refused: () => SwitchboardError | undefined;
}

/** Modules of Switchboard's own that bundles use. */
const OWN = realpathSync(fileURLToPath(new URL('..', import.meta.url)));

/** For one bundle of the project in `dir`; `include`: folders that whoever builds it named, whose files it may take. */
export function checkOutside(dir: string, include: readonly string[] = []): OutsideCheck {
  const project = realpathSync(dir);
  const workspace = workspaceOf(project);
  const shared = [...(workspace === undefined ? [] : [workspace]), ...include.map(included)];
  const taken = new Set<string>();
  let refused: SwitchboardError | undefined;
  return {
    get taken() {
      return [...taken].toSorted();
    },
    refused: () => refused,
    plugin: {
      name: 'switchboard-outside',
      load(id) {
        const file = id.replace(/[?#].*$/, '');
        if (!isAbsolute(file) || isInside(project, file) || isInside(OWN, file)) return null;
        if (file.split(sep).includes('node_modules')) return null;
        if (shared.some((folder) => isInside(folder, file) && !isHidden(folder, file))) {
          taken.add(file);
          return null;
        }
        refused ??= new SwitchboardError(
          'build-failed',
          `the sources import ${printable(file, 1_000)}, which is outside the project`,
          {
            fix: 'move it into the project, install it with npm, make both parts of one workspace of npm or pnpm, or name its folder: switchboard build --include <folder>',
          },
        );
        // The bundler writes into what it is thrown.
        throw new Error(refused.message);
      },
    },
  };
}

function included(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    throw new SwitchboardError('invalid-usage', `${printable(folder, 1_000)}, which is to be included, does not exist`);
  }
}

/** The nearest folder above that says it holds several packages: by `workspaces` in package.json, or pnpm-workspace.yaml. */
function workspaceOf(project: string): string | undefined {
  for (let dir = dirname(project); dir !== dirname(dir); dir = dirname(dir)) {
    if (textOf(join(dir, 'pnpm-workspace.yaml')) !== undefined) return dir;
    try {
      const found: unknown = JSON.parse(textOf(join(dir, 'package.json')) ?? 'null');
      if (typeof found === 'object' && found !== null && 'workspaces' in found) return dir;
    } catch {
      // Not a package.
    }
  }
  return undefined;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

const isInside = (folder: string, file: string): boolean => {
  const way = relative(folder, file);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
};

/** Files of tools and settings, as `.env` and `.git/config`. */
const isHidden = (folder: string, file: string): boolean =>
  relative(folder, file)
    .split(sep)
    .some((part) => part.startsWith('.'));
