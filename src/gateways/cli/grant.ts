import { Option } from 'commander';
import { PRINCIPAL_KINDS } from '#core/context';
import { SwitchboardError } from '#core/errors';
import { requestCovers } from '#core/grants';
import type { Limits } from '#core/limits';
import type { Grant, Permission } from '#core/permission';
import type { ComponentLimits, Host } from '#host/api';
import type { WassettePolicy } from '#host/wassette-policy';
import { settledPermission } from '#host/host-directories';
import { withBundled } from './bundled.ts';
import type { Context } from './context.ts';
import { expiryOf, grantLines, until } from './grant-text.ts';
import {
  homeLines,
  permissionOptions,
  type PermissionFlags,
  permissionsOf,
  permissionText,
} from './permission-flags.ts';
import { changedLimits, leftOutOfPolicyLines, limitChangeLines, readPolicyFile } from './policy-file.ts';
import { confirm, needPerson, type PersonFlags, personOptions } from './person.ts';
import { type LeftOut, leftOutLines, requestedPermissions } from './requested.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

interface Flags extends PermissionFlags, PersonFlags {
  readonly expires?: string;
  readonly for: Grant['principal'];
  readonly once?: boolean;
  readonly unrequested?: boolean;
  readonly requested?: boolean;
  readonly policy?: string;
}

interface Wanted {
  readonly permissions: readonly Permission[];
  readonly left: readonly LeftOut[];
}

/** What a policy file adds. */
interface FromFile {
  readonly policy: WassettePolicy;
  /** What applies now. */
  readonly now: ComponentLimits;
  /** What it changes of that. */
  readonly limits: Partial<Limits>;
}

/** `grant <component> …`: gives permissions. */
export const define: Define = (command, act) => {
  command.argument('<component>', 'namespace:name; a grant is of the name, for versions that request it');
  personOptions(permissionOptions(command))
    .option('--requested', 'everything its manifest requests that needs no choice of yours')
    .addOption(
      new Option('--policy <file>', 'what this policy.yaml of wassette allows, and its limits').conflicts('requested'),
    )
    .option('--expires <duration>', 'take it back after this time, as 30d or 12h')
    .addOption(new Option('--for <who>', 'for whose calls').choices(['anyone', ...PRINCIPAL_KINDS]).default('anyone'))
    .option('--once', 'for the next call only')
    .option('--unrequested', 'although the manifest does not request it; for this version only')
    .addHelpText(
      'after',
      '\nExamples:\n  $ switchboard grant demo:notes --fs ~/notes:/data:ro --net api.example.com --expires 30d\n  $ switchboard grant demo:notes --requested --fs ~/notes:/data:rw\n  $ switchboard grant demo:notes --policy notes.policy.yaml',
    )
    .action(
      act(async (context, component: string, flags: Flags) => {
        const given = permissionsOf(flags);
        const expiresAt = expiryOf(flags.expires);
        const file = flags.policy === undefined ? undefined : await readPolicyFile(flags.policy, given);
        if (given.length === 0 && !flags.requested && !file) throw nothingNamed(component);
        await needPerson(context, flags);
        const host = await context.attach();
        const { permissions: wanted, left } = await wantedOf(context, host, component, flags, [
          ...given,
          ...(file?.permissions ?? []),
        ]);
        // As the host will keep them: what a person agrees to is where a symlink leads.
        const permissions = wanted.map((permission) => settledPermission(permission, host.home));
        const fromFile = file && (await limitsOfFile(host, component, file));
        if (permissions.length + Object.keys(fromFile?.limits ?? {}).length === 0)
          throw nothingLeft(component, left, fromFile);
        await confirm(
          context,
          flags,
          question(component, permissions, flags, expiresAt, fromFile, homeLines(permissions, host.home)),
        );
        const grants =
          permissions.length === 0
            ? []
            : await host.grant(component, {
                permissions,
                principal: flags.for,
                expiresAt,
                once: flags.once,
                unrequested: flags.unrequested,
              });
        if (fromFile && Object.keys(fromFile.limits).length > 0) await host.setLimits(component, fromFile.limits);
        const document = {
          component,
          grants,
          ...(flags.requested ? { left } : {}),
          ...(fromFile ? { limits: fromFile.limits, leftOut: fromFile.policy.leftOut } : {}),
        };
        context.print(document, () =>
          [
            ...grantLines(grants),
            ...(fromFile ? limitChangeLines(fromFile.limits, fromFile.now) : []).map(
              (line) => `set ${line.replace(', now ', '; it was ')}`,
            ),
            ...leftOutLines(component, left),
            ...leftOutOfPolicyLines(fromFile?.policy.leftOut ?? []).map((line) => `left out, ${line}`),
          ].join('\n'),
        );
      }),
    );
};

