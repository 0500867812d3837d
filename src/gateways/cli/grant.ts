import { Option } from 'commander';
import { SwitchboardError } from '#core/errors';
import type { Grant, Permission } from '#core/permission';
import type { Host } from '#host/api';
import { withBundled } from './bundled.ts';
import type { Context } from './context.ts';
import { expiryOf, grantLines, until } from './grant-text.ts';
import { permissionOptions, type PermissionFlags, permissionsOf, permissionText } from './permission-flags.ts';
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
}

interface Wanted {
  readonly permissions: readonly Permission[];
  readonly left: readonly LeftOut[];
}

/** `grant <component> …`: gives permissions. */
export const define: Define = (command, act) => {
  command.argument('<component>', 'namespace:name; a grant is of the name, for versions that request it');
  personOptions(permissionOptions(command))
    .option('--requested', 'everything its manifest requests that needs no choice of yours')
    .option('--expires <duration>', 'take it back after this time, as 30d or 12h')
    .addOption(
      new Option('--for <who>', 'for whose calls').choices(['anyone', 'owner', 'mcp', 'program']).default('anyone'),
    )
    .option('--once', 'for the next call only')
    .option('--unrequested', 'although the manifest does not request it; for this version only')
    .addHelpText(
      'after',
      '\nExamples:\n  $ switchboard grant demo:notes --fs ~/notes:/data:ro --net api.example.com --expires 30d\n  $ switchboard grant demo:notes --requested --fs ~/notes:/data:rw',
    )
    .action(
      act(async (context, component: string, flags: Flags) => {
        const given = permissionsOf(flags);
        const expiresAt = expiryOf(flags.expires);
        if (given.length === 0 && !flags.requested) throw nothingNamed(component);
        await needPerson(context, flags);
        const host = await context.attach();
        const { permissions, left } = await wantedOf(context, host, component, flags, given);
        await confirm(context, flags, question(component, permissions, flags, expiresAt));
        const grants = await host.grant(component, {
          permissions,
          principal: flags.for,
          expiresAt,
          once: flags.once,
          unrequested: flags.unrequested,
        });
        context.print({ component, grants, ...(flags.requested ? { left } : {}) }, () =>
          [...grantLines(grants), ...leftOutLines(component, left)].join('\n'),
        );
      }),
    );
};

/** What the flags name, with what `--requested` adds. Errors: `component-not-found`, `invalid-usage` (nothing is left). */
async function wantedOf(
  context: Context,
  host: Host,
  component: string,
  flags: Flags,
  given: readonly Permission[],
): Promise<Wanted> {
  const policy = await withBundled(context, host, component, () => host.policy(component));
  const requested = flags.requested ? await requestedPermissions(host, policy, given) : { permissions: [], left: [] };
  const permissions = [...given, ...requested.permissions];
  if (permissions.length > 0) return { permissions, left: requested.left };
  const lines = leftOutLines(component, requested.left);
  const message = [`${safeLine(component)} requests nothing that needs no choice`, ...lines].join('\n');
  throw new SwitchboardError('invalid-usage', message, { fix: `switchboard policy show ${safeLine(component)}` });
}

function nothingNamed(component: string): SwitchboardError {
  const fix = `switchboard policy show ${safeLine(component)}`;
  const message = 'name what to grant: --fs, --net, --env, --secret or --requested';
  return new SwitchboardError('invalid-usage', message, { fix });
}

function question(
  component: string,
  permissions: readonly Permission[],
  flags: Flags,
  expiresAt: number | undefined,
): string {
  const whose = {
    anyone: '',
    owner: ', in your own calls',
    mcp: ', in calls over MCP',
    program: ', in calls of programs',
  };
  const terms = `${whose[flags.for]}${until({ ...(flags.once ? { once: true } : {}), ...(expiresAt === undefined ? {} : { expiresAt }) })}`;
  const lines = permissions.map((permission) => `  ${permissionText(permission)}`);
  const also = flags.unrequested ? ['although its manifest does not request it'] : [];
  return [`${safeLine(component)} may from now on${terms}:`, ...lines, ...also].join('\n');
}
