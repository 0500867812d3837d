import { Argument } from 'commander';
import type { Define } from './verbs.ts';

/** `token show|rotate`: the bearer token of the HTTP listener. */
export const define: Define = (command, act) => {
  command
    .addArgument(
      new Argument('<action>', 'show it, or make a new one: the old one stops working at once').choices([
        'show',
        'rotate',
      ]),
    )
    .addHelpText('after', '\nExample:\n  $ switchboard token show')
    .action(
      act(async (context, action: 'show' | 'rotate') => {
        const host = await context.attach();
        const token = await (action === 'rotate' ? host.rotateToken() : host.token());
        context.print({ token }, () => token);
      }),
    );
};
