/** What a component asks for and has, as a model may know it: no secret, no value of a variable, no path of the machine. */
import { formatPermission, requestCovers } from '#core/grants';
import type { Grant, Permission, PermissionRequest } from '#core/permission';
import { printable } from '#core/reference';
import type { Host } from '#host/api';
import { findVersion } from './call-tool.ts';
import { asText, checkKeys } from './manage-arguments.ts';
import { cleanText } from './schemas.ts';
import type { ToolView } from './view.ts';

type Answer = { readonly [name: string]: unknown };

export async function getPolicy(
  host: Host,
  view: ToolView,
  args: { readonly [name: string]: unknown },
): Promise<Answer> {
  checkKeys(args, ['component']);
  const { name, version } = findVersion(view, asText(args, 'component'));
  const { component, requests, grants } = await host.policy(`${name}@${version}`);
  const given = grants.filter(({ counts, principal }) => counts && (principal === 'anyone' || principal === 'mcp'));
  const missing = requests.filter(({ request }) => !given.some(({ permission }) => requestCovers(request, permission)));
  return {
    component,
    granted: given.map(grantOf),
    requested: requests.map(({ request }) => {
      const [text] = requestTexts([request]);
      if (!missing.some((one) => one.request === request)) return { ...text, granted: true };
      return { ...text, granted: false, command: command(name, [request]) };
    }),
    ...(missing.length === 0
      ? {}
      : {
          command: command(
            name,
            missing.map(({ request }) => request),
          ),
        }),
  };
}

/** What a manifest requests, each as `switchboard_request_permission` takes it and with the reason the author gave. */
export function requestTexts(
  requests: readonly PermissionRequest[],
): readonly { permission: string; reason: string }[] {
  return requests.map((request) => ({ permission: permissionText(request), reason: cleanText(request.reason) }));
}

function grantOf({ permission, expiresAt, once }: Grant): Answer {
  return {
    permission: permissionText(permission),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
    ...(once === true ? { once: true } : {}),
  };
}

function permissionText(one: Permission | PermissionRequest): string {
  if (one.kind === 'fs') return printable(`fs ${one.guest}:${one.mode}`, 2_000);
  if (one.kind === 'net') return printable(`net ${one.host}${one.port === undefined ? '' : `:${one.port}`}`);
  return printable('name' in one ? `${one.kind} ${one.name}` : one.kind);
}

/** The command that a person would run to give these. */
function command(name: string, requests: readonly PermissionRequest[]): string {
  const flags = requests.map((request) => {
    const { reason: _, ...wanted } = request;
    return formatPermission(wanted.kind === 'env' ? { ...wanted, value: '' } : wanted);
  });
  return printable(['switchboard grant', name, ...flags].join(' '), 10_000);
}
