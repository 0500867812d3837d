/** From requests and grants to what applies; and permissions as a person writes them. Pure. */
import { directoryOf, hostCovers, isWithin } from './access.ts';
import type { Principal } from './context.ts';
import { SwitchboardError } from './errors.ts';
import { looksNumeric, normalHost, parseBlock } from './net-address.ts';
import type {
  ApprovalItem,
  AskKind,
  FsMode,
  Grant,
  Permission,
  PermissionRequest,
  PolicySnapshot,
} from './permission.ts';
import type { ComponentDescription } from './ports.ts';
import { type CallPattern, callPatternWithin, formatCallPattern, parseCallPattern } from './call-pattern.ts';
import { printable, type Digest } from './reference.ts';
import { isStore, parseStore, storeOf } from './store-grants.ts';
import { quotaOf, type StorePermission } from './stores.ts';

export { formatPermission } from './permission-text.ts';

type Described = Pick<ComponentDescription, 'digest' | 'manifest'>;

/** What a grant is bound to: the manifest, or the component itself where it has none. */
export const manifestDigest = (description: Described): Digest => description.manifest?.digest ?? description.digest;

/** Whether a manifest's request asks for at least this. A host directory is the owner's choice; so is a lesser mode. */
export function requestCovers(request: PermissionRequest, permission: Permission): boolean {
  if (request.kind === 'fs')
    return (
      permission.kind === 'fs' && isWithin(permission.guest, request.guest) && modeCovers(request.mode, permission.mode)
    );
  if (request.kind === 'net') return permission.kind === 'net' && netCovers(request, permission);
  if (request.kind === 'kv' || request.kind === 'blob') {
    const same = permission.kind === request.kind && permission.name === request.name;
    return same && modeCovers(request.mode, permission.mode);
  }
  if (request.kind === 'call') return permission.kind === 'call' && callPatternWithin(permission, request);
  return request.kind === permission.kind && nameOf(request) === nameOf(permission);
}

/** Undefined for what has none: there is but one of its kind. */
const nameOf = (item: Permission | PermissionRequest): string | undefined => ('name' in item ? item.name : undefined);

const modeCovers = (asked: FsMode, given: FsMode): boolean => asked === 'rw' || given === 'ro';

function netCovers(
  request: { host: string; port?: number | '*' },
  given: { host: string; port?: number | '*' },
): boolean {
  if (request.host !== given.host && !patternCovers(request.host, given.host)) return false;
  if (request.port === '*' || request.port === given.port) return true;
  return request.port === undefined && (given.port === 80 || given.port === 443);
}

function patternCovers(wide: string, narrow: string): boolean {
  if (narrow.startsWith('*')) return wide === '*' || (wide.startsWith('*.') && narrow.endsWith(wide.slice(1)));
  const [a, b] = [parseBlock(wide), parseBlock(narrow)];
  // `*` asks for public hosts: an address of its own is another request.
  if (b) return a !== undefined && a.prefix <= b.prefix && hostCovers(wide, narrow.split('/')[0] ?? '');
  return hostCovers(wide, narrow);
}

/** Whether the second is the same thing as the first, if on other terms: granted anew, it takes its place. */
export function sameTarget(a: Permission, b: Permission): boolean {
  if (a.kind === 'fs') return b.kind === 'fs' && a.guest === b.guest;
  if (a.kind === 'net') return b.kind === 'net' && a.host === b.host && a.port === b.port;
  if (a.kind === 'call') return b.kind === 'call' && formatCallPattern(a) === formatCallPattern(b);
  return a.kind === b.kind && nameOf(a) === nameOf(b);
}

