import { componentId, descriptionDocument, descriptionText } from './describe-text.ts';
import { withBundled } from './bundled.ts';
import { safeLine } from './safe.ts';
import { trustDocument, trustLines } from './trust-text.ts';
import type { Define } from './verbs.ts';

/** `info <component>`: as `inspect`, of what is installed. */
export const define: Define = (command, act) => {
  command
    .argument('<component>', 'namespace:name, or namespace:name@version')
    .addHelpText('after', '\nExample:\n  $ switchboard info switchboard:text')
    .action(
      act(async (context, reference: string) => {
        const host = await context.attach();
        const installed = await withBundled(context, host, reference, () => host.info(reference));
        const { installedAt, source, description } = installed;
        const component = componentId(installed);
        const limits = await host.limits(component);
        const trust = installed.record === undefined ? {} : trustDocument(installed, await host.trust());
        context.print(
          {
            component,
            installedAt,
            source,
            ...(installed.record === undefined ? {} : { trust }),
            ...descriptionDocument(description, limits),
          },
          () =>
            [
              component,
              `from     ${safeLine(source)}, ${new Date(installedAt).toISOString()}`,
              ...trustLines(trust),
              descriptionText(description, installed.name, limits),
            ].join('\n'),
        );
      }),
    );
};
