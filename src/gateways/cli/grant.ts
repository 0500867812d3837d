import { Option } from 'commander';
import { SwitchboardError } from '#core/errors';
import { parseDuration } from '#core/limits';
import type { Grant } from '#core/permission';
import { withBundled } from './bundled.ts';
import { permissionOptions, type PermissionFlags, permissionsOf, permissionText } from './permission-flags.ts';
import { type PersonFlags, personOptions, proveOwner } from './person.ts';
import type { Define } from './verbs.ts';

interface Flags extends PermissionFlags, PersonFlags {
  readonly expires?: string;
  readonly for: Grant['principal'];
  readonly once?: boolean;
  readonly unrequested?: boolean;
}

/** `grant <component> …`: gives permissions. */
export const define: Define = (command, act) => {
  command.argument('<component>', 'namespace:name; a grant is of the name, for versions that request it');
  personOptions(permissionOptions(command))
    .option('--expires <duration>', 'take it back after this time, as 30d or 12h')
    .addOption(
      new Option('--for <who>', 'for whose calls').choices(['anyone', 'owner', 'mcp', 'program']).default('anyone'),
    )
    .option('--once', 'for the next call only')
    .option('--unrequested', 'although the manifest does not request it; for this version only')
    .addHelpText(
      'after',
      '\nExample:\n  $ switchboard grant demo:notes --fs ~/notes:/data:ro --net api.example.com --expires 30d',
    )
    .action(
      act(async (context, component: string, flags: Flags) => {
        const permissions = permissionsOf(flags);
        if (permissions.length === 0) {
          const fix = `switchboard policy show ${component}`;
          throw new SwitchboardError('invalid-usage', 'name what to grant: --fs, --net, --env or --secret', { fix });
        }
        const expiresAt = flags.expires === undefined ? undefined : Date.now() + parseDays(flags.expires);
        const list = permissions.map((permission) => `  ${permissionText(permission)}`).join('\n');
        await proveOwner(
          context,
          flags,
          `${component} may from now on${flags.once ? ', in its next call' : ''}:\n${list}`,
        );
        const host = await context.attach();
        const grants = await withBundled(context, host, component, () =>
          host.grant(component, {
            permissions,
            principal: flags.for,
            expiresAt,
            once: flags.once,
            unrequested: flags.unrequested,
          }),
        );
        context.print({ component, grants }, () =>
          grants.map((grant) => `granted ${grant.id}: ${permissionText(grant.permission)}${until(grant)}`).join('\n'),
        );
      }),
    );
};

/** A duration that may be in days. */
export function parseDays(text: string): number {
  const days = /^(\d{1,5})d$/.exec(text.trim());
  return days ? Number(days[1]) * 86_400_000 : parseDuration(text);
}

export function until(grant: Grant): string {
  if (grant.once) return ', for one call';
  return grant.expiresAt === undefined ? '' : `, until ${new Date(grant.expiresAt).toISOString().slice(0, 16)}Z`;
}
