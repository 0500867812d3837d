import { existsSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { errnoOf, SwitchboardError } from '#core/errors';
import { parseReference } from '#core/reference';
import { publishStatement } from '#core/statements';
import type { Context } from './context.ts';
import { type ClientFlags, clientFlags } from './registry/client-of.ts';
import { isInRegistry } from './registry/words.ts';
import { safeLine } from './safe.ts';
import { bundleAttachment, bundlePathOf } from './signing/bundles.ts';
import { type KeyFlags, keyOptions, openKey } from './signing/key.ts';
import { readSmall } from './signing/read-small.ts';
import type { Define } from './verbs.ts';

interface Flags extends ClientFlags, KeyFlags {
  readonly as?: string | undefined;
  readonly out?: string | undefined;
}

/** `sign <file | reference>`: a sigstore bundle beside the file, or in the registry as a referrer of the component. */
export const define: Define = (command, act) => {
  command.argument(
    '<what>',
    'a component: a file, the folder of a project, oci://host/namespace/name:version or namespace:name@version',
  );
  keyOptions(clientFlags(command))
    .option('--as <reference>', 'for a file that does not say its name and version: namespace:name@1.0.0')
    .option('--out <file>', 'for a file: where the bundle goes; else <file>.sigstore.json')
    .addHelpText(
      'after',
      '\nExamples:\n  $ switchboard sign ./clip.wasm\n  $ switchboard sign oci://ghcr.io/acme/acme/clip:1.0.0',
    )
    .action(
      act(async (context, what: string, flags: Flags) => {
        if (!isInRegistry(what)) return signFile(context, await fileOf(context, what), flags);
        if (flags.as !== undefined || flags.out !== undefined) {
          throw new SwitchboardError('invalid-usage', '--as and --out are for a file');
        }
        await signInRegistry(context, what, flags);
      }),
    );
};

/** A project is built where something changed. */
async function fileOf(context: Context, what: string): Promise<string> {
  if (!statSync(what, { throwIfNoEntry: false })?.isDirectory()) return what;
  const { builtProject } = await import('./dev-install.ts');
  return (await builtProject(context, what)).out;
}

async function signFile(context: Context, file: string, flags: Flags): Promise<void> {
  const { describeSource } = await import('#host/source');
  const { description } = await describeSource(file, context.signal);
  const says = description.types.package;
  const own = flags.as ?? says;
  const { name, version } = own === undefined ? {} : parseReference(own);
  if (name === undefined || version === undefined) throw nameless(file);
  if (says !== undefined && parseReference(says).version !== undefined && says !== `${name}@${version}`) {
    throw new SwitchboardError('invalid-reference', `the component says that it is ${safeLine(says)}`, {
      fix: 'leave --as out',
    });
  }
  const key = await openKey(context, flags);
  const { publicKey, fingerprint } = key;
  const { signStatement } = await import('#signing');
  const { digest } = description;
  const bundle = signStatement(publishStatement({ name, version, component: digest, publicKey }), key);
  const out = resolve(flags.out ?? bundlePathOf(file));
  if (existsSync(out)) await checkOwn(out, fingerprint);
  try {
    await writeFile(out, bundle);
  } catch (cause) {
    const why = String(errnoOf(cause) ?? cause);
    throw new SwitchboardError('file-unreadable', `cannot write ${safeLine(out)}: ${why}`, { cause });
  }
  const component = `${name}@${version}`;
  context.print({ component, digest, bundle: out, fingerprint }, () =>
    [`signed ${component} (${digest})`, `with   ${fingerprint}`, `bundle ${safeLine(out, 1000)}`].join('\n'),
  );
}

/** What is there is replaced only where it is a signature of the same key. Errors: `invalid-usage`. */
async function checkOwn(path: string, fingerprint: string): Promise<void> {
  const { LARGEST_BUNDLE, readBundle } = await import('#signing');
  let isOwn = false;
  try {
    const { signer } = readBundle(await readSmall(path, LARGEST_BUNDLE));
    isOwn = signer.kind === 'key' && signer.hint === fingerprint;
  } catch {
    // Not a bundle: not ours to replace either.
  }
  if (isOwn) return;
  throw new SwitchboardError('invalid-usage', `${safeLine(path, 1000)} is there and is another's signature, or none`, {
    fix: 'give --out <another file>',
  });
}

const nameless = (file: string): SwitchboardError =>
  new SwitchboardError('invalid-reference', `${safeLine(file)} does not say its name and version; give them`, {
    fix: `switchboard sign ${safeLine(file)} --as namespace:name@1.0.0`,
  });

async function signInRegistry(context: Context, word: string, flags: Flags): Promise<void> {
  const { withClient } = await import('./registry/client-of.ts');
  const { attach } = await import('#registry/client/publish');
  const { signStatement } = await import('#signing');
  const signed = await withClient(context, flags, async (client) => {
    const artifact = await context.progress(`asking for ${safeLine(word)}`, client.resolve(word));
    const { name, version, manifest, digest, repository } = artifact;
    const fetched = await repository.manifest(manifest, context.signal);
    if (!fetched) throw new SwitchboardError('version-not-found', `${safeLine(word)} is not there any more`);
    // The registry could have put something else there: whoever signs sees what, before the passphrase.
    context.note(`to be signed as ${name}@${version}, as the registry has it:`);
    context.note(`manifest  ${manifest}\ncomponent ${digest}`);
    const key = await openKey(context, flags);
    const { publicKey, fingerprint } = key;
    const statement = publishStatement({ name, version, manifest, component: digest, publicKey });
    const subject = { mediaType: fetched.manifest.mediaType, digest: manifest, size: fetched.bytes.length };
    const attachment = bundleAttachment(signStatement(statement, key), statement);
    const work = attach(repository, subject, attachment, context.signal);
    const pushed = await context.progress(`signing ${safeLine(artifact.reference)}`, work);
    return { artifact, fingerprint, pushed };
  });
  const { artifact, fingerprint, pushed } = signed;
  const { name, version, reference, manifest, digest } = artifact;
  const document = { component: `${name}@${version}`, reference, manifest, digest, bundle: pushed.digest, fingerprint };
  context.print(document, () => [`signed ${reference}`, `manifest ${manifest}`, `with     ${fingerprint}`].join('\n'));
}
