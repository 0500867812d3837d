import { Argument, Option } from 'commander';
import { parseCallPattern } from '#core/call-pattern';
import { SwitchboardError } from '#core/errors';
import { guestDirectory, parsePermission } from '#core/grants';
import { parseAddress } from '#core/net-address';
import { parseStore } from '#core/store-grants';
import type { AccessDecision, AccessRequest } from '#core/access';
import { PRINCIPAL_KINDS, type Principal } from '#core/context';
import type { ComponentLimits, ComponentPolicy } from '#host/api';
import { withBundled } from './bundled.ts';
import type { Context } from './context.ts';
import { limitLines, table } from './describe-text.ts';
import { until } from './grant-text.ts';
import { policyFileDocument, policyFileText, readPolicyFile } from './policy-file.ts';
import { permissionFlag, permissionOptions, type PermissionFlags, permissionText } from './permission-flags.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

interface Flags extends PermissionFlags {
  readonly policy?: string;
  readonly for?: Principal['kind'];
}

/** `policy show|check <component>`. */
export const define: Define = (command, act) => {
  command
    .addArgument(new Argument('<action>', 'what is requested and granted, or one access').choices(['show', 'check']))
    .argument('<component>', 'namespace:name[@version]');
  permissionOptions(command)
    .option('--policy <file>', 'for check: what this policy.yaml of wassette would give; nothing is changed')
    .addOption(new Option('--for <who>', 'for check: in whose calls (default: owner)').choices(PRINCIPAL_KINDS))
    .addHelpText(
      'after',
      '\nFor check, --fs takes a path of the guest: /data/file:ro or :rw. A name’s addresses are decided when it is used.\n\nExamples:\n  $ switchboard policy show demo:notes\n  $ switchboard policy check demo:notes --net api.example.com:443\n  $ switchboard policy check demo:notes --policy notes.policy.yaml',
    )
    .action(
      act(async (context, action: 'show' | 'check', component: string, flags: Flags) => {
        if (action === 'check' && flags.policy !== undefined) return checkFile(context, component, flags.policy, flags);
        if (action === 'show' && flags.for !== undefined) {
          throw new SwitchboardError('invalid-usage', '--for is of check; show tells of each grant for whom it is');
        }
        const accesses = action === 'check' ? accessesOf(flags) : [];
        const host = await context.attach();
        if (action === 'show') {
          const policy = await withBundled(context, host, component, () => host.policy(component));
          const limits = await host.limits(policy.component);
          context.print({ ...policy, limits }, () => policyText(policy, limits));
          return;
        }
        let decision: AccessDecision = { allowed: true };
        for (const access of accesses) {
          decision = await withBundled(context, host, component, () => host.checkAccess(component, access, flags.for));
          if (!decision.allowed) throw refusal(component, decision.denial);
        }
        context.print(decision, () => 'allowed');
      }),
    );
};

/** Shows what a file would give, and changes nothing. */
async function checkFile(context: Context, component: string, file: string, flags: Flags): Promise<void> {
  const { fs, net, env, secret, kv, blob, elicit, sample, call, schedule } = flags;
  if ([fs, net, env, secret, kv, blob, elicit, sample, call, schedule].some((one) => one !== undefined)) {
    throw new SwitchboardError('invalid-usage', 'name one access or a policy, not both');
  }
  if (flags.for !== undefined) {
    throw new SwitchboardError('invalid-usage', '--for goes with one access: a policy is for everybody’s calls');
  }
  const wanted = await readPolicyFile(file, []);
  const host = await context.attach();
  const policy = await withBundled(context, host, component, () => host.policy(component));
  const document = policyFileDocument(file, wanted, policy, await host.limits(component));
  context.print(document, () => policyFileText(document));
}

function refusal(component: string, denial: (AccessDecision & { allowed: false })['denial']): SwitchboardError {
  const { what, reason, grant } = denial;
  const fix = grant === undefined ? undefined : `switchboard grant ${component.replace(/@.*/, '')} ${grant}`;
  return new SwitchboardError('denied', `${what}: ${reason}`, { fix, data: denial });
}

