/** The one function that decides an access. Pure: the same snapshot and request, the same answer. Deny by default. */
import { type CalledFunction, namesComponent, namesFunction } from './call-pattern.ts';
import {
  formatAddress,
  inBlock,
  isLoopbackAddress,
  looksNumeric,
  normalHost,
  parseAddress,
  parseBlock,
  specialAddress,
  specialHost,
} from './net-address.ts';
import type { AskKind, Denial, MissingItem, PolicySnapshot } from './permission.ts';
import { formatPermission } from './permission-text.ts';
import { printable } from './reference.ts';
import { decideStore } from './store-grants.ts';
import type { StoreKind } from './stores.ts';

export { quoted } from './permission-text.ts';

/** One access that a component tries, as the services name it. */
export type AccessRequest =
  /** `path` is the guest's, absolute and normal (no `.`, `..`, doubled `/`). */
  | { readonly kind: 'fs'; readonly path: string; readonly write: boolean }
  /** Before anything is resolved. `host` in lower case, an IPv6 address without brackets. */
  | { readonly kind: 'net'; readonly host: string; readonly port: number }
  /** Each address that `host` resolved to, before it is connected to. */
  | { readonly kind: 'address'; readonly host: string; readonly address: string; readonly port: number }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'secret'; readonly name: string }
  | { readonly kind: StoreKind; readonly name: string; readonly write: boolean }
  | { readonly kind: 'elicit' }
  | { readonly kind: 'sample' }
  | ({ readonly kind: 'call' } & CalledFunction)
  | { readonly kind: 'schedule' };

export type AccessDecision = { readonly allowed: true } | { readonly allowed: false; readonly denial: Denial };

const ALLOWED: AccessDecision = { allowed: true };
const LONGEST = 200;

/** Whether the policy lets a component do this; if not, what to tell and the flag that would allow it. */
export function decideAccess(policy: PolicySnapshot, request: AccessRequest): AccessDecision {
  switch (request.kind) {
    case 'fs':
      return decideFs(policy, request.path, request.write);
    case 'net':
      return decideHost(policy, request.host, request.port);
    case 'address':
      return decideAddress(policy, request.host, request.address, request.port);
    case 'env':
      return policy.env.some(([name]) => name === request.name)
        ? ALLOWED
        : named(policy, 'env', request.name, 'the variable is not granted');
    case 'secret':
      return policy.secrets.includes(request.name)
        ? ALLOWED
        : named(policy, 'secret', request.name, 'the secret is not granted');
    case 'kv':
    case 'blob': {
      const refused = decideStore(policy, request);
      return refused ? denied(request.kind, refused.what, refused.reason, refused.item) : ALLOWED;
    }
    case 'elicit':
    case 'sample':
      return policy.asks.includes(request.kind) ? ALLOWED : decideAsk(policy, request.kind);
    case 'call':
      return policy.calls.some((pattern) => namesFunction(pattern, request)) ? ALLOWED : decideCalled(policy, request);
    case 'schedule':
      return policy.schedule ? ALLOWED : decideAsk(policy, request.kind);
  }
}

/** The granted directory that a guest path lies in: the one with the longest name. */
export function directoryOf(policy: PolicySnapshot, path: string): PolicySnapshot['fs'][number] | undefined {
  let best: PolicySnapshot['fs'][number] | undefined;
  for (const granted of policy.fs) {
    if (isWithin(path, granted.guest) && granted.guest.length >= (best?.guest.length ?? 0)) best = granted;
  }
  return best;
}

function decideFs(policy: PolicySnapshot, path: string, write: boolean): AccessDecision {
  const granted = directoryOf(policy, path);
  if (granted && (granted.mode === 'rw' || !write)) return ALLOWED;
  const what = `${write ? 'write' : 'read'} ${printable(path, LONGEST)}`;
  if (granted) {
    const { host, guest } = granted;
    return denied('fs', what, `${guest} is granted for reading only`, { kind: 'fs', host, guest, mode: 'rw' });
  }
  const asked = policy.requests.filter((r) => r.kind === 'fs').find((r) => isWithin(path, r.guest));
  const guest = asked?.guest ?? parentOf(path);
  const mode = write || asked?.mode === 'rw' ? 'rw' : 'ro';
  return denied('fs', what, 'no granted directory contains it', { kind: 'fs', guest, mode });
}

/** Ports that a grant without one gives. */
const WEB_PORTS: readonly number[] = [80, 443];

export function portCovers(granted: number | '*' | undefined, port: number): boolean {
  return granted === '*' || (granted === undefined ? WEB_PORTS.includes(port) : granted === port);
}

/** Whether a pattern of a grant names this host. `*` names every host that is no address and not `localhost`. */
export function hostCovers(pattern: string, host: string): boolean {
  if (pattern === host) return true;
  const isAddress = host.includes(':') || /^[\d.]+$/.test(host);
  if (isAddress) {
    const block = parseBlock(pattern);
    const address = block && parseAddress(host);
    if (block && address) return inBlock(address, block);
    // A public address needs no name: whoever may go anywhere public may go there.
    return pattern === '*';
  }
  if (host === 'localhost' || host.endsWith('.localhost')) return false;
  if (pattern === '*') return true;
  return pattern.startsWith('*.') && host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1;
}

