import { SwitchboardError } from '#core/errors';
import { parseReference } from '#core/reference';
import { type ClientFlags, clientFlags } from './registry/client-of.ts';
import { safeLine } from './safe.ts';
import { type KeyFlags, keyOptions, openKey } from './signing/key.ts';
import type { Define } from './verbs.ts';

interface Flags extends ClientFlags, KeyFlags {
  readonly reason: string;
}

/** `yank <component> --reason …`: a published version is not installed any more. */
export const define: Define = (command, act) => {
  command.argument('<component>', 'namespace:name@1.0.0 or oci://host/namespace/name:1.0.0');
  keyOptions(clientFlags(command))
    .requiredOption('--reason <text>', 'why; everybody who would have installed it reads that')
    .addHelpText(
      'after',
      '\nThe version stays in the registry, since what is published is not changed; it is signed beside it that it is taken\nback. Those who trust your key do not install it any more, and are told where it is installed.\n\nExample:\n  $ switchboard yank acme:clip@1.1.0 --reason "loses data; use 1.1.1"',
    )
    .action(
      act(async (context, word: string, flags: Flags) => {
        const exact = word.startsWith('oci://')
          ? /:[^/:]+$|@sha256:/.test(word)
          : parseReference(word).version !== undefined;
        if (!exact) {
          throw new SwitchboardError('invalid-usage', `name one version of ${safeLine(word)}`, {
            fix: `switchboard versions ${safeLine(word)}`,
          });
        }
        const { publishYank } = await import('./registry/take-back.ts');
        const { withClient } = await import('./registry/client-of.ts');
        const key = await openKey(context, flags);
        const { reference, name, version, manifest, isOwn } = await withClient(context, flags, (client) =>
          context.progress(`yanking ${safeLine(word)}`, publishYank(context, client, key, word, flags.reason)),
        );
        if (!isOwn) {
          context.note(
            `WARNING: ${name}@${version} is not signed with this key: it is taken back only for those who trust the key for ${name}`,
          );
        }
        const document = { component: `${name}@${version}`, reference, manifest, reason: flags.reason };
        context.print(document, () => `${reference} is taken back: ${safeLine(flags.reason, 500)}`);
      }),
    );
};