async function limitsOfFile(host: Host, component: string, policy: WassettePolicy): Promise<FromFile> {
  const now = await host.limits(component);
  return { policy, now, limits: changedLimits(policy.limits, now) };
}

/** What the flags and the file name, with what `--requested` adds. Errors: `component-not-found`, `not-requested`. */
async function wantedOf(
  context: Context,
  host: Host,
  component: string,
  flags: Flags,
  given: readonly Permission[],
): Promise<Wanted> {
  const policy = await withBundled(context, host, component, () => host.policy(component));
  // Before a person is asked: the host would refuse the same after the answer.
  const { manifest } = policy;
  const other =
    manifest && !flags.unrequested
      ? given.find((permission) => !manifest.permissions.some((request) => requestCovers(request, permission)))
      : undefined;
  if (other) {
    throw new SwitchboardError(
      'not-requested',
      `the manifest of ${safeLine(component)} does not request to ${permissionText(other)}`,
      { fix: 'add --unrequested to grant it all the same, for this version only' },
    );
  }
  const requested = flags.requested ? await requestedPermissions(host, policy, given) : { permissions: [], left: [] };
  return { permissions: [...given, ...requested.permissions], left: requested.left };
}

function nothingLeft(component: string, left: readonly LeftOut[], file: FromFile | undefined): SwitchboardError {
  const why = file
    ? 'the policy gives nothing that is not there already'
    : `${safeLine(component)} requests nothing that needs no choice`;
  const lines = [...leftOutLines(component, left), ...leftOutOfPolicyLines(file?.policy.leftOut ?? [])];
  const fix = `switchboard policy show ${safeLine(component)}`;
  return new SwitchboardError('invalid-usage', [why, ...lines].join('\n'), { fix });
}

function nothingNamed(component: string): SwitchboardError {
  const fix = `switchboard policy show ${safeLine(component)}`;
  const message =
    'name what to grant: --fs, --net, --env, --secret, --kv, --blob, --elicit, --sample, --call, --schedule, --requested or --policy';
  return new SwitchboardError('invalid-usage', message, { fix });
}

function question(
  component: string,
  permissions: readonly Permission[],
  flags: Flags,
  expiresAt: number | undefined,
  file: FromFile | undefined,
  notes: readonly string[],
): string {
  const whose = {
    anyone: '',
    owner: ', in your own calls',
    mcp: ', in calls over MCP',
    program: ', in calls of programs',
    schedule: ', in calls that it arranged for later',
  };
  const terms = `${whose[flags.for]}${until({ ...(flags.once ? { once: true } : {}), ...(expiresAt === undefined ? {} : { expiresAt }) })}`;
  const lines = permissions.map((permission) => `  ${permissionText(permission)}`);
  const also = flags.unrequested ? ['although its manifest does not request it'] : [];
  const limits = file ? limitChangeLines(file.limits, file.now) : [];
  const leftOut = leftOutOfPolicyLines(file?.policy.leftOut ?? []);
  return [
    ...(lines.length === 0 ? [] : [`${safeLine(component)} may from now on${terms}:`]),
    ...lines,
    ...notes,
    ...also,
    ...(limits.length === 0 ? [] : [`the limits of ${safeLine(component)} become, for every call:`]),
    ...limits.map((line) => `  ${line}`),
    ...(leftOut.length === 0 ? [] : ['nothing comes of what the policy also says:']),
    ...leftOut.map((line) => `  ${line}`),
  ].join('\n');
}
