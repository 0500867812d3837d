/** Trust over the control socket. To trust somebody needs a person; what takes away, or only says what was seen, does not. */
import type { Digest, TrustedPublisher, TrustedSigner, TrustState } from '#core';
import { SwitchboardError } from '#core/errors';
import type { Host, TrustNote, TrustWanted } from '#host/api';
import type { Channel } from './channel.ts';
import { asObject, asString, asStrings, optional } from './check.ts';
import type { Asked, MethodEnv } from './methods.ts';
import type { Proof } from './permission-client.ts';
import { needPerson } from './permission-methods.ts';

export type TrustMethods = Pick<Host, 'trust' | 'addTrust' | 'removeTrust' | 'revokeTrust' | 'noteTrust'>;

export interface TrustRequests {
  readonly trust: { params: object; result: TrustState };
  readonly 'add-trust': {
    params: { wanted: TrustWanted; person?: 'terminal' | undefined; ownerToken?: string | undefined };
    result: TrustedPublisher;
  };
  readonly 'remove-trust': { params: { publisher: string; signer: string }; result: readonly TrustedPublisher[] };
  readonly 'revoke-trust': {
    params: { publisher?: string | undefined; signer: string; reason: string; by: 'owner' | 'key' };
    result: readonly TrustedPublisher[];
  };
  readonly 'note-trust': { params: { note: TrustNote }; result: undefined };
}

export function trustMethods(channel: Channel, proof: () => Proof): TrustMethods {
  return {
    trust: () => channel.request('trust', {}),
    addTrust: (wanted) => channel.request('add-trust', { wanted, ...proof() }),
    removeTrust: (publisher, signer) => channel.request('remove-trust', { publisher, signer }),
    revokeTrust: (publisher, signer, why) => channel.request('revoke-trust', { publisher, signer, ...why }),
    noteTrust: async (note) => {
      await channel.request('note-trust', { note });
    },
  };
}

type Handler = (env: MethodEnv, asked: Asked) => Promise<unknown>;

export const TRUST_HANDLERS: { readonly [M in keyof TrustRequests]: Handler } = {
  trust: ({ host }) => host.trust(),
  'add-trust': async ({ host }, { params }) => {
    await needPerson(host, params);
    const { publisher, signer, namespaces } = asObject(params['wanted'], 'wanted');
    return host.addTrust({
      publisher: asString(publisher, 'wanted.publisher'),
      signer: asSigner(signer),
      namespaces: asStrings(namespaces, 'wanted.namespaces'),
    });
  },
  'remove-trust': ({ host }, { params }) =>
    host.removeTrust(asString(params['publisher'], 'publisher'), asString(params['signer'], 'signer')),
  'revoke-trust': ({ host }, { params }) =>
    host.revokeTrust(
      optional(params['publisher'], (v) => asString(v, 'publisher')),
      asString(params['signer'], 'signer'),
      { reason: asString(params['reason'], 'reason'), by: params['by'] === 'key' ? 'key' : 'owner' },
    ),
  'note-trust': ({ host }, { params }) => host.noteTrust(asNote(params['note'])),
};

function asSigner(value: unknown): TrustedSigner {
  const { kind, publicKey, fingerprint, issuer, subject, trustedRoot } = asObject(value, 'wanted.signer');
  if (kind === 'key') {
    return {
      kind,
      publicKey: asString(publicKey, 'wanted.signer.publicKey'),
      fingerprint: asString(fingerprint, 'wanted.signer.fingerprint'),
    };
  }
  if (kind !== 'identity') throw new SwitchboardError('invalid-usage', 'wanted.signer.kind must be key or identity');
  return {
    kind,
    issuer: asString(issuer, 'wanted.signer.issuer'),
    subject: asString(subject, 'wanted.signer.subject'),
    trustedRoot: asObject(trustedRoot, 'wanted.signer.trustedRoot'),
  };
}

function asNote(value: unknown): TrustNote {
  const { kind, component, version, from, manifest, signer, reason, differences } = asObject(value, 'note');
  const of = asString(manifest, 'note.manifest') as Digest;
  if (kind === 'settled') return { kind, manifest: of };
  const named = {
    component: asString(component, 'note.component'),
    version: asString(version, 'note.version'),
    manifest: of,
  };
  if (kind === 'yanked')
    return { kind, ...named, signer: asString(signer, 'note.signer'), reason: asString(reason, 'note.reason') };
  if (kind !== 'held') throw new SwitchboardError('invalid-usage', 'note.kind must be yanked, held or settled');
  return {
    kind,
    ...named,
    from: asString(from, 'note.from'),
    differences: asStrings(differences, 'note.differences'),
  };
}
