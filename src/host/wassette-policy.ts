/**
 * wassette's `policy.yaml` (version 1.0, github.com/microsoft/policy-mcp) as permissions and limits. Loads zod and a
 * YAML parser, so it is only ever imported when needed.
 */
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  checkLimits,
  type FsMode,
  guestDirectory,
  type Limits,
  parsePermission,
  type Permission,
  printable,
  SwitchboardError,
  toSwitchboardError,
} from '#core';

export interface WassettePolicy {
  readonly permissions: readonly Permission[];
  readonly limits: Partial<Limits>;
  /** What it also says and nothing comes of, a line each: it gives nothing, or Switchboard has no such thing. */
  readonly ignored: readonly string[];
}

/** Longer text is refused before it is parsed. */
const LONGEST = 64 * 1024;

const text = z.string().min(1).max(1024);
const lists = <T extends z.ZodType>(entry: T) =>
  z.strictObject({ allow: z.array(entry).max(100).nullish(), deny: z.array(z.unknown()).max(100).nullish() }).nullish();

const SCHEMA = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal('1.0'),
  description: z.string().nullish(),
  permissions: z
    .strictObject({
      storage: lists(z.strictObject({ uri: text, access: z.array(z.enum(['read', 'write'])).min(1) })),
      network: lists(
        z.union([
          z.strictObject({ host: text }),
          z.strictObject({ cidr: text }),
          z.strictObject({ defaults: z.boolean() }),
        ]),
      ),
      environment: lists(z.strictObject({ key: text })),
      resources: z
        .strictObject({
          limits: z.strictObject({ memory: text.nullish(), cpu: z.union([text, z.number()]).nullish() }).nullish(),
          memory: z.number().int().positive().nullish(),
          cpu: z.number().nullish(),
          io: z.number().nullish(),
        })
        .nullish(),
      runtime: z.unknown().optional(),
      ipc: z.unknown().optional(),
    })
    .nullish(),
});

type Sections = NonNullable<z.infer<typeof SCHEMA>['permissions']>;

/**
 * Reads a policy. A relative `fs://` path is below `directory` on this machine and below `/` for the component, an
 * absolute one the same for both. A variable has the value that `variable` says.
 *
 * What cannot be given exactly as it is written (a wildcard inside a path, `deny`, writing without reading) is an error:
 * leaving it out, or rounding it up, would give more than it says. Errors: `invalid-setting`, which names the place.
 */
export function parseWassettePolicy(
  source: string,
  { directory, variable }: { directory: string; variable: (name: string) => string | undefined },
): WassettePolicy {
  const { permissions } = read(source);
  const { storage, network, environment, resources, ...other } = permissions ?? {};
  const ignored: string[] = [];
  for (const [name, section] of Object.entries({ storage, network, environment })) {
    if (section?.deny?.length) throw invalid(`permissions.${name}.deny: only what is allowed can be granted`);
  }
  for (const [name, section] of Object.entries(other)) {
    if (section !== undefined && section !== null) ignored.push(`permissions.${name}: there is no such thing here`);
  }
  return {
    permissions: [
      ...directories(storage, directory, ignored),
      ...(network?.allow ?? []).map((entry, i) =>
        at(`permissions.network.allow[${i}]`, () => parsePermission('net', hostOf(entry))),
      ),
      ...variables(environment, variable, ignored),
    ],
    limits: limitsOf(resources, ignored),
    ignored,
  };
}

function read(source: string): z.infer<typeof SCHEMA> {
  if (source.length > LONGEST) throw invalid(`it is longer than ${LONGEST} characters`);
  let raw: unknown;
  try {
    // No aliases: a few of them can stand for gigabytes.
    raw = parse(source, { schema: 'core', maxAliasCount: 0, logLevel: 'error', prettyErrors: true });
  } catch (thrown) {
    throw invalid(printable(thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown)));
  }
  const parsed = SCHEMA.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = printable(issue?.path.map(String).join('.') ?? '');
  throw invalid(`${path === '' ? '' : `${path}: `}${printable(issue?.message ?? 'wrong')}`);
}

