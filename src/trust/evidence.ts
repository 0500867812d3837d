/** What the signatures that refer to an artifact say, each checked; nothing of it is judged here. */
import type { Artifact, ArtifactReferrer } from '#core/artifact';
import { SwitchboardError, toSwitchboardError } from '#core/errors';
import { type Digest, printable } from '#core/reference';
import {
  BUNDLE_TYPE,
  PREDICATES,
  type SignatureVerifier,
  type UnknownSigner,
  type VerifiedStatement,
} from '#core/signature';
import type { TrustedPublisher } from '#core/trust';

/** Signatures of one artifact that are read. With more, one that takes a version back could hide among them. */
export const MOST_BUNDLES = 100;
const MOST_BYTES = 16 * 1024 * 1024;
const LARGEST_BUNDLE = 1024 * 1024;
const AT_ONCE = 6;

/** Bundles that were read before, by the digest of what refers; and which those of a manifest were. */
export interface BundleCache {
  get(referrer: string): Promise<Uint8Array | undefined>;
  /** Returns at once; whether it could be written is told to nobody. */
  put(referrer: string, bundle: Uint8Array): void;
  /** What referred to a manifest when that was last asked. */
  list(manifest: Digest): Promise<readonly string[] | undefined>;
  keepList(manifest: Digest, referrers: readonly string[]): void;
  /** When all that was put is written. */
  settled(): Promise<void>;
}

/** What referred to a manifest when its registry could last be asked, without asking it; undefined where that is not known. */
export async function keptReferrers(
  bundles: BundleCache,
  manifest: Digest,
): Promise<readonly ArtifactReferrer[] | undefined> {
  const digests = await bundles.list(manifest);
  if (!digests) return undefined;
  const kept = await Promise.all(digests.map(async (digest) => [digest, await bundles.get(digest)] as const));
  // One that is missing could be the one that takes the version back.
  if (kept.some(([, bytes]) => !bytes)) return undefined;
  return kept.map(([digest, bytes]) => ({
    digest,
    artifactType: BUNDLE_TYPE,
    size: 0,
    annotations: {},
    read: () => Promise.resolve({ mediaType: BUNDLE_TYPE, bytes: bytes ?? new Uint8Array() }),
  }));
}

/** A statement whose signature holds; an identity's under these of the home's trust roots, as `rootText` has them. */
export interface HeldStatement extends VerifiedStatement {
  readonly roots: readonly string[];
}

/** A trust root, to be compared. One root vouches for no identity that the owner trusts under another. */
export const rootText = (root: unknown): string => JSON.stringify(root);

export interface Evidence {
  /** Whose signature holds under a key or root of the home, trusted for this component or not, revoked or not. */
  readonly statements: readonly HeldStatement[];
  /** Who else signed: what the verifier could find out, which is no reason to trust anybody. */
  readonly unknown: readonly UnknownSigner[];
  /** Why others do not count. */
  readonly invalid: readonly string[];
}

export interface EvidencePorts {
  readonly verifier: SignatureVerifier;
  readonly bundles: BundleCache;
}

/** Reads and checks all signatures of an artifact. Errors: `too-large` (more than are read), those of the registry. */
export async function gatherEvidence(
  { verifier, bundles }: EvidencePorts,
  artifact: Artifact,
  referrers: readonly ArtifactReferrer[],
  publishers: readonly TrustedPublisher[],
  signal?: AbortSignal,
): Promise<Evidence> {
  if (referrers.length > MOST_BUNDLES) {
    throw tooMany(artifact, `${referrers.length} signatures or more; at most ${MOST_BUNDLES} are read`);
  }
  const keys = [...new Set(publishers.flatMap(({ signer }) => (signer.kind === 'key' ? [signer.publicKey] : [])))];
  const roots = trustRoots(publishers);
  const statements: HeldStatement[] = [];
  const unknown: UnknownSigner[] = [];
  const invalid: string[] = [];
  let bytes = 0;
  const check = async (referrer: ArtifactReferrer): Promise<void> => {
    const bundle = await bundleOf(bundles, referrer, invalid);
    if (!bundle) return;
    bytes += bundle.length;
    if (bytes > MOST_BYTES) throw tooMany(artifact, `signatures of more than ${MOST_BYTES} bytes`);
    const found = await verified(verifier, bundle, subjectOf(bundle, artifact.manifest), keys, roots);
    if ('statement' in found) statements.push(found.statement);
    else if (found.error.code === 'invalid-signature') invalid.push(found.error.message);
    else unknown.push((found.error.data ?? { hint: '' }) as UnknownSigner);
  };
  const rest = referrers.values();
  const worker = async (): Promise<void> => {
    for (const referrer of rest) {
      signal?.throwIfAborted();
      await check(referrer);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, referrers.length) }, worker));
  bundles.keepList(
    artifact.manifest,
    referrers.map(({ digest }) => digest),
  );
  return { statements, unknown, invalid };
}

