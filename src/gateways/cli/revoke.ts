import { SwitchboardError } from '#core/errors';
import { permissionText } from './permission-flags.ts';
import type { Define } from './verbs.ts';

/** `revoke <component> <id…>|--all`: takes grants back, also from what runs. */
export const define: Define = (command, act) => {
  command
    .argument('<component>', 'namespace:name')
    .argument('[id...]', 'grants, as policy show lists them')
    .option('--all', 'every grant of the component')
    .addHelpText('after', '\nExample:\n  $ switchboard revoke demo:notes --all')
    .action(
      act(async (context, component: string, ids: string[], flags: { readonly all?: boolean }) => {
        if (ids.length > 0 === (flags.all === true)) {
          const fix = `switchboard policy show ${component}`;
          throw new SwitchboardError('invalid-usage', 'name the grants to take back, or --all', { fix });
        }
        const host = await context.attach();
        const revoked = await host.revoke(component, flags.all ? undefined : ids);
        context.print({ component, revoked }, () =>
          revoked.length === 0
            ? `${component} has no grants`
            : revoked.map((grant) => `revoked ${grant.id}: ${permissionText(grant.permission)}`).join('\n'),
        );
      }),
    );
};
