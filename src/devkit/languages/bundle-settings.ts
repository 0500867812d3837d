/** What a project's package.json says of its bundle, under `switchboard`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'rolldown';
import { SwitchboardError } from '#core/errors';

export interface BundleSettings {
  /** The newest syntax in the bundle: `es2016` has no async functions, so that all promises are those of `globalThis`. */
  readonly syntax?: string;
  /** `stub`: a module that is not there, as `node:fs`, is one whose members throw when they are used. */
  readonly absentModules?: 'stub';
}

/** Errors: `invalid-project`. */
export async function bundleSettings(dir: string): Promise<BundleSettings> {
  let text: string;
  try {
    text = await readFile(join(dir, 'package.json'), 'utf8');
  } catch {
    return {};
  }
  try {
    const { syntax, absentModules } = (JSON.parse(text) as { switchboard?: BundleSettings }).switchboard ?? {};
    if (syntax !== undefined && !/^es20\d\d$/.test(syntax)) throw new Error('switchboard.syntax is a year, as es2016');
    if (absentModules !== undefined && absentModules !== 'stub') throw new Error('switchboard.absentModules is "stub"');
    return { ...(syntax === undefined ? {} : { syntax }), ...(absentModules === undefined ? {} : { absentModules }) };
  } catch (cause) {
    throw new SwitchboardError('invalid-project', `package.json: ${(cause as Error).message}`, { cause });
  }
}

const ABSENT = '\0switchboard-absent:';

/** Puts a module in place of each that cannot be found. It loads; whatever is done with it throws and names it. */
export function absentModules(external: RegExp, onAbsent?: (module: string) => void): Plugin {
  return {
    name: 'switchboard-absent-modules',
    async resolveId(id, importer, { isEntry }) {
      if (isEntry || importer === undefined || external.test(id) || id.startsWith('\0')) return null;
      const found = await this.resolve(id, importer, { skipSelf: true });
      if (found !== null && found.external === false) return found;
      onAbsent?.(id);
      return `${ABSENT}${id}`;
    },
    load: (id) => (id.startsWith(ABSENT) ? absent(id.slice(ABSENT.length)) : null),
  };
}

const absent = (id: string): string => `
const fail = (name) => { throw new Error(${JSON.stringify(`the module ${id} does not exist in the sandbox`)} + (name ? ', so neither does ' + name : '')); };
const make = (path) => new Proxy(function () {}, {
  get: (_, key) => {
    if (typeof key === 'symbol' || key === '__esModule' || key === 'then' || key === 'toString' || key === 'valueOf') return undefined;
    if (key === 'prototype') return {};
    return make(path === '' ? key : path + '.' + key);
  },
  apply: () => fail(path),
  construct: () => fail(path),
});
module.exports = make('');
`;
