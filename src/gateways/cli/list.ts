import { formatSize } from '#core/limits';
import { componentId, table } from './describe-text.ts';
import type { Define } from './verbs.ts';

/** `list`: what is installed. */
export const define: Define = (command, act) => {
  command.addHelpText('after', '\nExample:\n  $ switchboard list --output json').action(
    act(async (context) => {
      const host = await context.attach();
      const components = (await host.list()).map((installed) => ({
        component: componentId(installed),
        digest: installed.description.digest,
        size: installed.description.size,
        installedAt: installed.installedAt,
        source: installed.source,
        functions: installed.description.functions.length,
      }));
      if (components.length === 0 && !context.json)
        context.note(
          'nothing is installed; switchboard install <file.wasm>, or switchboard serve, which installs the bundled components',
        );
      const rows = components.map((c) => [c.component, formatSize(c.size), `${c.functions} functions`]);
      context.print({ components }, () =>
        table(rows)
          .map((line) => line.slice(2))
          .join('\n'),
      );
    }),
  );
};
