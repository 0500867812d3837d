/** Methods about permissions. What gives something needs a person: a terminal, as the verb says, or the owner's token. */
import type { AccessRequest, ApprovalItem, Grant, Permission, StoreKind, StorePermission } from '#core';
import { PRINCIPAL_KINDS } from '#core/context';
import { SwitchboardError } from '#core/errors';
import { guestDirectory, hostPattern, parsePermission } from '#core/grants';
import { checkStore } from '#core/store-grants';
import type { Host } from '#host/api';
import { asInteger, asObject, asPrincipal, asString, asStrings, type Loose, optional } from './check.ts';
import type { Asked, MethodEnv } from './methods.ts';

type Handler = (env: MethodEnv, asked: Asked) => Promise<unknown>;

const PRINCIPALS: readonly Grant['principal'][] = ['anyone', ...PRINCIPAL_KINDS];
const STATES = ['open', 'allowed', 'denied', 'granted'] as const;

/** What gives something must come with `person: 'terminal'` or a valid `ownerToken`. Errors: `owner-required`. */
export async function needPerson(host: Host, params: Loose): Promise<void> {
  if (params['person'] === 'terminal') return;
  const token = params['ownerToken'];
  if (typeof token === 'string' && (await host.checkOwner(token))) return;
  const why = token === undefined ? 'this needs a person' : 'that is not the owner token of this home';
  throw new SwitchboardError('owner-required', why, {
    fix: 'run it in a terminal, or give --owner-token-file (switchboard owner-token create)',
  });
}

const person =
  (handler: Handler): Handler =>
  async (env, asked) => {
    await needPerson(env.host, asked.params);
    return handler(env, asked);
  };

export const PERMISSION_HANDLERS = {
  grant: person(({ host }, { params }) =>
    host.grant(asString(params['component'], 'component'), {
      permissions: asPermissions(params['permissions']),
      principal: optional(params['principal'], (v) => oneOf(v, PRINCIPALS, 'principal')),
      expiresAt: optional(params['expiresAt'], (v) => asInteger(v, 'expiresAt', 0, Number.MAX_SAFE_INTEGER)),
      once: params['once'] === true,
      unrequested: params['unrequested'] === true,
      creator: optional(params['creator'], (v) => asString(v, 'creator')),
    }),
  ),
  revoke: ({ host }, { params }) =>
    host.revoke(
      asString(params['component'], 'component'),
      optional(params['ids'], (v) => asStrings(v, 'ids')),
    ),
  policy: ({ host }, { params }) => host.policy(asString(params['component'], 'component')),
  'check-access': ({ host }, { params }) =>
    host.checkAccess(
      asString(params['component'], 'component'),
      asAccess(asObject(params['access'], 'access')),
      optional(params['principal'], (v) => oneOf(v, PRINCIPAL_KINDS, 'principal')),
    ),
  'request-permission': ({ host }, { params }) =>
    host.requestPermission(
      asString(params['component'], 'component'),
      asItems(params['permissions']),
      asString(params['reason'], 'reason'),
      optional(params['principal'], asPrincipal),
    ),
  approvals: ({ host }, { params }) => host.approvals(optional(params['state'], (v) => oneOf(v, STATES, 'state'))),
  'decide-approval': async ({ host }, { params }) => {
    const id = asString(params['id'], 'id');
    if (params['allow'] !== true) return host.decideApproval(id, { allow: false });
    await needPerson(host, params);
    return host.decideApproval(id, {
      allow: true,
      once: params['once'] === true,
      expiresAt: optional(params['expiresAt'], (v) => asInteger(v, 'expiresAt', 0, Number.MAX_SAFE_INTEGER)),
      directories: optional(params['directories'], (v) => {
        const entries = Object.entries(asObject(v, 'directories'));
        return Object.fromEntries(entries.map(([guest, dir]) => [guest, asDirectory(dir, 'directory')]));
      }),
    });
  },
  'set-secret': person(({ host }, { params }) =>
    host.setSecret(asString(params['name'], 'name'), asString(params['value'], 'value')),
  ),
  'list-secrets': ({ host }) => host.listSecrets(),
  'remove-secret': ({ host }, { params }) => host.removeSecret(asString(params['name'], 'name')),
  'unlock-secrets': person(({ host }, { params }) => host.unlockSecrets(asString(params['passphrase'], 'passphrase'))),
  'protect-secrets': person(({ host }, { params }) =>
    host.protectSecrets(optional(params['passphrase'], (v) => asString(v, 'passphrase'))),
  ),
  'check-owner': ({ host }, { params }) => host.checkOwner(asString(params['token'], 'token')),
  'create-owner-token': person(({ host }) => host.createOwnerToken()),
  'remove-owner-token': ({ host }) => host.removeOwnerToken(),
  'has-owner-token': ({ host }) => host.hasOwnerToken(),
} as const satisfies { readonly [method: string]: Handler };