function directories(storage: Sections['storage'], directory: string, ignored: string[]): Permission[] {
  const found = new Map<string, { host: string; access: Set<'read' | 'write'> }>();
  for (const [i, { uri, access }] of (storage?.allow ?? []).entries()) {
    const path = /^fs:\/\/(.*)$/s.exec(uri)?.[1];
    if (path === undefined) {
      ignored.push(`permissions.storage.allow[${i}]: ${printable(uri)} is not below fs://`);
      continue;
    }
    const bare = path.replace(/\/\*\*$/, '') || (path.startsWith('/') ? '/' : '');
    at(`permissions.storage.allow[${i}]`, () => {
      if (bare === '' || /[*?[\]{}]/.test(bare)) throw invalid(`${printable(uri)}: a directory is granted whole`);
      const guest = guestDirectory(bare.startsWith('/') ? bare : `/${bare}`);
      const known = found.get(guest) ?? { host: resolve(directory, bare), access: new Set() };
      for (const one of access) known.access.add(one);
      found.set(guest, known);
    });
  }
  return [...found].map(([guest, { host, access }]) => {
    if (!access.has('read')) throw invalid(`permissions.storage: ${printable(guest)}: what may be written may be read`);
    const mode: FsMode = access.has('write') ? 'rw' : 'ro';
    return { kind: 'fs', host, guest, mode };
  });
}

/** As `--net` takes it. A URL without a path gives the port of its scheme. */
function hostOf(entry: { host: string } | { cidr: string } | { defaults: boolean }): string {
  if ('cidr' in entry) {
    if (/\/\d+$/.test(entry.cidr)) return entry.cidr;
    throw invalid(`${printable(entry.cidr)} is no block of addresses`);
  }
  if ('defaults' in entry) throw invalid('the hosts of “defaults” are not known here; name them');
  const url = /^(https?):\/\/([^/?#@]+)\/?$/i.exec(entry.host);
  const [, scheme, host] = url ?? [];
  if (scheme === undefined || host === undefined) return entry.host;
  return /:\d+$/.test(host) ? host : `${host}:${scheme.toLowerCase() === 'https' ? 443 : 80}`;
}

function variables(
  environment: Sections['environment'],
  variable: (name: string) => string | undefined,
  ignored: string[],
): Permission[] {
  return (environment?.allow ?? []).flatMap(({ key }, i) => {
    const place = `permissions.environment.allow[${i}]`;
    if (key.includes('=')) throw invalid(`${place}: a name has no =`);
    if (variable(key) !== undefined) return [at(place, () => parsePermission('env', key, variable))];
    ignored.push(`${place}: ${printable(key)} is not set here`);
    return [];
  });
}

const UNITS: { readonly [unit: string]: number } = {
  '': 1,
  k: 1000,
  M: 1000 ** 2,
  G: 1000 ** 3,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
};

/** `limits.memory` is a quantity of Kubernetes, as `512Mi`; the older `memory` is in MiB. */
function limitsOf(resources: Sections['resources'], ignored: string[]): Partial<Limits> {
  const { limits, memory, cpu, io } = resources ?? {};
  for (const [name, value] of Object.entries({ 'limits.cpu': limits?.cpu, cpu, io })) {
    if (value !== undefined && value !== null) {
      ignored.push(`permissions.resources.${name}: there is no such limit here; calls have a time limit`);
    }
  }
  const quantity = limits?.memory ?? (memory === undefined || memory === null ? undefined : `${memory}Mi`);
  if (quantity === undefined) return {};
  return at('permissions.resources', () => {
    const m = /^(\d{1,12}(?:\.\d{1,6})?)([A-Za-z]*)$/.exec(quantity);
    const unit = m?.[2] ?? '';
    if (!m || !Object.hasOwn(UNITS, unit)) throw invalid(`${printable(quantity)} is no size, as 512Mi`);
    return checkLimits({ memory: Math.floor(Number(m[1]) * (UNITS[unit] ?? 1)) });
  });
}

function at<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw invalid(`${place}: ${toSwitchboardError(thrown).message.replace(PREFIX, '')}`);
  }
}

const PREFIX = 'policy.yaml: ';

function invalid(why: string): SwitchboardError {
  return new SwitchboardError('invalid-setting', `${PREFIX}${why}`);
}