/** What a component would have decided, one after another: of an address the host and then the address. */
function accessesOf(flags: PermissionFlags): readonly AccessRequest[] {
  const { fs = [], net = [], env = [], secret = [], kv = [], blob = [], call = [] } = flags;
  const asks = (['elicit', 'sample', 'schedule'] as const).filter((kind) => flags[kind]);
  const [first, ...more] = [...fs, ...net, ...env, ...secret, ...kv, ...blob, ...call];
  const [ask] = asks;
  if (ask !== undefined && asks.length === 1 && first === undefined) return [{ kind: ask }];
  if (first === undefined || more.length + asks.length > 0) {
    const all = '--fs, --net, --env, --secret, --kv, --blob, --elicit, --sample, --call or --schedule';
    throw new SwitchboardError('invalid-usage', `name one access: ${all}`);
  }
  if (fs.length > 0) {
    const m = /^(\/.*?)(?::(ro|rw))?$/.exec(first);
    if (!m?.[1]) throw new SwitchboardError('invalid-setting', `--fs "${safeLine(first)}": write /path:ro or /path:rw`);
    return [{ kind: 'fs', path: guestDirectory(m[1]), write: m[2] === 'rw' }];
  }
  if (net.length > 0) return networkAccesses(first);
  for (const kind of ['kv', 'blob'] as const) {
    if (flags[kind] === undefined) continue;
    const { name, mode } = parseStore(kind, first);
    return [{ kind, name, write: mode === 'rw' }];
  }
  if (call.length > 0) {
    const { component, function: id } = parseCallPattern(first);
    if (id === undefined || first.includes('*')) {
      throw new SwitchboardError(
        'invalid-setting',
        `--call "${safeLine(first)}": name one function, as demo:text#count`,
      );
    }
    return [{ kind: 'call', component, id, name: id }];
  }
  return [{ kind: env.length > 0 ? 'env' : 'secret', name: first }];
}

function networkAccesses(text: string): readonly AccessRequest[] {
  const wanted = parsePermission('net', text);
  const pattern = wanted.kind !== 'net' || wanted.host.includes('*') || wanted.host.includes('/');
  if (pattern || wanted.port === '*') {
    throw new SwitchboardError('invalid-setting', `--net "${safeLine(text)}": name one host and one port`);
  }
  const { host, port = 443 } = wanted;
  const access = { kind: 'net', host, port } as const;
  return parseAddress(host) ? [access, { kind: 'address', host, address: host, port }] : [access];
}

function policyText({ component, manifest, requests, grants }: ComponentPolicy, limits: ComponentLimits): string {
  const name = component.replace(/@.*/, '');
  const lines = [component];
  if (!manifest) lines.push('no manifest: what is granted counts for this version only');
  else if (requests.length === 0) lines.push('requests nothing');
  if (requests.length > 0) {
    lines.push('requests');
    lines.push(
      ...table(
        requests.map(({ request, grants: ids }) => {
          const { reason, ...wanted } = request;
          const item = wanted.kind === 'env' ? { ...wanted, value: '' } : wanted;
          const state = ids.length > 0 ? 'granted' : `not granted: switchboard grant ${name} ${permissionFlag(item)}`;
          return [permissionText(item), `“${safeLine(reason)}”`, state];
        }),
      ),
    );
  }
  const named = limitLines(name, limits);
  if (named.length > 0) lines.push('limits', ...named);
  lines.push(grants.length === 0 ? 'grants: none' : 'grants');
  lines.push(
    ...table(
      grants.map((grant) => [
        grant.id,
        `${permissionText(grant.permission)}${until(grant)}`,
        grant.principal === 'anyone' ? '' : `for ${grant.principal}`,
        grant.counts ? '' : 'does not count for this version',
      ]),
    ),
  );
  return lines.join('\n');
}
