import { Argument } from 'commander';
import { SwitchboardError } from '#core/errors';
import { table } from './describe-text.ts';
import { type PersonFlags, personOptions, proveOwner, readHidden } from './person.ts';
import type { Define } from './verbs.ts';

const ACTIONS = ['set', 'list', 'remove', 'unlock', 'protect'] as const;

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
      act(
        async (
          context,
          action: (typeof ACTIONS)[number],
          name: string | undefined,
          flags: PersonFlags & { off?: boolean },
        ) => {
          const host = await context.attach();
          if (action === 'list') {
            const secrets = await host.listSecrets();
            context.print({ secrets }, () =>
              secrets.length === 0
                ? 'no secrets'
                : table(
                    secrets.map((s) => [s.name, `changed ${new Date(s.changedAt).toISOString().slice(0, 16)}Z`]),
                  ).join('\n'),
            );
          } else if (action === 'remove') {
            const removed = await host.removeSecret(needName(name));
            if (!removed) throw new SwitchboardError('secret-not-found', `there is no secret ${needName(name)}`);
            context.print({ name, removed }, () => `removed ${name}`);
          } else if (action === 'set') {
            const wanted = needName(name);
            await proveOwner(context, { ...flags, yes: true }, '');
            await host.setSecret(wanted, await readHidden(`value of ${wanted}: `, context.signal));
            context.print({ name: wanted }, () => `set ${wanted}`);
          } else if (action === 'unlock') {
            await proveOwner(context, { ...flags, yes: true }, '');
            await host.unlockSecrets(await readHidden('passphrase: ', context.signal));
            context.print({ locked: false }, () => 'unlocked while this host runs');
          } else {
            await proveOwner(context, { ...flags, yes: true }, '');
            await host.protectSecrets(flags.off ? undefined : await readHidden('new passphrase: ', context.signal));
            context.print({ protected: !flags.off }, () =>
              flags.off ? 'the secrets are kept under a key in the home' : 'the secrets are kept under the passphrase',
            );
          }
        },
      ),
    );
};

function needName(name: string | undefined): string {
  if (name !== undefined) return name;
  throw new SwitchboardError('invalid-usage', 'name the secret');
}
