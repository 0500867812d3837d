import { Argument } from 'commander';
import { SwitchboardError } from '#core/errors';
import { signerText, type TrustedPublisher, type TrustedSigner } from '#core/trust';
import type { Context } from './context.ts';
import { table } from './describe-text.ts';
import { confirm, needPerson, type PersonFlags, personOptions } from './person.ts';
import { type ClientFlags, clientFlags } from './registry/client-of.ts';
import { safeLine } from './safe.ts';
import { type KeyFlags, keyOptions } from './signing/key.ts';
import type { Define } from './verbs.ts';

interface Flags extends PersonFlags, ClientFlags, KeyFlags {
  readonly namespace?: readonly string[];
  readonly identity?: string;
  readonly issuer?: string;
  readonly trustedRoot?: string;
  readonly reason?: string;
  readonly publish?: readonly string[];
}

const ACTIONS = ['add', 'remove', 'revoke', 'list'] as const;
type Action = (typeof ACTIONS)[number];

const collect = (word: string, before: readonly string[] = []): readonly string[] => [...before, word];

/** `trust add|remove|revoke|list [publisher] [key]`: whose components may be installed from registries. */
export const define: Define = (command, act) => {
  command
    .addArgument(new Argument('<action>', 'what to do').choices([...ACTIONS]))
    .argument('[publisher]', 'a name that you give whose key it is; letters, digits and . _ -')
    .argument('[key]', 'a public key on one line or in a file; for remove and revoke also its fingerprint')
    .option('--namespace <pattern>', 'acme:* or acme:clip, more than once for more; else <publisher>:*', collect)
    .option('--identity <subject>', 'instead of a key: a name, as an e-mail address or a workflow')
    .option('--issuer <url>', 'who vouches for that name')
    .option('--trusted-root <file>', 'a trust root of sigstore, in JSON, under which it does')
    .option('--reason <text>', 'for revoke: why the key is believed no more')
    .option('--publish <component>', 'for revoke: have the key say so in the registry, at each version', collect);
  keyOptions(clientFlags(personOptions(command)))
    .addHelpText(
      'after',
      `
What a key signed may be installed for the namespaces that it is trusted for; *:* is every component. Where a key came
from decides what trust in it is worth: compare its fingerprint with what the publisher says elsewhere.

Examples:
  $ switchboard trust add acme ./acme.pub
  $ switchboard trust add acme ./acme.pub --namespace acme:clip --namespace tools:*
  $ switchboard trust revoke acme SHA256:… --reason 'the laptop was stolen'`,
    )
    .action(
      act(async (context, action: Action, publisher: string | undefined, key: string | undefined, flags: Flags) => {
        if (action === 'list') return list(context, publisher);
        if (publisher === undefined) throw usage(`trust ${action} takes a publisher and a key`);
        if (flags.publish !== undefined && action !== 'revoke') throw usage('--publish goes with revoke');
        if (action === 'add') return add(context, publisher, key, flags);
        const word = await signerWord(key, flags);
        await (action === 'remove' ? remove : revoke)(context, publisher, word, flags);
      }),
    );
};

const usage = (message: string): SwitchboardError =>
  new SwitchboardError('invalid-usage', message, { fix: 'switchboard trust --help' });

async function list(context: Context, publisher: string | undefined): Promise<void> {
  const { publishers } = await (await context.attach()).trust();
  const shown = publishers.filter((one) => publisher === undefined || one.publisher === publisher);
  if (shown.length === 0) context.note('nobody is trusted; switchboard trust add <publisher> <key>');
  context.print({ publishers: shown.map(documentOf) }, () =>
    table(shown.map((one) => [one.publisher, one.namespaces.join(' '), ...lineOf(one)]))
      .map((line) => line.slice(2))
      .join('\n'),
  );
}

/** Without the trust root, which nobody reads. */
function documentOf({ signer, ...rest }: TrustedPublisher): object {
  if (signer.kind === 'key') return { ...rest, signer };
  const { trustedRoot: _, ...named } = signer;
  return { ...rest, signer: named };
}

const lineOf = ({ signer, revoked }: TrustedPublisher): string[] => [
  signerText(signer),
  revoked ? `REVOKED${revoked.by === 'key' ? ' by the key itself' : ''}: ${safeLine(revoked.reason, 500)}` : '',
];

