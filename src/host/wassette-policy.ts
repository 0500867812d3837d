/**
 * wassette's `policy.yaml` (version 1.x, github.com/microsoft/policy-mcp) as permissions and limits. Loads zod and a
 * YAML parser, so it is only ever imported when needed.
 */
import { resolve } from 'node:path';
import {
  blocksMeet,
  checkLimits,
  guestDirectory,
  hostCovers,
  hostPattern,
  isSpecialBlock,
  isWithin,
  LIMIT_RANGES,
  LOOPBACK,
  formatSize,
  type Limits,
  parseBlock,
  parsePermission,
  type Permission,
  printable,
  SwitchboardError,
} from '#core';
import {
  type NetworkEntry,
  type Path,
  placeOf,
  type PolicyDocument,
  readPolicy,
  type StorageEntry,
} from './wassette-document.ts';

export interface WassettePolicy {
  readonly permissions: readonly Permission[];
  readonly limits: Partial<Limits>;
  /** What it also says and nothing comes of. */
  readonly leftOut: readonly LeftOutOfPolicy[];
}

/** A part of a policy that nothing comes of, and why. */
export interface LeftOutOfPolicy {
  readonly line: number;
  /** `permissions.network.allow[2]`. */
  readonly place: string;
  readonly why: string;
}

export interface PolicyContext {
  /** For messages. */
  readonly file: string;
  /** What relative `fs://` paths are below: for wassette the directory of the component, where the policy lies too. */
  readonly directory: string;
  /** The value of a variable, where it is set. */
  readonly variable: (name: string) => string | undefined;
  /** Why a directory of this machine cannot be granted; undefined if it can. */
  readonly directoryProblem: (path: string) => string | undefined;
}

type LeaveOut = (path: Path, why: string) => void;

/**
 * Reads a policy. A relative `fs://` path is seen by the component below `/`, an absolute one where it is.
 *
 * It never gives more than the policy says: what cannot be granted exactly as it is written (a wildcard inside a path,
 * what a `deny` takes from, writing without reading) is left out whole and told. What is no policy (an unknown key, a
 * value of another type, a host that is none) is an error: what it was meant to say is not known. Errors:
 * `invalid-setting`, which names file, line and place.
 */
export function parseWassettePolicy(source: string, context: PolicyContext): WassettePolicy {
  const document = readPolicy(source, context.file);
  const leftOut: LeftOutOfPolicy[] = [];
  const leave: LeaveOut = (path, why) => leftOut.push({ line: document.lineOf(path), place: placeOf(path), why });
  const permissions = [
    ...directories(document, context, leave),
    ...hosts(document, leave),
    ...variables(document, context, leave),
  ];
  const limits = limitsOf(document, leave);
  for (const section of ['storage', 'network'] as const) {
    for (const index of (document.sections[section]?.deny ?? []).keys()) {
      leave(['permissions', section, 'deny', index], 'there are no rules that deny; what nobody granted is refused');
    }
  }
  for (const section of ['runtime', 'ipc'] as const) {
    const said = document.sections[section];
    if (said !== undefined && said !== null) leave(['permissions', section], 'there is no such thing here');
  }
  return { permissions, limits, leftOut: leftOut.toSorted((a, b) => a.line - b.line) };
}

interface Directory {
  readonly host: string;
  readonly path: Path;
  readonly access: Set<'read' | 'write'>;
}

