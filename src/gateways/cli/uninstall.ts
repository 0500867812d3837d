import { componentId } from './describe-text.ts';
import type { Define } from './verbs.ts';

/** `uninstall <component>`: a version, or all versions of a name. */
export const define: Define = (command, act) => {
  command
    .argument('<component>', 'namespace:name for all its versions, or namespace:name@version')
    .addHelpText('after', '\nExample:\n  $ switchboard uninstall demo:text@1.0.0')
    .action(
      act(async (context, reference: string) => {
        const gone = await (await context.attach()).uninstall(reference);
        const removed = gone.map((one) => ({ component: componentId(one), digest: one.description.digest }));
        context.print({ removed }, () => removed.map((one) => `removed ${one.component}`).join('\n'));
      }),
    );
};
