/** A component published with the signature of whoever publishes it. */
import type { Digest } from '#core/reference';
import { publishStatement } from '#core/statements';
import { attach, publishComponent, type Publication, type Published } from '#registry/client/publish';
import type { Place } from '#registry/client/reference';
import type { Repository } from '#registry/client/repository';
import { type SigningKey, signStatement } from '#signing';
import type { Context } from '../context.ts';
import { bundleAttachment } from './bundles.ts';
import { type KeyFlags, keyPathOf, openKey } from './key.ts';

/**
 * The key that signs, opened before anything is pushed: the one named, or the home's. Where there is none, or signing was
 * declined, that is said. Errors: those of opening it.
 */
export async function keyToPublishWith(
  context: Context,
  flags: KeyFlags & { readonly sign: boolean },
): Promise<SigningKey | undefined> {
  if (flags.sign && keyPathOf(context, flags) !== undefined) return openKey(context, flags);
  context.note(
    'WARNING: this is published unsigned: nobody can tell that it is yours, and others refuse to install it.',
  );
  if (flags.sign)
    context.note('WARNING: make a key with switchboard keygen, then publish again: that adds a signature.');
  return undefined;
}

/** As `publishComponent`; with a key its signature is attached to the manifest. The same again adds nothing. */
export async function publishSigned(
  repository: Repository,
  place: Place,
  publication: Publication,
  key: SigningKey | undefined,
  signal: AbortSignal,
): Promise<Published> {
  const published = await publishComponent(repository, place, publication, signal);
  if (!key) return published;
  const { name, version } = publication.facts;
  const statement = publishStatement({
    name,
    version,
    manifest: published.manifest.digest as Digest,
    component: publication.component.digest,
    publicKey: key.publicKey,
  });
  const attachment = bundleAttachment(signStatement(statement, key), statement);
  const signature = await attach(repository, published.manifest, attachment, signal);
  return { ...published, attachments: [...published.attachments, signature] };
}