/** Whether a grant counts for this version, this kind of caller and this moment. */
export function grantCounts(grant: Grant, description: Described, principal: Principal['kind'], now: number): boolean {
  if (grant.expiresAt !== undefined && grant.expiresAt <= now) return false;
  if (grant.principal !== 'anyone' && grant.principal !== principal) return false;
  if (grant.bound) return grant.manifest === manifestDigest(description);
  const requests = description.manifest?.permissions ?? [];
  const { permission } = grant;
  // A version that asks for less than was granted gets that less.
  const asked = permission.kind === 'fs' || isStore(permission) ? { ...permission, mode: 'ro' as const } : permission;
  return requests.some((request) => requestCovers(request, asked));
}

/** Whether an item that somebody asked for is in what applies already, all of it. */
export function snapshotCovers(policy: PolicySnapshot, item: ApprovalItem): boolean {
  switch (item.kind) {
    case 'fs': {
      const granted = directoryOf(policy, item.guest);
      return granted !== undefined && modeCovers(granted.mode, item.mode);
    }
    case 'net':
      return policy.net.some((net) => netCovers(net, item));
    case 'env':
      return policy.env.some(([name, value]) => name === item.name && value === item.value);
    case 'secret':
      return policy.secrets.includes(item.name);
    case 'elicit':
    case 'sample':
      return policy.asks.includes(item.kind);
    case 'kv':
    case 'blob': {
      const granted = storeOf(policy, item.kind, item.name);
      if (!granted || !modeCovers(granted.mode, item.mode) || (item.shared && !granted.shared)) return false;
      const { bytes, keys } = quotaOf(granted);
      return bytes >= (item.bytes ?? 0) && keys >= (item.keys ?? 0);
    }
    case 'call':
      return policy.calls.some((pattern) => callPatternWithin(item, pattern));
    case 'schedule':
      return policy.schedule;
  }
}

/** What applies to calls of such a principal now. `digest` makes the version: any collision-free hash. */
export function snapshotOf(
  description: Described,
  grants: readonly Grant[],
  principal: Principal['kind'],
  now: number,
  digest: (text: string) => string,
): PolicySnapshot {
  const requests = description.manifest?.permissions ?? [];
  const fs: { guest: string; host: string; mode: FsMode }[] = [];
  const net: { host: string; port?: number | '*' }[] = [];
  const env: [string, string][] = [];
  const secrets: string[] = [];
  const stores: StorePermission[] = [];
  const asks: AskKind[] = [];
  const calls: CallPattern[] = [];
  let schedule = false;
  for (const grant of grants) {
    if (!grantCounts(grant, description, principal, now)) continue;
    const { permission } = grant;
    const modeOf = (given: FsMode): FsMode =>
      grant.bound || requests.some((r) => requestCovers(r, permission)) ? given : 'ro';
    if (permission.kind === 'fs') {
      const { guest, host } = permission;
      fs.push({ guest, host, mode: modeOf(permission.mode) });
    } else if (permission.kind === 'net') {
      net.push({ host: permission.host, ...(permission.port === undefined ? {} : { port: permission.port }) });
    } else if (permission.kind === 'env') env.push([permission.name, permission.value]);
    else if (permission.kind === 'secret') secrets.push(permission.name);
    else if (isStore(permission)) {
      const before = stores.findIndex(({ kind, name }) => kind === permission.kind && name === permission.name);
      if (before >= 0) stores.splice(before, 1);
      stores.push({ ...permission, mode: modeOf(permission.mode) });
    } else if (permission.kind === 'call') {
      const { component, function: fn } = permission;
      calls.push({ component, ...(fn === undefined ? {} : { function: fn }) });
    } else if (permission.kind === 'schedule') schedule = true;
    else asks.push(permission.kind);
  }
  const parts = { fs, net, env, secrets, stores, asks, calls, schedule, requests };
  return { version: digest(JSON.stringify(parts)), ...parts };
}

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;
const LONGEST_VALUE = 32_768;

