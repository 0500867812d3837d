import { Argument } from 'commander';
import { type PersonFlags, personOptions, proveOwner } from './person.ts';
import type { Define } from './verbs.ts';

/** `owner-token create|remove`: lets scripts of the owner's grant without a terminal. */
export const define: Define = (command, act) => {
  command.addArgument(
    new Argument('<action>', 'make one: the one before counts no longer').choices(['create', 'remove']),
  );
  personOptions(command)
    .addHelpText(
      'after',
      '\nIt is shown once. Keep it where no agent can read it.\n\nExample:\n  $ switchboard owner-token create',
    )
    .action(
      act(async (context, action: 'create' | 'remove', flags: PersonFlags) => {
        if (action === 'create') await proveOwner(context, flags, 'Make a token that can grant anything?');
        const host = await context.attach();
        if (action === 'create') {
          const token = await host.createOwnerToken();
          context.print({ token }, () => token);
        } else {
          const removed = await host.removeOwnerToken();
          context.print({ removed }, () => (removed ? 'removed' : 'there was none'));
        }
      }),
    );
};
