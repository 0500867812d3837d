import { formatSize } from '#core/limits';
import { NO_TRUST } from '#core/trust';
import { componentId, table } from './describe-text.ts';
import { trustDocument, trustWords } from './trust-text.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

/** `list`: what is installed. */
export const define: Define = (command, act) => {
  command.addHelpText('after', '\nExample:\n  $ switchboard list --output json').action(
    act(async (context) => {
      const host = await context.attach();
      const all = await host.list();
      const state = all.some(({ record }) => record !== undefined) ? await host.trust() : NO_TRUST;
      const components = all.map((installed) => ({
        component: componentId(installed),
        digest: installed.description.digest,
        size: installed.description.size,
        installedAt: installed.installedAt,
        source: installed.source,
        functions: installed.description.functions.length,
        ...(installed.record === undefined ? {} : { trust: trustDocument(installed, state) }),
      }));
      if (components.length === 0 && !context.json)
        context.note(
          'nothing is installed; switchboard install <file.wasm>, or switchboard serve, which installs the bundled components',
        );
      const held = state.held.filter(
        (one) =>
          all.some(({ name }) => name === one.component) &&
          !all.some(({ name, version }) => name === one.component && version === one.version),
      );
      const rows = components.map((c) => [
        c.component,
        formatSize(c.size),
        `${c.functions} functions`,
        trustWords(c.trust ?? {}),
      ]);
      context.print({ components, ...(held.length === 0 ? {} : { held }) }, () =>
        [
          ...table(rows).map((line) => line.slice(2)),
          ...held.map((one) =>
            safeLine(
              `${one.component}@${one.version} is held: switchboard update ${one.component} shows what is new in it`,
            ),
          ),
        ].join('\n'),
      );
    }),
  );
};
