/** The host's methods about permissions for fakes that have none: each refuses. */
import type { PermissionMethods } from '#gateways/control/permission-client';

export function noPermissionMethods(): PermissionMethods {
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
  };
}
