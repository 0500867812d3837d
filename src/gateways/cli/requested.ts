/** What a manifest requests, as far as it can be granted without a choice of the owner's. */
import { formatPermission, requestCovers } from '#core/grants';
import type { Permission, PermissionRequest } from '#core/permission';
import type { ComponentPolicy, Host } from '#host/api';
import { safeLine } from './safe.ts';

/** A request that was not granted, why, and what would. */
export interface LeftOut {
  readonly request: PermissionRequest;
  readonly why: string;
  /** Arguments of `switchboard`. */
  readonly command: string;
}

/**
 * The requests but those that `given` serves already. A directory and the value of a variable are the owner's choice; a
 * secret must be there.
 */
export async function requestedPermissions(
  host: Host,
  { component, requests }: ComponentPolicy,
  given: readonly Permission[],
): Promise<{ permissions: Permission[]; left: LeftOut[] }> {
  const secrets = new Set((await host.listSecrets()).map(({ name }) => name));
  const name = component.replace(/@.*/, '');
  const permissions: Permission[] = [];
  const left: LeftOut[] = [];
  for (const { request } of requests) {
    if (given.some((permission) => requestCovers(request, permission))) continue;
    const grant = (flag: string): string => `grant ${name} ${safeLine(flag)}`;
    if (request.kind === 'fs') {
      left.push({ request, why: 'which directory is your choice', command: grant(formatPermission(request)) });
    } else if (request.kind === 'env') {
      left.push({ request, why: 'its value is your choice', command: grant(`--env ${request.name}`) });
    } else if (request.kind === 'secret' && !secrets.has(request.name)) {
      left.push({ request, why: 'there is no such secret', command: `secret set ${request.name}` });
    } else {
      const { reason: _, ...permission } = request;
      permissions.push(permission);
    }
  }
  return { permissions, left };
}

export function leftOutLines(component: string, left: readonly LeftOut[]): string[] {
  return left.map(({ why, command }) => `${safeLine(component)} also requests, ${why}: switchboard ${command}`);
}
