/** The host's methods about permissions for fakes that have none: each refuses. */
import type { PermissionMethods } from '#gateways/control/permission-client';
import type { ProfileMethods } from '#gateways/control/profile-methods';
import type { TrustMethods } from '#gateways/control/trust-methods';

export function noPermissionMethods(): PermissionMethods & ProfileMethods & TrustMethods {
  const refuse = (): never => {
    throw new Error('not a part of the fake');
  };
  return {
    grant: refuse,
    revoke: refuse,
    policy: refuse,
    checkAccess: refuse,
    requestPermission: refuse,
    approvals: refuse,
    decideApproval: refuse,
    setSecret: refuse,
    listSecrets: refuse,
    removeSecret: refuse,
    unlockSecrets: refuse,
    protectSecrets: refuse,
    checkOwner: refuse,
    createOwnerToken: refuse,
    removeOwnerToken: refuse,
    hasOwnerToken: refuse,
    profiles: refuse,
    setProfile: refuse,
    removeProfile: refuse,
    trust: refuse,
    addTrust: refuse,
    removeTrust: refuse,
    revokeTrust: refuse,
    noteTrust: refuse,
  };
}
