import { Argument } from 'commander';
import { confirm, needPerson, type PersonFlags, personOptions } from './person.ts';
import type { Define } from './verbs.ts';

const ACTIONS = ['create', 'remove', 'status'] as const;

/** `owner-token create|remove|status`: lets scripts of the owner's decide without a terminal. */
export const define: Define = (command, act) => {
  command.addArgument(
    new Argument('<action>', 'create: the one before counts no longer; status: whether there is one').choices(ACTIONS),
  );
  personOptions(command)
    .addHelpText(
      'after',
      '\nIt is shown once. Keep it where no agent can read it.\n\nExample:\n  $ switchboard owner-token create > ~/owner-token',
    )
    .action(
      act(async (context, action: (typeof ACTIONS)[number], flags: PersonFlags) => {
        if (action === 'create') {
          await needPerson(context, flags);
          await confirm(context, flags, 'Make a token with which a program can grant anything?');
          const token = await (await context.attach()).createOwnerToken();
          context.print({ token }, () => token);
        } else if (action === 'remove') {
          const removed = await (await context.attach()).removeOwnerToken();
          context.print({ removed }, () => (removed ? 'removed' : 'there was none'));
        } else {
          const exists = await (await context.attach()).hasOwnerToken();
          context.print({ exists }, () => (exists ? 'there is an owner token' : 'there is no owner token'));
        }
      }),
    );
};
