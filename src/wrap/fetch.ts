/** Brings a package and what it needs, with npm and by the lock file it writes. No script of any package runs. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SwitchboardError, toSwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import type { WrapPorts } from './ports.ts';

/** What is asked for: `@noble/hashes@^1.8.0`, `date-fns/fp`. */
export interface PackageSpec {
  readonly name: string;
  /** A version, range or tag; the newest where absent. */
  readonly range?: string;
  /** `/fp`; empty for the main module. */
  readonly subpath: string;
}

const NAME = /^(?:@[a-z0-9~][a-z0-9._~-]*\/)?[a-z0-9~][a-z0-9._~-]*$/i;
const RANGE = /^[\w.^~<>=|* +-]+$/;
/** Neither scripts nor what a package wants elsewhere: git and files are no registry. */
const SAFE = [
  '--ignore-scripts',
  '--allow-git=none',
  '--no-audit',
  '--no-fund',
  '--no-update-notifier',
  '--loglevel=error',
];

/** Errors: `invalid-usage`. */
export function parseSpec(text: string): PackageSpec {
  const parts = /^(@[^/@]+\/[^/@]+|[^/@]+)(\/[^@]*)?(?:@([^/]+))?(\/.*)?$/.exec(text);
  const [, name = '', before = '', range, after = ''] = parts ?? [];
  const subpath = before || after;
  const valid = NAME.test(name) && (range === undefined || RANGE.test(range)) && !subpath.split('/').includes('..');
  if (!valid) {
    throw new SwitchboardError(
      'invalid-usage',
      `${printable(text)} is no package of npm, as marked, marked@15 or @noble/hashes/sha2.js`,
    );
  }
  return range === undefined ? { name, subpath } : { name, range, subpath };
}

export interface FetchOptions {
  readonly offline?: boolean | undefined;
}

/** Into `dir`, whose package.json is written first. Errors: `package-unavailable`, `toolchain-missing`, `cancelled`. */
export async function fetchPackage(
  dir: string,
  { name, range }: PackageSpec,
  ports: WrapPorts,
  options: FetchOptions = {},
): Promise<void> {
  await mkdir(dir, { recursive: true });
  if (!existsSync(join(dir, 'package.json')))
    await writeFile(join(dir, 'package.json'), '{ "private": true, "type": "module" }\n');
  await install(dir, [`${name}${range === undefined ? '' : `@${range}`}`], ports, options);
}

/** Its types from DefinitelyTyped; false where there are none. Errors: `cancelled`. */
export async function fetchTypes(
  dir: string,
  name: string,
  ports: WrapPorts,
  options: FetchOptions = {},
): Promise<boolean> {
  const types = `@types/${name.startsWith('@') ? name.slice(1).replace('/', '__') : name}`;
  try {
    await install(dir, [types, '--save-dev'], ports, options);
    return true;
  } catch (thrown) {
    const { code } = toSwitchboardError(thrown);
    if (code !== 'package-unavailable') throw thrown;
    return false;
  }
}

async function install(
  dir: string,
  what: readonly string[],
  ports: WrapPorts,
  { offline }: FetchOptions,
): Promise<void> {
  const from = offline === true ? '--offline' : '--prefer-offline';
  try {
    await ports.npm(['install', '--save-exact', '--omit=optional', from, ...SAFE, ...what], dir);
  } catch (thrown) {
    const error = toSwitchboardError(thrown);
    if (error.code !== 'build-failed') throw error;
    const [first = '', said = error.message] = error.message.split('\n');
    throw new SwitchboardError(
      'package-unavailable',
      `npm could not bring ${what[0] ?? first}: ${said.replace(/^npm (?:error|ERR!) /, '')}`,
      {
        cause: thrown,
        fix:
          offline === true
            ? 'once without --offline, so that npm has it in its cache'
            : 'check the name and the network',
      },
    );
  }
}