/** A permission as a flag gives it; `elicit`, `sample` and `schedule` have no text, an `env` without a value gets one from `variable`. Errors: `invalid-setting`. */
export function parsePermission(
  kind: Permission['kind'],
  text: string,
  variable: (name: string) => string | undefined = () => undefined,
): Permission {
  if (kind === 'fs') return parseFs(text);
  if (kind === 'net') return parseNet(text);
  if (kind === 'kv' || kind === 'blob') return parseStore(kind, text);
  if (kind === 'elicit' || kind === 'sample' || kind === 'schedule') return { kind };
  if (kind === 'call') return { kind, ...parseCallPattern(text) };
  const at = kind === 'env' ? text.indexOf('=') : -1;
  const name = at < 0 ? text : text.slice(0, at);
  if (!NAME.test(name)) throw invalid(kind, text, 'a name is letters, digits and _ . -, at most 64');
  if (kind === 'secret') return { kind, name };
  const value = at < 0 ? variable(name) : text.slice(at + 1);
  if (value === undefined) throw invalid(kind, text, 'the variable is not set here; write NAME=VALUE');
  if (value.includes('\0') || value.length > LONGEST_VALUE)
    throw invalid(kind, name, 'the value is too long or has a NUL');
  return { kind, name, value };
}

function parseFs(text: string): Permission {
  const m = /^(.+?):(\/[^:]*)(?::(ro|rw))?$/.exec(text);
  const [, host, guest, mode] = m ?? [];
  if (host === undefined || guest === undefined) throw invalid('fs', text, 'write HOST_DIR:GUEST_DIR:ro or :rw');
  if (!host.startsWith('/') || host.includes('\0')) throw invalid('fs', text, 'the host directory must be absolute');
  return { kind: 'fs', host: trimmed(host), guest: guestDirectory(guest), mode: mode === 'rw' ? 'rw' : 'ro' };
}

/** A guest directory: absolute and normal. Errors: `invalid-setting`. */
export function guestDirectory(text: string): string {
  const guest = trimmed(text);
  const names = guest.split('/').slice(1);
  const bad = guest !== '/' && names.some((name) => name === '' || name === '.' || name === '..');
  if (!guest.startsWith('/') || bad || guest.includes('\0') || guest.length > 1024) {
    throw invalid('fs', text, 'a guest directory is absolute, without . and ..');
  }
  return guest;
}

const trimmed = (path: string): string => (path.length > 1 ? path.replace(/\/+$/, '') || '/' : path);

function parseNet(text: string): Permission {
  const m = /^(\[[^\]]+\](?:\/\d+)?|[^:[\]]+|[0-9a-fA-F:.]+(?:\/\d+)?)(?::(\d{1,5}|\*))?$/.exec(text);
  const [, raw, portText] = m ?? [];
  const host = raw === undefined ? undefined : hostPattern(raw);
  if (host === undefined) {
    const why = looksNumeric(text)
      ? 'write an address as 127.0.0.1'
      : 'write HOST, *.HOST, an address or a block, then :PORT';
    throw invalid('net', text, why);
  }
  if (portText === undefined) return { kind: 'net', host };
  const port = portText === '*' ? '*' : Number(portText);
  if (port !== '*' && (port < 1 || port > 65_535)) throw invalid('net', text, 'a port is 1 to 65535, or *');
  return { kind: 'net', host, port };
}

/** A host of a grant or a request in its normal form; undefined where it is none. */
export function hostPattern(text: string): string | undefined {
  if (text === '*') return text;
  const bare = text.replace(/^\[([^\]]+)\]/, '$1').toLowerCase();
  if (bare.includes('/')) return parseBlock(bare) && bare;
  if (bare.startsWith('*.')) {
    const rest = normalHost(bare.slice(2));
    return rest === undefined || parseBlock(rest) ? undefined : `*.${rest}`;
  }
  return normalHost(bare);
}

function invalid(kind: string, text: string, why: string): SwitchboardError {
  return new SwitchboardError('invalid-setting', `--${kind} "${printable(text, 200)}": ${why}`);
}
