/** A wrapped library again, at another version: what changed for whoever calls it. */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import { parseSpec } from './fetch.ts';
import type { WrapPorts } from './ports.ts';
import { type Wrapped, wrapLibrary } from './wrap.ts';
import type { Surface } from './write/wit.ts';

/** The parts of wrap.json that are read. */
interface WrapRecord {
  readonly format: 1;
  readonly package?: string;
  readonly from?: string;
  readonly library: string;
  readonly version: string;
  readonly component: string;
  readonly as?: string;
  readonly only?: readonly string[];
  readonly surface: Surface;
  readonly imports?: readonly string[];
  readonly packages: readonly { readonly name: string; readonly version: string; readonly typesOnly?: boolean }[];
}

export interface Change {
  readonly name: string;
  /** Absent of what is new. */
  readonly before?: string;
  /** Absent of what is gone. */
  readonly after?: string;
}

export interface Rewrapped extends Wrapped {
  readonly versionBefore: string;
  readonly changes: {
    readonly functions: readonly Change[];
    readonly types: readonly Change[];
    /** Versions. */
    readonly packages: readonly Change[];
    /** What the component imports and what component.toml asks for. */
    readonly permissions: readonly Change[];
  };
  /** In bytes; absent where it had not been built. */
  readonly sizeBefore?: number;
}

export interface RewrapOptions {
  readonly dir: string;
  /** A version, range or tag; the newest where absent. */
  readonly version?: string | undefined;
  readonly offline?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Errors: `invalid-project` (nothing was wrapped there), and those of `wrapLibrary`. */
export async function rewrapLibrary(options: RewrapOptions, ports: WrapPorts): Promise<Rewrapped> {
  const dir = resolve(options.dir);
  const before = await recordIn(dir);
  const asked = await askedIn(dir, before);
  const built = join(dir, 'build', `${before.component.replace(/^.*:/, '')}.wasm`);
  const size = existsSync(built) ? (await stat(built)).size : undefined;
  const { package: spec } = before;
  const wrapped = await wrapLibrary(
    {
      dir,
      ...(spec === undefined ? { from: resolve(dir, before.from ?? '.') } : { package: again(spec, options.version) }),
      as: spec === undefined && before.as?.includes('@') === true ? before.as : before.component,
      only: before.only,
      offline: options.offline,
      signal: options.signal,
    },
    ports,
  );
  const after = await recordIn(dir);
  const versions = (record: WrapRecord): { [name: string]: string } =>
    Object.fromEntries(
      record.packages.filter(({ typesOnly }) => typesOnly !== true).map(({ name, version }) => [name, version]),
    );
  return {
    ...wrapped,
    versionBefore: before.version,
    changes: {
      functions: changesOf(before.surface.functions, after.surface.functions),
      types: changesOf(before.surface.types, after.surface.types),
      packages: changesOf(versions(before), versions(after)),
      permissions: changesOf(asked, await askedIn(dir, after)),
    },
    ...(size === undefined ? {} : { sizeBefore: size }),
  };
}

async function recordIn(dir: string): Promise<WrapRecord> {
  try {
    const record = JSON.parse(await readFile(join(dir, 'wrap.json'), 'utf8')) as WrapRecord;
    if (record.format === 1 && typeof record.component === 'string') return record;
  } catch {
    // As if there were none.
  }
  throw new SwitchboardError(
    'invalid-project',
    `${printable(dir)} has no wrap.json of this version: nothing was wrapped there`,
    {
      fix: 'switchboard wrap <package>',
    },
  );
}

function again(spec: string, version: string | undefined): string {
  const { name, subpath } = parseSpec(spec);
  return `${name}@${version ?? 'latest'}${subpath}`;
}

/** What the component imports, and parts of the manifest that ask for something. */
async function askedIn(dir: string, { imports = [] }: WrapRecord): Promise<{ [line: string]: string }> {
  const manifest = await readFile(join(dir, 'component.toml'), 'utf8').catch(() => '');
  const permissions = manifest.split(/^(?=\[)/m).filter((part) => part.startsWith('[[permissions.'));
  return Object.fromEntries([...imports, ...permissions.map((part) => part.trim())].map((one) => [one, 'yes']));
}

function changesOf(before: { readonly [name: string]: string }, after: { readonly [name: string]: string }): Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name): Change[] => {
    const [was, is] = [before[name], after[name]];
    if (was === is) return [];
    return [{ name, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) }];
  });
}