const tooMany = ({ reference }: Artifact, what: string): SwitchboardError =>
  new SwitchboardError('too-large', `${printable(reference)} has ${what}`, {
    fix: 'ask the publisher to remove what does not belong there',
  });

function trustRoots(publishers: readonly TrustedPublisher[]): readonly unknown[] {
  const roots = publishers.flatMap(({ signer }) => (signer.kind === 'identity' ? [signer.trustedRoot] : []));
  return [...new Map(roots.map((root) => [rootText(root), root])).values()];
}

/** What somebody pushed that is no bundle is nobody's signature; a registry that fails is an error. */
async function bundleOf(
  bundles: BundleCache,
  referrer: ArtifactReferrer,
  invalid: string[],
): Promise<Uint8Array | undefined> {
  const cached = await bundles.get(referrer.digest);
  if (cached) return cached;
  try {
    const { bytes } = await referrer.read(LARGEST_BUNDLE);
    if (bytes.length > LARGEST_BUNDLE) {
      invalid.push(`a signature has ${bytes.length} bytes`);
      return undefined;
    }
    bundles.put(referrer.digest, bytes);
    return bytes;
  } catch (thrown) {
    const error = toSwitchboardError(thrown);
    if (!['invalid-artifact', 'digest-mismatch', 'too-large'].includes(error.code)) throw error;
    invalid.push(error.message);
    return undefined;
  }
}

type Checked = { readonly statement: HeldStatement } | { readonly error: SwitchboardError };

async function verified(
  verifier: SignatureVerifier,
  bundle: Uint8Array,
  subject: Digest,
  keys: readonly string[],
  roots: readonly unknown[],
): Promise<Checked> {
  let error: SwitchboardError | undefined;
  let held: HeldStatement | undefined;
  for (const given of [{ keys }, ...roots.map((trustedRoot) => ({ keys: [], trustedRoot }))]) {
    try {
      const statement = await verifier.verify(bundle, subject, given);
      if (statement.subjects.includes(subject)) {
        if (!('trustedRoot' in given)) return { statement: { ...statement, roots: [] } };
        // Which of the roots vouch for it is for whoever judges: none is asked in the place of another.
        held = { ...statement, roots: [...(held?.roots ?? []), rootText(given.trustedRoot)] };
      } else error = new SwitchboardError('invalid-signature', `a signature is not of ${subject}`);
    } catch (thrown) {
      const now = toSwitchboardError(thrown);
      if (now.code !== 'invalid-signature' && now.code !== 'unknown-signer') throw now;
      // That it is nobody's that is known says less than that it does not hold.
      if (error?.code !== 'invalid-signature') error = now;
    }
  }
  if (held) return { statement: held };
  return { error: error ?? new SwitchboardError('unknown-signer', 'no key is trusted yet') };
}

/**
 * What a bundle must be about to count: the artifact; but where it says that it revokes a key, that key. Read loosely, since
 * nothing of it is believed: the verifier then holds the whole bundle to it.
 */
function subjectOf(bundle: Uint8Array, manifest: Digest): Digest {
  try {
    const { dsseEnvelope } = JSON.parse(Buffer.from(bundle).toString('utf8')) as Loose;
    const payload = (dsseEnvelope as Loose)['payload'];
    const { predicateType, subject } = JSON.parse(Buffer.from(String(payload), 'base64').toString('utf8')) as Loose;
    if (predicateType !== PREDICATES.revocation) return manifest;
    const [{ digest } = {}] = subject as readonly Loose[];
    return `sha256:${String((digest as Loose)['sha256'])}`;
  } catch {
    return manifest;
  }
}

interface Loose {
  readonly [key: string]: unknown;
}