function decideHost(policy: PolicySnapshot, text: string, port: number): AccessDecision {
  const host = normalHost(text);
  if (host === undefined) {
    const why = looksNumeric(text) ? 'it is an address in a spelling that is not accepted' : 'it is not a host name';
    return denied('net', `connect to ${printable(text, LONGEST)}`, why);
  }
  if (policy.net.some((net) => portCovers(net.port, port) && hostCovers(net.host, host))) return ALLOWED;
  const what = `connect to ${inUrl(host)}:${port}`;
  const other = policy.net.find((net) => hostCovers(net.host, host));
  const special = specialHost(host);
  const why = `${other ? 'the port' : 'the host'} is not granted${special === undefined ? '' : `; it is ${special}`}`;
  return denied('net', what, why, netItem(host, port));
}

function decideAddress(policy: PolicySnapshot, name: string, text: string, port: number): AccessDecision {
  const address = parseAddress(text);
  const special = address && specialAddress(address);
  if (address && special === undefined) return ALLOWED;
  const host = normalHost(name) ?? name;
  const what = `connect to ${inUrl(host)}:${port}${host === text ? '' : ` at ${printable(text, 64)}`}`;
  if (!address) return denied('net', what, 'the resolver gave no address');
  for (const net of policy.net) {
    if (!portCovers(net.port, port)) continue;
    if (net.host === 'localhost' && host === 'localhost' && isLoopbackAddress(address)) return ALLOWED;
    const block = parseBlock(net.host);
    if (block && inBlock(address, block)) return ALLOWED;
  }
  return denied(
    'net',
    what,
    `the address is ${special}, which a name does not give`,
    netItem(formatAddress(address), port),
  );
}

function named(policy: PolicySnapshot, kind: 'env' | 'secret', name: string, reason: string): AccessDecision {
  const requested = policy.requests.some((request) => request.kind === kind && request.name === name);
  const text = printable(name, 64);
  const grantable = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/.test(name);
  const why = requested ? reason : `${reason}, and the manifest does not request it`;
  const what = `${kind === 'env' ? 'variable' : 'secret'} ${text}`;
  return denied(kind, what, policy.requests.length === 0 ? reason : why, grantable ? { kind, name } : undefined);
}

const PLAIN = {
  elicit: 'ask the person',
  sample: 'ask the caller’s model',
  schedule: 'arrange later calls of itself',
};

function decideAsk(policy: PolicySnapshot, kind: AskKind | 'schedule'): AccessDecision {
  const what = PLAIN[kind];
  const unasked = policy.requests.length > 0 && !policy.requests.some((request) => request.kind === kind);
  const reason = `it is not granted${unasked ? ', and the manifest does not request it' : ''}`;
  return denied(kind, what, reason, { kind });
}

function decideCalled(policy: PolicySnapshot, { component, id, name }: CalledFunction): AccessDecision {
  const what = `call ${printable(component, 130)}#${printable(id, 200)}`;
  const some = policy.calls.some((pattern) => namesComponent(pattern, component));
  const why = some ? 'other functions of it are granted, this one is not' : 'it is not granted';
  const requests = policy.requests.filter((request) => request.kind === 'call');
  const asked = requests.some((pattern) => namesFunction(pattern, { component, id, name }));
  const reason = policy.requests.length > 0 && !asked ? `${why}, and the manifest does not request it` : why;
  // An id with its interface is exact; a stranger's text that is none is not put into a command.
  const grantable = /^[a-z0-9-]+:[a-z0-9-]+$/.test(component) && /^[A-Za-z0-9._:/@#-]{1,200}$/.test(id);
  return denied('call', what, reason, grantable ? { kind: 'call', component, function: id } : undefined);
}

function denied(
  capability: Denial['capability'],
  what: string,
  reason: string,
  item?: MissingItem,
): AccessDecision & { allowed: false } {
  return { allowed: false, denial: denialOf(capability, what, reason, item) };
}

/** A denial; the flag that its grant needs is made of the permission that is missing. */
export function denialOf(capability: Denial['capability'], what: string, reason: string, item?: MissingItem): Denial {
  return { capability, what, reason, ...(item === undefined ? {} : { item, grant: formatPermission(item) }) };
}

function netItem(host: string, port: number): MissingItem {
  return { kind: 'net', host, ...(WEB_PORTS.includes(port) ? {} : { port }) };
}

const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host);

function parentOf(path: string): string {
  const at = path.lastIndexOf('/');
  return at <= 0 ? '/' : path.slice(0, at);
}

const SLASH = 47;

export function isWithin(path: string, directory: string): boolean {
  if (directory === '/' || path === directory) return true;
  return path.charCodeAt(directory.length) === SLASH && path.startsWith(directory);
}
