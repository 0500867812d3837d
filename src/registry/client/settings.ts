/** Where components of a namespace are looked for: the owner's choice, kept in the home. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, SwitchboardError } from '#core/errors';
import { parsePrefix, type Place, placeBelow } from './reference.ts';

export interface RegistrySettings {
  /** `host` or `host/path`, for every namespace that has none of its own. */
  readonly default?: string | undefined;
  readonly namespaces: Readonly<Record<string, string>>;
  /** Registries that speak HTTP. Those on this machine need not be here. */
  readonly plainHttp: readonly string[];
  /** A file of authorities that are trusted besides the system's. */
  readonly ca?: string | undefined;
}

const NONE: RegistrySettings = { namespaces: {}, plainHttp: [] };
const fileOf = (home: string): string => join(home, 'registries.json');

/** Errors: `invalid-setting` for a file that is not as it was written. */
export function readSettings(home: string): RegistrySettings {
  const path = fileOf(home);
  try {
    const found = JSON.parse(readFileSync(path, 'utf8')) as Partial<RegistrySettings>;
    const settings = { ...NONE, ...found };
    check(settings);
    return settings;
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return NONE;
    throw new SwitchboardError('invalid-setting', `${path} cannot be read as the settings of registries`, {
      fix: `correct or remove ${path}`,
      cause,
    });
  }
}

/** Errors: `invalid-setting`. */
export function writeSettings(home: string, settings: RegistrySettings): void {
  check(settings);
  const path = fileOf(home);
  writeFileSync(`${path}.${process.pid}.tmp`, `${JSON.stringify(settings, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.${process.pid}.tmp`, path);
}

function check(settings: RegistrySettings): void {
  if (settings.default !== undefined) parsePrefix(settings.default);
  for (const [namespace, prefix] of Object.entries(settings.namespaces)) {
    if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(namespace)) {
      throw new SwitchboardError('invalid-setting', `"${namespace.slice(0, 100)}" is no namespace, as acme`);
    }
    parsePrefix(prefix);
  }
  for (const registry of settings.plainHttp) {
    if (parsePrefix(registry).path !== '') throw new SwitchboardError('invalid-setting', `${registry} has a path`);
  }
}

/** Whether `ns:name` means that repository here. */
export function leadsTo(settings: RegistrySettings, name: string, registry: string, repository: string): boolean {
  const [namespace = ''] = name.split(':');
  if (settings.default === undefined && !Object.hasOwn(settings.namespaces, namespace)) return false;
  const place = placeOf(settings, name);
  return place.registry === registry && place.repository === repository;
}

/** The repository of `ns:name`. Errors: `invalid-setting` where no registry is known for it. */
export function placeOf(settings: RegistrySettings, name: string): Place {
  const [namespace = ''] = name.split(':');
  const own = Object.hasOwn(settings.namespaces, namespace) ? settings.namespaces[namespace] : undefined;
  const prefix = own ?? settings.default;
  if (prefix !== undefined) return placeBelow(prefix, name);
  throw new SwitchboardError('invalid-setting', `no registry is set for ${name}`, {
    fix: 'switchboard registry set --default ghcr.io/your-name',
  });
}
