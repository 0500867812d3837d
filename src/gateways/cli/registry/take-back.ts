/** What a publisher takes back, said where others look: signed, beside what it is about. */
import { SwitchboardError } from '#core/errors';
import { parseReference } from '#core/reference';
import { BUNDLE_TYPE, PREDICATES } from '#core/signature';
import { type Statement, revocationStatement, yankStatement } from '#core/statements';
import type { RegistryClient } from '#registry/client/client';
import { attach } from '#registry/client/publish';
import { formatArtifact, parseArtifactReference, tagOfVersion } from '#registry/client/reference';
import { type Resolved, versionsIn } from '#registry/client/resolve';
import { placeOf, readSettings } from '#registry/client/settings';
import { LARGEST_BUNDLE, type SigningKey, signatureVerifier, signStatement } from '#signing';
import { MOST_BUNDLES } from '#trust/evidence';
import type { Context } from '../context.ts';
import { safeLine } from '../safe.ts';
import { bundleAttachment } from '../signing/bundles.ts';

/** Says that one version is not to be installed any more. Its bytes stay: others' lock files and hashes keep their meaning. */
export async function publishYank(
  context: Context,
  client: RegistryClient,
  key: SigningKey,
  word: string,
  reason: string,
): Promise<Resolved & { readonly isOwn: boolean }> {
  const artifact = await client.resolve(word);
  const isOwn = await isSignedBy(key, artifact);
  const { name, version, manifest, digest } = artifact;
  const signed = { name, version, manifest, component: digest, publicKey: key.publicKey };
  await push(context, artifact, yankStatement(signed, reason), key);
  return { ...artifact, isOwn };
}

/** Whether the key said of it that it was published; of as many signatures as anybody reads. */
async function isSignedBy({ publicKey }: SigningKey, artifact: Resolved): Promise<boolean> {
  const verifier = signatureVerifier();
  for (const referrer of (await artifact.referrers(BUNDLE_TYPE)).slice(0, MOST_BUNDLES)) {
    try {
      const { bytes } = await referrer.read(LARGEST_BUNDLE);
      const { predicateType } = await verifier.verify(bytes, artifact.manifest, { keys: [publicKey] });
      if (predicateType === PREDICATES.publish) return true;
    } catch (error) {
      if (!(error instanceof SwitchboardError) || error.kind === 'system') throw error;
    }
  }
  return false;
}

/** Says at every version of each component that the key is to be believed no more. Where that was said. */
export async function publishRevocation(
  context: Context,
  client: RegistryClient,
  key: SigningKey,
  reason: string,
  components: readonly string[],
): Promise<readonly string[]> {
  const statement = revocationStatement(key, reason);
  const told: string[] = [];
  for (const word of components) {
    const { registry, repository } = word.startsWith('oci://')
      ? parseArtifactReference(word)
      : placeOf(readSettings(context.home), parseReference(word).name);
    const versions = versionsIn(await client.open({ registry, repository }).tags(context.signal));
    if (versions.length === 0) {
      throw new SwitchboardError('version-not-found', `there is no version of ${safeLine(word)} to say it at`);
    }
    for (const version of versions) {
      const artifact = await client.resolve(formatArtifact({ registry, repository, tag: tagOfVersion(version) }));
      await push(context, artifact, statement, key);
      told.push(artifact.reference);
    }
  }
  return told;
}

async function push(context: Context, artifact: Resolved, statement: Statement, key: SigningKey): Promise<void> {
  const { repository, manifest } = artifact;
  const fetched = await repository.manifest(manifest, context.signal);
  if (!fetched)
    throw new SwitchboardError('version-not-found', `${safeLine(artifact.reference)} is not there any more`);
  const subject = { mediaType: fetched.manifest.mediaType, digest: manifest, size: fetched.bytes.length };
  await attach(repository, subject, bundleAttachment(signStatement(statement, key), statement), context.signal);
}
