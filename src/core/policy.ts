/**
 * What imports need, and whether a call may be made: pure, deny by default. A component may compute, log, read clocks
 * and random numbers; files, the network, variables and secrets it has as far as its owner granted them (access.ts
 * decides each use). Everything known links, so that stock components start; an interface nobody knows is refused
 * before anything runs.
 */
import { decideAccess } from './access.ts';
import type { Principal } from './context.ts';
import type { PolicySnapshot } from './permission.ts';
import type { Reference } from './reference.ts';

/** `allowed`: works. `grantable`: links, works as far as granted. `denied`: links, every use is refused. `unavailable`: cannot link. */
export type Access = 'allowed' | 'grantable' | 'denied' | 'unavailable';

/** What one import of a component would need. */
export interface Requirement {
  /** The import as the component names it. */
  readonly import: string;
  /** The capability in one word: `clocks`, `filesystem`, `http`, …; `unknown` if nobody offers it. */
  readonly capability: string;
  readonly access: Access;
  readonly reason: string;
}

/** The outcome of one decision; it is recorded with every call. */
export interface Decision {
  readonly allowed: boolean;
  readonly rule: string;
  readonly reason: string;
}

interface Rule {
  readonly pattern: RegExp;
  readonly capability: string;
  readonly access: Access;
  readonly reason: string;
}

const WASI = '@0\\.2\\.\\d+(?:-[0-9A-Za-z.-]+)?$';
const WASI_3 = '@0\\.3\\.\\d+$';
const rule = (pattern: string, capability: string, access: Access, reason: string): Rule => ({
  pattern: new RegExp(`^${pattern}`),
  capability,
  access,
  reason,
});

const RULES: readonly Rule[] = [
  rule('switchboard:host/log@0\\.1\\.\\d+$', 'log', 'allowed', 'writes to the component’s own log'),
  rule('switchboard:host/progress@0\\.1\\.\\d+$', 'progress', 'allowed', 'tells its caller how far it is'),
  rule('switchboard:host/elicitation@0\\.1\\.\\d+$', 'elicitation', 'grantable', 'asks the person, if that is granted'),
  rule(
    'switchboard:host/sampling@0\\.1\\.\\d+$',
    'sampling',
    'grantable',
    'asks the caller’s model, if that is granted',
  ),
  rule('switchboard:host/secrets@0\\.1\\.\\d+$', 'secrets', 'grantable', 'reads the secrets that are granted'),
  rule('switchboard:host/kv@0\\.1\\.\\d+$', 'kv', 'grantable', 'keeps values in the stores that are granted'),
  rule(
    'switchboard:host/blob(-streams)?@0\\.1\\.\\d+$',
    'blob',
    'grantable',
    'keeps large values in the stores that are granted',
  ),
  rule(
    'wasi:keyvalue/(store|atomics|batch)@0\\.2\\.0-draft2?$',
    'kv',
    'grantable',
    'keeps values in the stores that are granted',
  ),
  rule('wasi:keyvalue/watcher@', 'kv', 'unavailable', 'changes of a store are not watched'),
  rule(
    'wasi:blobstore/(types|container|blobstore)@0\\.2\\.0-draft$',
    'blob',
    'grantable',
    'keeps large values in the stores that are granted',
  ),
  rule(
    'wasi:config/(store|runtime)@0\\.2\\.0-(draft|rc\\.\\d+)$',
    'config',
    'allowed',
    'sees the variables that are granted',
  ),
  rule('switchboard:host/http@0\\.1\\.\\d+$', 'http', 'grantable', 'reaches the hosts that are granted'),
  rule(
    'switchboard:host/reflect@0\\.1\\.\\d+$',
    'calls',
    'grantable',
    'sees and calls the functions of other components that are granted',
  ),
  rule(
    'switchboard:host/schedule@0\\.1\\.\\d+$',
    'schedule',
    'grantable',
    'has itself called later, if that is granted',
  ),
  rule(
    'asterai:host/api@1\\.0\\.\\d+$',
    'calls',
    'grantable',
    'sees and calls the functions of other components that are granted',
  ),
  rule(`wasi:clocks/(monotonic-clock|wall-clock)${WASI}`, 'clocks', 'allowed', 'reads the time and waits'),
  rule(`wasi:random/(random|insecure|insecure-seed)${WASI}`, 'random', 'allowed', 'reads random numbers'),
  rule(`wasi:io/(error|poll|streams)${WASI}`, 'io', 'allowed', 'plumbing of other interfaces; reaches nothing itself'),
  rule(
    `wasi:cli/(stdout|stderr|terminal-(input|output|stdin|stdout|stderr))${WASI}`,
    'output',
    'allowed',
    'goes to the component’s log',
  ),
  rule(
    `wasi:cli/(environment|stdin|exit)${WASI}`,
    'process',
    'allowed',
    'sees the variables that are granted, no arguments, an empty input; exit ends only its instance',
  ),
  rule(`wasi:filesystem/(types|preopens)${WASI}`, 'filesystem', 'grantable', 'sees the directories that are granted'),
  rule(`wasi:http/(types|outgoing-handler)${WASI}`, 'http', 'grantable', 'reaches the hosts that are granted'),
  rule(`wasi:clocks/(monotonic-clock|system-clock|types)${WASI_3}`, 'clocks', 'allowed', 'reads the time and waits'),
  rule(`wasi:random/(random|insecure|insecure-seed)${WASI_3}`, 'random', 'allowed', 'reads random numbers'),
  rule(
    `wasi:cli/(stdout|stderr|types|terminal-(input|output|stdin|stdout|stderr))${WASI_3}`,
    'output',
    'allowed',
    'goes to the component’s log',
  ),
  rule(
    `wasi:cli/(environment|stdin|exit)${WASI_3}`,
    'process',
    'allowed',
    'sees the variables that are granted, no arguments, an empty input; exit ends only its instance',
  ),
  rule(`wasi:filesystem/(types|preopens)${WASI_3}`, 'filesystem', 'grantable', 'sees the directories that are granted'),
  rule(`wasi:http/(types|client)${WASI_3}`, 'http', 'grantable', 'reaches the hosts that are granted'),
  rule(`wasi:sockets/[a-z-]+${WASI}`, 'sockets', 'denied', 'raw sockets are refused'),
  rule(`wasi:sockets/(types|ip-name-lookup)${WASI_3}`, 'sockets', 'denied', 'raw sockets are refused'),
];