function directories(document: PolicyDocument, context: PolicyContext, leave: LeaveOut): Permission[] {
  const { allow, deny } = document.sections.storage ?? {};
  const found = new Map<string, Directory>();
  for (const [i, { uri, access }] of (allow ?? []).entries()) {
    const path: Path = ['permissions', 'storage', 'allow', i];
    const bare = directoryIn(uri);
    if (typeof bare !== 'string') {
      leave(path, bare.why);
      continue;
    }
    const guest = document.at(path, () => guestDirectory(bare.startsWith('/') ? bare : `/${bare}`));
    const host = resolve(context.directory, bare);
    const known = found.get(guest);
    if (known && known.host !== host)
      leave(path, `the component sees another directory as ${printable(guest)} already`);
    else if (known) for (const one of access) known.access.add(one);
    else found.set(guest, { host, path, access: new Set(access) });
  }
  return [...found].flatMap(([guest, { host, path, access }]): Permission[] => {
    const taken = (deny ?? []).find((entry) => takesFrom(entry, context.directory, host, access));
    const why = access.has('read')
      ? taken
        ? `a directory is granted whole, and deny takes ${printable(taken.uri)} from it`
        : context.directoryProblem(host)
      : 'what may be written may be read here too';
    if (why === undefined) return [{ kind: 'fs', host, guest, mode: access.has('write') ? 'rw' : 'ro' }];
    leave(path, why);
    return [];
  });
}

/** The directory of `fs://work/agent/**`: `work/agent`. */
function directoryIn(uri: string): string | { readonly why: string } {
  const path = /^fs:\/\/(.*)$/s.exec(uri)?.[1]?.replace(/^(?:\.\/+)+/, '');
  if (path === undefined) return { why: `${printable(uri)} is no directory of this machine (fs://)` };
  const bare = path.replace(/\/\*\*$/, '') || (path.startsWith('/') ? '/' : '');
  if (bare === '' || /[*?[\]{}]/.test(bare)) {
    return { why: `a directory is granted whole, with all that is below it; ${printable(uri)} names none` };
  }
  return bare.includes(':') ? { why: `the name of a directory that is granted has no “:”` } : bare;
}

/** Whether a rule that denies has to do with the directory; a pattern as far as its first wildcard. */
function takesFrom({ uri, access }: StorageEntry, base: string, host: string, given: ReadonlySet<string>): boolean {
  const path = /^fs:\/\/(.*)$/s.exec(uri)?.[1];
  if (path === undefined || !access.some((one) => given.has(one))) return false;
  const names = path.split('/');
  const wild = names.findIndex((name) => /[*?[\]{}]/.test(name));
  const literal = wild < 0 ? path : names.slice(0, wild).join('/');
  const denied = resolve(base, literal === '' && path.startsWith('/') ? '/' : literal);
  return isWithin(denied, host) || isWithin(host, denied);
}

function hosts(document: PolicyDocument, leave: LeaveOut): Permission[] {
  const { allow, deny } = document.sections.network ?? {};
  const refused = (deny ?? []).map((entry, i) => denied(document, entry, ['permissions', 'network', 'deny', i]));
  return (allow ?? []).flatMap((entry, i): Permission[] => {
    const path: Path = ['permissions', 'network', 'allow', i];
    if (entry.defaults) {
      leave(path, 'the hosts that “defaults” stands for are wassette’s own; name those that are needed');
      return [];
    }
    const permission = document.at(path, () => parsePermission('net', hostOf(entry)));
    const host = permission.kind === 'net' ? permission.host : '';
    const taken = refused.find((one) => one.meets(host));
    if (!taken) return [permission];
    leave(path, `a host is granted whole, and deny takes ${taken.text} from it`);
    return [];
  });
}

interface Denied {
  readonly text: string;
  /** Whether it takes, or could take, anything from what a grant of this host gives. */
  meets(host: string): boolean;
}

function denied(document: PolicyDocument, entry: NetworkEntry, path: Path): Denied {
  if (entry.defaults) return { text: '“defaults”', meets: (host) => parseBlock(host) === undefined };
  const permission = document.at(path, () => parsePermission('net', hostOf(entry)));
  const pattern = permission.kind === 'net' ? permission.host : '';
  const block = parseBlock(pattern);
  return {
    text: printable(entry.host ?? entry.cidr ?? ''),
    meets(host) {
      const own = parseBlock(host);
      if (block && own) return blocksMeet(block, own);
      // Where a name leads is not known; to an address that is not public only by a grant of that address.
      if (block && host === 'localhost') return LOOPBACK.some((one) => blocksMeet(one, block));
      if (block) return !isSpecialBlock(block);
      if (own) return pattern === '*';
      return pattern === '*' || host === '*' || overlap(pattern, host);
    },
  };
}