function oneOf<T extends string>(value: unknown, allowed: readonly T[], name: string): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new SwitchboardError('invalid-usage', `${name} must be one of ${allowed.join(', ')}`);
  return found;
}

function asItems(value: unknown): readonly ApprovalItem[] {
  if (!Array.isArray(value)) throw new SwitchboardError('invalid-usage', 'permissions must be an array');
  return value.map((item, i) => asItem(asObject(item, `permissions[${i}]`)));
}

function asPermissions(value: unknown): readonly Permission[] {
  return asItems(value).map((item) => {
    if (item.kind !== 'fs' || 'host' in item) return item;
    throw new SwitchboardError('invalid-usage', `${item.guest} needs a host directory`);
  });
}

/** In the form that a flag would give: nothing of a stranger's gets past it to a terminal or into a grant. */
function asItem(item: Loose): ApprovalItem {
  const kind = oneOf(
    item['kind'],
    ['fs', 'net', 'env', 'secret', 'kv', 'blob', 'elicit', 'sample', 'call', 'schedule'] as const,
    'kind',
  );
  if (kind === 'fs') {
    const mode = oneOf(item['mode'], ['ro', 'rw'] as const, 'mode');
    const guest = guestDirectory(asString(item['guest'], 'guest'));
    return item['host'] === undefined
      ? { kind, guest, mode }
      : { kind, guest, mode, host: asDirectory(item['host'], 'host') };
  }
  if (kind === 'net') {
    const { port } = item;
    const host = hostPattern(asString(item['host'], 'host'));
    if (host === undefined) throw new SwitchboardError('invalid-setting', 'host is no host name, address or block');
    if (port === undefined) return { kind, host };
    return { kind, host, port: port === '*' ? '*' : asInteger(port, 'port', 1, 65_535) };
  }
  if (kind === 'elicit' || kind === 'sample' || kind === 'schedule') return { kind };
  if (kind === 'kv' || kind === 'blob') return asStore(kind, item);
  if (kind === 'call') {
    const fn = optional(item['function'], (v) => asString(v, 'function'));
    return parsePermission(kind, `${asString(item['component'], 'component')}${fn === undefined ? '' : `#${fn}`}`);
  }
  const name = asString(item['name'], 'name');
  if (kind === 'secret') return parsePermission(kind, name);
  if (name.includes('=')) throw new SwitchboardError('invalid-setting', 'the name of a variable has no =');
  return parsePermission(kind, `${name}=${asString(item['value'], 'value')}`);
}

function asStore(kind: StoreKind, item: Loose): StorePermission {
  const quota = (value: unknown, name: string): number => asInteger(value, name, 1, Number.MAX_SAFE_INTEGER);
  const { bytes, keys } = item;
  return checkStore({
    kind,
    name: asString(item['name'], 'name'),
    mode: oneOf(item['mode'], ['ro', 'rw'] as const, 'mode'),
    ...(item['shared'] === true ? { shared: true } : {}),
    ...(bytes === undefined ? {} : { bytes: quota(bytes, 'bytes') }),
    ...(keys === undefined ? {} : { keys: quota(keys, 'keys') }),
  });
}

/** An absolute path of this machine. */
function asDirectory(value: unknown, name: string): string {
  const path = asString(value, name);
  if (!path.startsWith('/') || path.includes('\0')) {
    throw new SwitchboardError('invalid-setting', `${name} must be an absolute directory`);
  }
  return path;
}

function asAccess(access: Loose): AccessRequest {
  const kind = oneOf(
    access['kind'],
    ['fs', 'net', 'address', 'env', 'secret', 'kv', 'blob', 'elicit', 'sample', 'call', 'schedule'] as const,
    'access.kind',
  );
  if (kind === 'elicit' || kind === 'sample' || kind === 'schedule') return { kind };
  if (kind === 'call') {
    const [component, id] = [asString(access['component'], 'component'), asString(access['id'], 'id')];
    return { kind, component, id, name: optional(access['name'], (v) => asString(v, 'name')) ?? id };
  }
  if (kind === 'fs') {
    return { kind, path: guestDirectory(asString(access['path'], 'access.path')), write: access['write'] === true };
  }
  if (kind === 'env' || kind === 'secret') return { kind, name: asString(access['name'], 'access.name') };
  if (kind === 'kv' || kind === 'blob') {
    return { kind, name: asString(access['name'], 'access.name'), write: access['write'] === true };
  }
  const host = asString(access['host'], 'access.host');
  const port = asInteger(access['port'], 'access.port', 1, 65_535);
  return kind === 'net' ? { kind, host, port } : { kind, host, port, address: asString(access['address'], 'address') };
}