/** What an import needs and whether it is offered. An interface of types only (`use`) reaches nothing, whoever defines it. */
export function requirementOf(importId: string, typesOnly = false): Requirement {
  const found = RULES.find((r) => r.pattern.test(importId));
  if (found) return { import: importId, capability: found.capability, access: found.access, reason: found.reason };
  if (typesOnly)
    return { import: importId, capability: 'types', access: 'allowed', reason: 'only types; it reaches nothing' };
  return { import: importId, capability: 'unknown', access: 'unavailable', reason: 'nobody offers this interface' };
}

/** A request to call a function. */
export interface CallRequest {
  readonly principal: Principal;
  readonly component: Reference;
  readonly function: string;
  readonly requirements: readonly Requirement[];
  /** The function's short name. */
  readonly name: string;
  /** The component that makes the call, and what applies to it; absent for a call from outside. */
  readonly by?: { readonly component: string; readonly policy: PolicySnapshot } | undefined;
}

/**
 * Decides a call. Pure: the same request, the same decision. Whoever reached the host may call what the owner installed;
 * a component calls another only where the owner granted that to it.
 */
export function decideCall(request: CallRequest): Decision {
  const missing = request.requirements.find((r) => r.access === 'unavailable');
  if (missing) {
    return { allowed: false, rule: 'import-unavailable', reason: `it imports ${missing.import}, which nobody offers` };
  }
  if (request.by) {
    const { component: caller, policy } = request.by;
    const called = { component: request.component.name, id: request.function, name: request.name };
    const decision = decideAccess(policy, { kind: 'call', ...called });
    if (!decision.allowed) return { allowed: false, rule: 'call-not-granted', reason: decision.denial.reason };
    return { allowed: true, rule: 'call-granted', reason: `${caller} was granted to call it` };
  }
  return { allowed: true, rule: 'installed-by-owner', reason: 'the owner installed the component' };
}
