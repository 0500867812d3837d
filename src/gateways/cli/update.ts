import { type ClientFlags, clientFlags } from './registry/client-of.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

interface Flags extends ClientFlags {
  readonly check?: true;
  readonly latest?: true;
  readonly lock?: string | undefined;
}

/** `update [components…]`: newer versions of what came from registries. */
export const define: Define = (command, act) => {
  command.argument('[components...]', 'namespace:name; all that came from registries unless given');
  clientFlags(command)
    .option('--check', 'only say what there is')
    .option('--latest', 'also what the range, or the first number of the version, leaves out')
    .option('--lock <file>', 'the lock file, else switchboard.lock where it is here')
    .addHelpText(
      'after',
      '\nThe version before stays installed; the name alone means the newest.\n\nExamples:\n  $ switchboard update --check\n  $ switchboard update acme:clip',
    )
    .action(
      act(async (context, names: readonly string[], flags: Flags) => {
        const { findUpdates, installUpdates } = await import('./registry/updates.ts');
        const { withClient } = await import('./registry/client-of.ts');
        const { updates, installed } = await withClient(context, flags, async (client) => {
          const found = await context.progress('asking registries', findUpdates(context, client, names, flags));
          return { updates: found, installed: flags.check ? [] : await installUpdates(context, client, found, flags) };
        });
        const document = {
          updates: updates.map(({ name, from, to, latest, failed }) => ({
            component: name,
            from,
            to: to?.version ?? from,
            latest,
            ...(failed === undefined ? {} : { error: { code: failed.code, message: failed.message } }),
          })),
          installed,
        };
        context.print(document, () =>
          updates
            .map(({ name, from, to, latest, range, failed }) => {
              if (failed) return `${name} ${from} could not be asked for: ${failed.message}`;
              const beyond = latest !== (to?.version ?? from) ? ` (${latest} with --latest)` : '';
              if (!to) return `${name} ${from} is the newest${beyond === '' ? '' : ` of ${range}${beyond}`}`;
              return `${name} ${from} ${flags.check ? 'could be' : 'is now'} ${to.version}${beyond}`;
            })
            .map((line) => safeLine(line))
            .join('\n'),
        );
        if (updates.length === 0) context.note('nothing that is installed came from a registry');
      }),
    );
};
