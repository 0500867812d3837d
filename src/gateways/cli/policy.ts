import { SwitchboardError } from '#core/errors';
import { guestDirectory, parsePermission } from '#core/grants';
import type { AccessRequest } from '#core/access';
import type { ComponentPolicy } from '#host/api';
import { withBundled } from './bundled.ts';
import { table } from './describe-text.ts';
import { until } from './grant.ts';
import { permissionFlag, permissionOptions, type PermissionFlags, permissionText } from './permission-flags.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

/** `policy show|check <component>`. */
export const define: Define = (command, act) => {
  command
    .argument('<action>', 'show what is requested and granted, or check one access')
    .argument('<component>', 'namespace:name[@version]');
  permissionOptions(command)
    .addHelpText(
      'after',
      '\nFor check, --fs takes a path of the guest: /data/file:ro or :rw.\n\nExamples:\n  $ switchboard policy show demo:notes\n  $ switchboard policy check demo:notes --net api.example.com:443',
    )
    .action(
      act(async (context, action: string, component: string, flags: PermissionFlags) => {
        const host = await context.attach();
        if (action === 'show') {
          const policy = await withBundled(context, host, component, () => host.policy(component));
          context.print(policy, () => policyText(policy));
          return;
        }
        if (action !== 'check')
          throw new SwitchboardError('invalid-usage', `policy is show or check, not "${safeLine(action)}"`);
        const access = accessOf(flags);
        const decision = await withBundled(context, host, component, () => host.checkAccess(component, access));
        if (!decision.allowed) {
          const { what, reason, grant } = decision.denial;
          const fix = grant === undefined ? undefined : `switchboard grant ${component.replace(/@.*/, '')} ${grant}`;
          throw new SwitchboardError('denied', `${what}: ${reason}`, { fix, data: decision.denial });
        }
        context.print(decision, () => 'allowed');
      }),
    );
};

function accessOf({ fs = [], net = [], env = [], secret = [] }: PermissionFlags): AccessRequest {
  const [first, ...more] = [...fs, ...net, ...env, ...secret];
  if (first === undefined || more.length > 0) {
    throw new SwitchboardError('invalid-usage', 'name one access: --fs, --net, --env or --secret');
  }
  if (fs.length > 0) {
    const m = /^(\/.*?)(?::(ro|rw))?$/.exec(first);
    if (!m?.[1]) throw new SwitchboardError('invalid-setting', `--fs "${safeLine(first)}": write /path:ro or /path:rw`);
    return { kind: 'fs', path: guestDirectory(m[1]), write: m[2] === 'rw' };
  }
  if (net.length > 0) {
    const permission = parsePermission('net', first);
    if (permission.kind !== 'net') throw new SwitchboardError('internal', 'not a host');
    return { kind: 'net', host: permission.host, port: typeof permission.port === 'number' ? permission.port : 443 };
  }
  return { kind: env.length > 0 ? 'env' : 'secret', name: first };
}

function policyText({ component, manifest, requests, grants }: ComponentPolicy): string {
  const name = component.replace(/@.*/, '');
  const lines = [component];
  if (!manifest) lines.push('  its manifest: none; what is granted counts for this version only');
  else if (requests.length === 0) lines.push('  requests nothing');
  if (requests.length > 0) {
    lines.push('requests');
    lines.push(
      ...table(
        requests.map(({ request, grants: ids }) => {
          const { reason, ...wanted } = request;
          const item = wanted.kind === 'env' ? { ...wanted, value: '' } : wanted;
          const state = ids.length > 0 ? 'granted' : `not granted: switchboard grant ${name} ${permissionFlag(item)}`;
          return [`  ${permissionText(item)}`, `“${safeLine(reason)}”`, state];
        }),
      ),
    );
  }
  lines.push(grants.length === 0 ? 'grants: none' : 'grants');
  lines.push(
    ...table(
      grants.map((grant) => [
        `  ${grant.id}`,
        `${permissionText(grant.permission)}${until(grant)}`,
        grant.principal === 'anyone' ? '' : `for ${grant.principal}`,
        grant.counts ? '' : 'does not count for this version',
      ]),
    ),
  );
  return lines.join('\n');
}
