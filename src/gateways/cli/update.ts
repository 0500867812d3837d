import { SwitchboardError } from '#core/errors';
import type { TrustState } from '#core/trust';
import type { Context } from './context.ts';
import { type ClientFlags, clientFlags } from './registry/client-of.ts';
import type { TrustFlags } from './registry/install-word.ts';
import { trustFlags } from './registry/trust-flags.ts';
import type { Outcome, Update } from './registry/updates.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

interface Flags extends ClientFlags, TrustFlags {
  readonly check?: true;
  readonly latest?: true;
  readonly lock?: string | undefined;
}

/** `update [components…]`: newer versions of what came from registries. */
export const define: Define = (command, act) => {
  command.argument('[components...]', 'namespace:name; all that came from registries unless given');
  trustFlags(clientFlags(command))
    .option('--check', 'only say what there is')
    .option('--latest', 'also what the range, or the first number of the version, leaves out')
    .option('--lock <file>', 'the lock file, else switchboard.lock where it is here')
    .addHelpText(
      'after',
      '\nThe version before stays installed; the name alone means the newest. An update that requests more than the version\nbefore, or has another signer, is held until a person allows the difference.\n\nExamples:\n  $ switchboard update --check\n  $ switchboard update acme:clip',
    )
    .action(
      act(async (context, names: readonly string[], flags: Flags) => {
        const { findUpdates, installUpdates } = await import('./registry/updates.ts');
        const { installationOf } = await import('./registry/install-word.ts');
        const { withClient } = await import('./registry/client-of.ts');
        const { updates, outcome } = await withClient(context, flags, async (client) => {
          const install = await installationOf(context, client, flags, { verb: 'update' });
          const found = await context.progress('asking registries', findUpdates(install, names, flags));
          const done = flags.check ? undefined : await installUpdates(install, found, flags);
          await install.verifier.settled();
          return { updates: found, outcome: done };
        });
        const { held } = await (await context.attach()).trust();
        show(context, updates, outcome, held);
      }),
    );
};

function show(
  context: Context,
  updates: readonly Update[],
  outcome: Outcome | undefined,
  held: TrustState['held'],
): void {
  const stopped = outcome?.stopped ?? new Map<string, SwitchboardError>();
  const waits = (one: Update) => held.find(({ manifest }) => manifest === one.to?.manifest);
  const document = {
    updates: updates.map((one) => ({
      component: one.name,
      from: one.from,
      to: one.to?.version ?? one.from,
      latest: one.latest,
      ...(waits(one) ? { held: waits(one)?.differences } : {}),
      ...(one.refusal ? { refused: one.refusal.toJSON() } : {}),
      ...(one.passed.length === 0 ? {} : { passed: one.passed }),
      ...(one.installed ? { installed: one.installed } : {}),
      ...(one.failed ? { error: { code: one.failed.code, message: one.failed.message } } : {}),
    })),
    installed: outcome?.done ?? [],
  };
  const failure = firstOf(stopped, document);
  // A failure is the one document of JSON, and holds this one.
  if (!failure || !context.json) {
    context.print(document, () => updates.flatMap((one) => lines(one, outcome, waits(one) !== undefined)).join('\n'));
  }
  if (updates.length === 0) context.note('nothing that is installed came from a registry');
  if (failure) throw failure;
}

function lines(one: Update, outcome: Outcome | undefined, held: boolean): string[] {
  const { name, from, to, latest, installed, passed } = one;
  const beyond = latest !== (to?.version ?? from) ? ` (${latest} with --latest)` : '';
  const passedOver = passed.map(({ message }) => `${name}: passed over: ${message}`);
  const now = (): string => {
    if (one.failed) return `${name} ${from} could not be asked for: ${one.failed.message}`;
    if (!to) return `${name} ${from} is the newest${beyond === '' ? '' : ` of ${one.range}${beyond}`}`;
    const stop = one.refusal ?? outcome?.stopped.get(name);
    if (stop?.code === 'update-held' || (!outcome && held && !stop)) {
      return `${name} ${from} stays: ${to.version} is held until you allow what is new in it${beyond}`;
    }
    if (stop) return `${name} ${from} stays: ${to.version} is refused (${stop.code})${beyond}`;
    return `${name} ${from} ${outcome ? 'is now' : 'could be'} ${to.version}${beyond}`;
  };
  const told = [
    now(),
    ...passedOver,
    ...(installed
      ? [
          `${name} ${from}, which is installed: ${installed.message}; to be without it: switchboard uninstall ${name}@${from}`,
        ]
      : []),
  ];
  return told.map((line) => safeLine(line, 1_000));
}

/** What stopped the first, with what stopped the others, and what was done all the same. */
function firstOf(stopped: ReadonlyMap<string, SwitchboardError>, document: object): SwitchboardError | undefined {
  const all = [...stopped.values()];
  const [first] = all;
  if (!first) return undefined;
  const message = all.map((error) => error.message).join('\n');
  const fix = all.flatMap((error) => error.fix ?? []).join('\n');
  const data = { ...document, stopped: all.map((error) => error.toJSON()) };
  return new SwitchboardError(first.code, message, { fix: fix === '' ? undefined : fix, data });
}
