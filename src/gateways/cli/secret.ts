import { Argument } from 'commander';
import { SwitchboardError } from '#core/errors';
import type { Host } from '#host/api';
import type { Context } from './context.ts';
import { table } from './describe-text.ts';
import { confirm, needPerson, type PersonFlags, personOptions } from './person.ts';
import { readHidden, readHiddenTwice } from './prompt.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

const ACTIONS = ['set', 'list', 'remove', 'unlock', 'protect'] as const;

interface Flags extends PersonFlags {
  readonly off?: boolean;
}

/** `secret set|list|remove|unlock|protect`. A value is read from the input, never from the arguments. */
export const define: Define = (command, act) => {
  command
    .addArgument(new Argument('<action>', 'what to do').choices(ACTIONS))
    .argument('[name]', 'of the secret, for set and remove');
  personOptions(command)
    .option('--off', 'protect: no passphrase any more, a key in the home instead')
    .addHelpText(
      'after',
      '\nThe value, or the passphrase, is typed without being shown, or read from the standard input.\n\nExample:\n  $ switchboard secret set GITHUB_TOKEN < token.txt --owner-token-file owner.txt',
    )
    .action(
      act(async (context, action: (typeof ACTIONS)[number], name: string | undefined, flags: Flags) => {
        // Before anything is typed.
        if (action === 'set' || action === 'unlock' || action === 'protect') await needPerson(context, flags);
        const named = action === 'set' || action === 'remove' ? needName(name) : '';
        const host = await context.attach();
        await PERFORM[action](context, host, named, flags);
      }),
    );
};

type Perform = (context: Context, host: Host, name: string, flags: Flags) => Promise<void>;

const PERFORM: { readonly [K in (typeof ACTIONS)[number]]: Perform } = {
  async list(context, host) {
    const secrets = await host.listSecrets();
    const rows = (): string[][] =>
      secrets.map((one) => [one.name, `changed ${new Date(one.changedAt).toISOString().slice(0, 16)}Z`]);
    context.print({ secrets }, () => (secrets.length === 0 ? 'no secrets' : table(rows()).join('\n')));
  },
  async remove(context, host, name) {
    const removed = await host.removeSecret(name);
    if (!removed) {
      throw new SwitchboardError('secret-not-found', `there is no secret ${safeLine(name)}`, {
        fix: 'switchboard secret list',
      });
    }
    context.print({ name, removed }, () => `removed ${name}`);
  },
  async set(context, host, name) {
    context.settle();
    await host.setSecret(name, await readHidden(`value of ${safeLine(name)}: `, context.signal));
    context.print({ name }, () => `set ${name}`);
  },
  async unlock(context, host) {
    context.settle();
    await host.unlockSecrets(await readHidden('passphrase: ', context.signal));
    context.print({ locked: false }, () => 'unlocked while this host runs');
  },
  async protect(context, host, _name, flags) {
    if (flags.off) {
      await confirm(context, flags, 'Keep the secrets under a key in the home, without a passphrase?');
      await host.protectSecrets();
      context.print({ protected: false }, () => 'the secrets are kept under a key in the home');
      return;
    }
    context.settle();
    const passphrase = await readHiddenTwice('new passphrase: ', context.signal);
    if (passphrase === '') throw new SwitchboardError('invalid-usage', 'the passphrase is empty; nothing was changed');
    await host.protectSecrets(passphrase);
    context.print({ protected: true }, () => 'the secrets are kept under the passphrase');
  },
};

function needName(name: string | undefined): string {
  if (name !== undefined) return name;
  throw new SwitchboardError('invalid-usage', 'name the secret');
}