async function add(context: Context, publisher: string, key: string | undefined, flags: Flags): Promise<void> {
  const signer = await signerOf(key, flags);
  const namespaces = flags.namespace ?? [`${publisher}:*`];
  await needPerson(context, flags);
  const { checkPublisher } = await import('#core/trust');
  // Before a person is asked: the host would refuse the same after the answer.
  checkPublisher({ publisher, signer, namespaces, addedAt: 0 });
  const host = await context.attach();
  await confirm(
    context,
    flags,
    [
      `What is signed with ${signerText(signer)}`,
      `may be installed from registries as ${safeLine(publisher)}’s, for ${namespaces.includes('*:*') ? 'EVERY component' : namespaces.join(', ')}.`,
      'Is that what the publisher says, in a place that others cannot write to?',
    ].join('\n'),
  );
  const added = await host.addTrust({ publisher, signer, namespaces });
  context.print(documentOf(added), () =>
    [`${added.publisher} is trusted for ${added.namespaces.join(', ')}`, `with ${signerText(added.signer)}`].join('\n'),
  );
}

async function signerOf(key: string | undefined, flags: Flags): Promise<TrustedSigner> {
  const { identity, issuer, trustedRoot } = flags;
  const { publicKeyOf, readTrustedRoot } = await import('./signing/roots.ts');
  if (key !== undefined) {
    if (identity !== undefined) throw usage('give a key or --identity, not both');
    const { readPublicKey } = await import('#signing');
    const { text, fingerprint } = readPublicKey(await publicKeyOf(key));
    return { kind: 'key', publicKey: text, fingerprint };
  }
  if (identity === undefined || issuer === undefined || trustedRoot === undefined) {
    throw usage('give a public key, or --identity with --issuer and --trusted-root');
  }
  const { checkTrustedRoot } = await import('#signing');
  const root = await readTrustedRoot(trustedRoot);
  await checkTrustedRoot(root);
  return { kind: 'identity', subject: identity, issuer, trustedRoot: root };
}

/** What names a signer that is there: a fingerprint, a key or a subject. */
async function signerWord(key: string | undefined, { identity }: Flags): Promise<string> {
  if (key === undefined && identity !== undefined) return identity;
  if (key === undefined) throw usage('name the key, by itself or by its fingerprint');
  if (key.startsWith('SHA256:')) return key;
  const { publicKeyOf } = await import('./signing/roots.ts');
  return publicKeyOf(key);
}

async function remove(context: Context, publisher: string, word: string): Promise<void> {
  const gone = await (await context.attach()).removeTrust(publisher, word);
  if (gone.length === 0) throw notThere(publisher);
  context.print({ removed: gone.map(documentOf) }, () =>
    gone.map((one) => `${one.publisher} is not trusted any more with ${signerText(one.signer)}`).join('\n'),
  );
}

async function revoke(context: Context, publisher: string, word: string, flags: Flags): Promise<void> {
  const { reason, publish } = flags;
  if (reason === undefined) throw usage('say why, with --reason');
  const host = await context.attach();
  const now = await host.revokeTrust(publisher, word, { reason, by: 'owner' });
  const told = publish === undefined ? [] : await announce(context, word, reason, publish, flags);
  if (now.length === 0 && told.length === 0) throw notThere(publisher);
  const signed = (await host.list()).filter(({ record }) =>
    now.some(({ signer }) => record?.includes(signerText(signer))),
  );
  context.print({ revoked: now.map(documentOf), published: told }, () =>
    [
      ...now.map((one) => `${signerText(one.signer)} is revoked: nothing that it signed is installed any more`),
      ...told.map((reference) => `told at ${reference}`),
      ...signed.map(({ name, version }) => `installed, and signed with it: ${name}@${version}`),
    ].join('\n'),
  );
}

/** The key says of itself, at every version of these components, that it is to be believed no more. */
async function announce(
  context: Context,
  word: string,
  reason: string,
  components: readonly string[],
  flags: Flags,
): Promise<readonly string[]> {
  const { withClient } = await import('./registry/client-of.ts');
  const { publishRevocation } = await import('./registry/take-back.ts');
  const { openKey } = await import('./signing/key.ts');
  const key = await openKey(context, flags);
  if (key.fingerprint !== word && key.publicKey !== word) {
    throw new SwitchboardError('invalid-key', `a key is revoked by itself: ${key.fingerprint} is another`, {
      fix: 'name the file of the private key with --key',
    });
  }
  return withClient(context, flags, (client) =>
    context.progress('telling registries', publishRevocation(context, client, key, reason, components)),
  );
}

const notThere = (publisher: string): SwitchboardError =>
  new SwitchboardError(
    'invalid-usage',
    `${safeLine(publisher)} is not trusted with such a key, or it was revoked before`,
    {
      fix: 'switchboard trust list',
    },
  );
