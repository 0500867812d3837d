import { SwitchboardError } from '#core/errors';
import type { Host } from '#host/api';
import type { InstalledComponent } from '#core';
import { componentId, descriptionDocument, descriptionText } from './describe-text.ts';
import { withBundled } from './bundled.ts';
import type { Context } from './context.ts';
import { type ClientFlags, clientFlags } from './registry/client-of.ts';
import { isInRegistry } from './registry/words.ts';
import { safeLine } from './safe.ts';
import { trustDocument, trustLines } from './trust-text.ts';
import type { Define } from './verbs.ts';

/** `info <component>`: as `inspect`, of what is installed, else of what a registry has under that name. */
export const define: Define = (command, act) => {
  command.argument(
    '<component>',
    'namespace:name[@version]; what is not installed is looked for in its registry, as oci://… is',
  );
  clientFlags(command)
    .addHelpText(
      'after',
      '\nExamples:\n  $ switchboard info switchboard:text\n  $ switchboard info oci://ghcr.io/acme/clip:1.0.0',
    )
    .action(
      act(async (context, reference: string, flags: ClientFlags) => {
        const host = await context.attach();
        const installed = await installedOr(context, host, reference, flags);
        if (!installed) return;
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

/** Undefined where a registry had it, and it was shown. Errors: `component-not-found` where neither has it. */
async function installedOr(
  context: Context,
  host: Host,
  word: string,
  flags: ClientFlags,
): Promise<InstalledComponent | undefined> {
  const fromRegistry = async (): Promise<undefined> => {
    const { infoWord } = await import('./registry/info-word.ts');
    await infoWord(context, word, flags);
  };
  if (word.startsWith('oci://')) return fromRegistry();
  try {
    return await withBundled(context, host, word, () => host.info(word));
  } catch (thrown) {
    if (!(await isElsewhere(context, word, thrown))) throw thrown;
    try {
      return await fromRegistry();
    } catch (error) {
      throw error instanceof SwitchboardError && error.code === 'version-not-found' ? thrown : error;
    }
  }
}

/** Whether what is not installed could be in a registry: it is a name or a range, and a registry is set for it. */
async function isElsewhere(context: Context, word: string, thrown: unknown): Promise<boolean> {
  if (!(thrown instanceof SwitchboardError) || !isInRegistry(word)) return false;
  if (!['component-not-found', 'invalid-reference'].includes(thrown.code)) return false;
  const { placeOf, readSettings } = await import('#registry/client/settings');
  try {
    placeOf(readSettings(context.home), word.replace(/@.*$/, ''));
    return true;
  } catch {
    return false;
  }
}
