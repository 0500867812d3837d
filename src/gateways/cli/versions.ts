import { type ClientFlags, clientFlags } from './registry/client-of.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

/** `versions <component>`: what a registry has of it, newest first. */
export const define: Define = (command, act) => {
  command.argument('<component>', 'namespace:name or oci://host/namespace/name');
  clientFlags(command)
    .addHelpText('after', '\nExample:\n  $ switchboard versions acme:clip')
    .action(
      act(async (context, word: string, flags: ClientFlags) => {
        const { withClient } = await import('./registry/client-of.ts');
        const { formatArtifact, parseArtifactReference } = await import('#registry/client/reference');
        const { placeOf, readSettings } = await import('#registry/client/settings');
        const { versionsIn } = await import('#registry/client/resolve');
        const { parseReference } = await import('#core/reference');
        const { registry, repository } = word.startsWith('oci://')
          ? parseArtifactReference(word)
          : placeOf(readSettings(context.home), parseReference(word).name);
        const versions = await withClient(context, flags, async (client) => {
          const tags = client.open({ registry, repository }).tags(context.signal);
          return versionsIn(await context.progress(`asking ${safeLine(registry)}`, tags));
        });
        const from = formatArtifact({ registry, repository });
        if (versions.length === 0) context.note(`there is no version at ${from}`);
        context.print({ from, versions }, () => versions.map((one) => safeLine(one)).join('\n'));
      }),
    );
};
