/** What a component imports, against what its manifest asks for, and whether that is more than a tool needs. */
import type { ComponentDescription, Permission, PermissionRequest, Requirement } from '#core';
import { parseAddress, specialHost } from '#core/net-address';
import { printable } from '#core/reference';
import type { Found } from './rules.ts';

type Kind = Permission['kind'];

/** Kinds of permissions that make an import of a capability useful. */
const USES: { readonly [capability: string]: readonly Kind[] } = {
  filesystem: ['fs'],
  http: ['net'],
  secrets: ['secret'],
  kv: ['kv'],
  blob: ['blob'],
  elicitation: ['elicit'],
  sampling: ['sample'],
  calls: ['call'],
  schedule: ['schedule'],
  config: ['env'],
  process: ['env'],
};
/** Imported by compilers' own libraries, whether a program uses them or not. */
const BY_LIBRARIES = new Set(['filesystem', 'sockets']);

/** Findings of `scan/unrequested-import`, `scan/unused-request` and `scan/broad-request`. */
export function requestFindings({ requirements, manifest }: ComponentDescription): readonly Found[] {
  const requests = manifest?.permissions ?? [];
  return [
    ...unrequested(requirements, requests, manifest !== undefined),
    ...unused(requirements, requests),
    ...requests.flatMap((request) => broad(request)),
  ];
}

function unrequested(
  requirements: readonly Requirement[],
  requests: readonly PermissionRequest[],
  hasManifest: boolean,
): Found[] {
  const found: Found[] = [];
  const seen = new Set<string>();
  for (const { import: id, capability, access } of requirements) {
    if (access === 'allowed' || seen.has(capability)) continue;
    if (requests.some(({ kind }) => USES[capability]?.includes(kind))) continue;
    seen.add(capability);
    const place = `import ${printable(id)}`;
    const rule = 'scan/unrequested-import';
    if (access === 'unavailable') {
      found.push({
        rule,
        severity: 'medium',
        message: 'nobody offers this import: the component cannot be installed',
        place,
      });
    } else {
      const low = BY_LIBRARIES.has(capability) || !hasManifest;
      const what = hasManifest ? 'the manifest does not request it' : 'there is no manifest that would say why';
      found.push({ rule, severity: low ? 'low' : 'medium', message: `it can use ${capability}, and ${what}`, place });
    }
  }
  return found;
}

function unused(requirements: readonly Requirement[], requests: readonly PermissionRequest[]): Found[] {
  const usable = new Set(requirements.flatMap(({ capability }) => USES[capability] ?? []));
  const kinds = [...new Set(requests.map(({ kind }) => kind))].filter((kind) => !usable.has(kind));
  return kinds.map((kind) => ({
    rule: 'scan/unused-request',
    severity: 'medium',
    message: `${kind} is requested, and no import could use it: a later version could, without asking again`,
    place: `component.toml, permissions.${kind}`,
  }));
}

/** Public suffixes of two labels under which anybody can have a name; those of one label need no list. */
const SUFFIXES = new Set(
  'co.uk org.uk com.au com.br co.jp co.in co.nz co.za com.cn github.io gitlab.io pages.dev workers.dev vercel.app netlify.app herokuapp.com web.app firebaseapp.com amazonaws.com azurewebsites.net cloudfront.net ngrok.io ngrok-free.app blogspot.com s3.amazonaws.com r2.dev fly.dev onrender.com'.split(
    ' ',
  ),
);
const SYSTEM = /^\/(?:$|etc|root|home|users|var|usr|bin|sbin|boot|dev|proc|sys|run|lib)(?:\/|$)/i;
const SECRET_NAME =
  /(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|PRIVATE_?KEY|API_?KEY|ACCESS_?KEY)(?:_|$)/i;
/** Reasons that say nothing. */
const EMPTY_REASON =
  /^(?:todo|tbd|n\/?a|none|because|required|needed|necessary|reason|access|why|test|asdf|see (?:docs|readme)|it (?:is )?(?:needs? (?:it|this)|required|needed|necessary)|needs? (?:it|this|access)|for (?:it|this|the tool) to work|\W*)\.?$/i;

function broad(request: PermissionRequest): Found[] {
  const found: Found[] = [];
  const place = `component.toml, permissions.${request.kind}`;
  const tell = (severity: Found['severity'], message: string): void =>
    void found.push({ rule: 'scan/broad-request', severity, message, place });
  const reason = request.reason.trim();
  if (EMPTY_REASON.test(reason) || reason.length < 4) tell('low', `the reason "${printable(reason, 40)}" says nothing`);
  if (request.kind === 'net') {
    for (const [severity, message] of broadHost(request.host)) tell(severity, message);
    if (request.port === '*' && request.host !== '*') tell('low', `any port of ${printable(request.host)}`);
  } else if (request.kind === 'fs') {
    if (SYSTEM.test(request.guest) || request.guest === '/') {
      const severity = request.mode === 'rw' ? 'medium' : 'low';
      tell(
        severity,
        `${printable(request.guest)} (${request.mode}) invites the owner to give a directory of the system`,
      );
    }
  } else if (request.kind === 'env' && SECRET_NAME.test(request.name)) {
    tell('low', `${printable(request.name)} looks like a secret; variables are kept in the clear, secrets are not`);
  } else if (request.kind === 'call' && request.component.includes('*')) {
    const all = request.component === '*:*' || request.component === '*';
    tell(all ? 'medium' : 'low', `functions of ${printable(request.component)}: also of what is installed later`);
  }
  return found;
}

function broadHost(host: string): readonly (readonly [Found['severity'], string])[] {
  if (host === '*') return [['medium', 'every public host of the Internet']];
  if (host.includes('/')) return broadBlock(host);
  if (parseAddress(host)) {
    const why = privateKind(host);
    return why === undefined ? [] : [[why === METADATA ? 'high' : 'medium', `${host} is ${why}`]];
  }
  // A name that its clouds alone answer; elsewhere a name is decided by the address it leads to.
  if (host === 'metadata.google.internal') return [['high', `${host} is ${METADATA}`]];
  if (host === 'localhost') return [['medium', 'localhost: every service of this machine that asks for no password']];
  if (!host.startsWith('*.')) return [];
  const rest = host.slice(2);
  if (rest.includes('.') && !SUFFIXES.has(rest)) return [];
  return [['medium', `${printable(host)}: names that anybody can register`]];
}

const METADATA = 'where clouds give credentials to their machines';

/** What an address or a block is besides public, by the one list that decides about connections. */
function privateKind(host: string): string | undefined {
  const what = specialHost(host);
  if (what === undefined) return undefined;
  if (what.includes('metadata')) return METADATA;
  return what.startsWith('this machine') ? 'this machine' : 'in a private network';
}

function broadBlock(host: string): readonly (readonly [Found['severity'], string])[] {
  const [address = '', bits = ''] = host.split('/');
  const prefix = Number(bits);
  const wide = prefix < (address.includes(':') ? 32 : 8);
  // A grant of addresses gives private ones too, where one of a name does not.
  if (wide) return [['high', `${host} is a large part of all addresses, private ones and clouds' metadata among them`]];
  const why = privateKind(host);
  if (why !== undefined) return [[why === METADATA ? 'high' : 'medium', `${host} is ${why}`]];
  return prefix < (address.includes(':') ? 64 : 24) ? [['low', `${host} is many machines`]] : [];
}
