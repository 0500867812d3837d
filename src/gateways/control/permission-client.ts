/** The host's methods about permissions over the control socket. */
import type { Host } from '#host/api';
import type { Channel } from './channel.ts';

export type PermissionMethods = Pick<
  Host,
  | 'grant'
  | 'revoke'
  | 'policy'
  | 'checkAccess'
  | 'requestPermission'
  | 'approvals'
  | 'decideApproval'
  | 'setSecret'
  | 'listSecrets'
  | 'removeSecret'
  | 'unlockSecrets'
  | 'protectSecrets'
  | 'checkOwner'
  | 'createOwnerToken'
  | 'removeOwnerToken'
  | 'hasOwnerToken'
>;

/** What shows that a person asks; sent with what gives something. */
export type Proof = { readonly person: 'terminal' } | { readonly ownerToken: string } | undefined;

/** `proof` is asked for at each request. */
export function permissionMethods(channel: Channel, proof: () => Proof): PermissionMethods {
  return {
    grant: (component, options) => channel.request('grant', { component, ...options, ...proof() }),
    revoke: (component, ids) => channel.request('revoke', { component, ids }),
    policy: (component) => channel.request('policy', { component }),
    checkAccess: (component, access, principal) => channel.request('check-access', { component, access, principal }),
    requestPermission: (component, permissions, reason, principal) =>
      channel.request('request-permission', { component, permissions, reason, principal }),
    approvals: (state) => channel.request('approvals', { state }),
    decideApproval: (id, decision) => channel.request('decide-approval', { id, ...decision, ...proof() }),
    setSecret: async (name, value) => {
      await channel.request('set-secret', { name, value, ...proof() });
    },
    listSecrets: () => channel.request('list-secrets', {}),
    removeSecret: (name) => channel.request('remove-secret', { name }),
    unlockSecrets: async (passphrase) => {
      await channel.request('unlock-secrets', { passphrase, ...proof() });
    },
    protectSecrets: async (passphrase) => {
      await channel.request('protect-secrets', { passphrase, ...proof() });
    },
    checkOwner: (token) => channel.request('check-owner', { token }),
    createOwnerToken: () => channel.request('create-owner-token', { ...proof() }),
    removeOwnerToken: () => channel.request('remove-owner-token', {}),
    hasOwnerToken: () => channel.request('has-owner-token', {}),
  };
}
