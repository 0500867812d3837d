import { SwitchboardError } from '#core/errors';
import { table } from './describe-text.ts';
import { type ClientFlags, clientFlags } from './registry/client-of.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

interface Flags extends ClientFlags {
  readonly registry?: string | undefined;
  readonly most: string;
}

/** `search <words…>`: components of a registry. */
export const define: Define = (command, act) => {
  command.argument('<words...>', 'all of which a component’s name or description has');
  clientFlags(command)
    .option('--registry <host>', 'which; else the default of registry set')
    .option('--most <n>', 'results', '25')
    .addHelpText('after', '\nExample:\n  $ switchboard search markdown table')
    .action(
      act(async (context, words: readonly string[], flags: Flags) => {
        const { withClient } = await import('./registry/client-of.ts');
        const { parsePrefix } = await import('#registry/client/reference');
        const { leadsTo, readSettings } = await import('#registry/client/settings');
        const { searchRegistry } = await import('#registry/client/search');
        const settings = readSettings(context.home);
        const places = new Set(Object.values(settings.namespaces).map((one) => parsePrefix(one).registry));
        const place = flags.registry ?? settings.default ?? (places.size === 1 ? [...places][0] : undefined);
        if (place === undefined) {
          const several = places.size > 1;
          throw new SwitchboardError(
            'invalid-setting',
            several ? `which registry? ${[...places].join(', ')}` : 'no registry is set to search in',
            {
              fix: several
                ? `switchboard search ${words.join(' ')} --registry ${[...places][0]}`
                : 'switchboard registry set --default ghcr.io/your-name',
            },
          );
        }
        if (!/^[1-9]\d{0,2}$/.test(flags.most)) {
          throw new SwitchboardError('invalid-usage', '--most takes a number of 1 to 999');
        }
        const { registry } = parsePrefix(place);
        const { from, results } = await withClient(context, flags, (client) =>
          context.progress(
            `searching ${safeLine(registry)}`,
            searchRegistry(client.connection(registry), words.join(' '), Number(flags.most), context.signal),
          ),
        );
        if (from === 'catalogue') context.note(`${registry} has no index: only names were searched`);
        if (results.length === 0) context.note('nothing was found');
        // A name that means another place here would install something else, or nothing.
        const found = results.map((one) => ({
          ...one,
          name: one.name !== undefined && leadsTo(settings, one.name, registry, one.repository) ? one.name : undefined,
          reference: `oci://${registry}/${one.repository}`,
        }));
        context.print({ registry, from, results: found }, () =>
          table(
            found.map(({ name, reference, versions, description }) => [
              safeLine(name ?? reference),
              safeLine(versions[0] ?? ''),
              safeLine(description).slice(0, 100),
            ]),
          ).join('\n'),
        );
      }),
    );
};