/** Whether two names or `*.name` patterns have a name in common. */
function overlap(a: string, b: string): boolean {
  const example = (pattern: string): string => pattern.replace(/^\*/, 'x');
  return hostCovers(a, example(b)) || hostCovers(b, example(a));
}

/** As `--net` takes it. A URL without a path gives the port of its scheme. */
function hostOf({ host = '', cidr }: NetworkEntry): string {
  if (cidr !== undefined) {
    if (/\/\d+$/.test(cidr) && hostPattern(cidr) !== undefined) return cidr;
    throw new SwitchboardError('invalid-setting', `${printable(cidr)} is no block of addresses, as 10.0.0.0/8`);
  }
  const [, scheme, name] = /^(https?):\/\/([^/?#@]+)\/?$/i.exec(host) ?? [];
  if (scheme === undefined || name === undefined) return host;
  return /:\d+$/.test(name) ? name : `${name}:${scheme.toLowerCase() === 'https' ? 443 : 80}`;
}

function variables(document: PolicyDocument, { variable }: PolicyContext, leave: LeaveOut): Permission[] {
  return (document.sections.environment?.allow ?? []).flatMap(({ key }, i): Permission[] => {
    const path: Path = ['permissions', 'environment', 'allow', i];
    if (key.includes('*')) leave(path, `variables are granted by name; ${printable(key)} names none`);
    else if (key.includes('=')) throw document.wrong(path, 'the name of a variable has no =');
    else if (variable(key) === undefined)
      leave(path, `${printable(key)} is not set here; add --env ${printable(key)}=VALUE`);
    else return [document.at(path, () => parsePermission('env', key, variable))];
    return [];
  });
}

const UNITS: { readonly [unit: string]: number } = {
  '': 1,
  k: 1000,
  M: 1000 ** 2,
  G: 1000 ** 3,
  T: 1000 ** 4,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

/** `limits.memory` is a quantity of Kubernetes, as `512Mi`; a bare number, here or in the older `memory`, is in MiB. */
function limitsOf(document: PolicyDocument, leave: LeaveOut): Partial<Limits> {
  const { limits, memory, cpu, io } = document.sections.resources ?? {};
  const root: Path = ['permissions', 'resources'];
  const noShare = 'there is no share of the processor; a call has a run time (switchboard limits --timeout)';
  if (limits?.cpu !== undefined && limits.cpu !== null) leave([...root, 'limits', 'cpu'], noShare);
  if (cpu !== undefined && cpu !== null) leave([...root, 'cpu'], noShare);
  if (io !== undefined && io !== null) leave([...root, 'io'], 'there is no such limit here');
  const newer = limits?.memory ?? undefined;
  const given = newer ?? memory ?? undefined;
  if (given === undefined) return {};
  const path = newer === undefined ? [...root, 'memory'] : [...root, 'limits', 'memory'];
  if (newer !== undefined && memory !== undefined && memory !== null)
    leave([...root, 'memory'], 'limits.memory says it');
  return document.at(path, () => {
    const [, number, unit = ''] =
      /^(\d{1,12}(?:\.\d{1,6})?)([A-Za-z]*)$/.exec(typeof given === 'number' ? `${given}Mi` : given) ?? [];
    if (number === undefined || !Object.hasOwn(UNITS, unit)) {
      throw new SwitchboardError('invalid-setting', `${printable(String(given))} is no size, as 512Mi`);
    }
    const bytes = Math.floor(Number(number) * (UNITS[unit] ?? 1));
    const [, most] = LIMIT_RANGES.memory;
    if (bytes <= most) return checkLimits({ memory: bytes });
    leave(path, `an instance has at most ${formatSize(most)} here; its limit stays as it is`);
    return {};
  });
}
