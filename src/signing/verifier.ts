/** Who signed a bundle, and what it says. */
import { printable } from '#core/reference';
import { SwitchboardError } from '#core/errors';
import type {
  PublicKeyText,
  SignatureRoots,
  SignatureVerifier,
  Signer,
  SubjectDigest,
  UnknownSigner,
  VerifiedStatement,
} from '#core/signature';
import { type ReadBundle, readBundle } from './bundle.ts';
import { broken } from './failures.ts';
import { verifyIdentity } from './keyless.ts';
import { type PublicKey, readPublicKey } from './public-key.ts';
import { readStatement } from './statement.ts';

/**
 * A verifier of sigstore bundles. Keys are read once. A bundle that names a key needs only that key: entries of logs that
 * it may have are not looked at. Ed25519, ECDSA and RSA by the key's own kind, so that a bundle cannot choose.
 */
export function signatureVerifier(): SignatureVerifier {
  const read = new Map<PublicKeyText, PublicKey>();
  const keyOf = (text: PublicKeyText): PublicKey => {
    const known = read.get(text);
    if (known) return known;
    const fresh = readPublicKey(text);
    read.set(text, fresh);
    return fresh;
  };
  return {
    async verify(bytes, subject, roots) {
      const bundle = readBundle(bytes);
      const signer = await signerOf(bundle, roots, keyOf);
      const statement = readStatement(bundle.payload);
      if (!statement.subjects.includes(subject)) throw ofAnother(subject);
      return { signer, ...statement } satisfies VerifiedStatement;
    },
  };
}

function signerOf(
  bundle: ReadBundle,
  roots: SignatureRoots,
  keyOf: (text: PublicKeyText) => PublicKey,
): Promise<Signer> | Signer {
  if (bundle.signer.kind === 'certificate') {
    if (roots.trustedRoot !== undefined) return verifyIdentity(bundle, roots.trustedRoot);
    throw unknown('it is signed by an identity, and no trust root was given', { hint: 'certificate' });
  }
  const { hint } = bundle.signer;
  const keys = roots.keys.map(keyOf);
  // What the hint names first; it may name nothing, or something else, in other programs' bundles.
  const named = keys.find((key) => isHintOf(hint, key));
  const holder = [...(named ? [named] : []), ...keys].find((key) => key.holds(bundle.signed, bundle.signature));
  if (holder) return { kind: 'key', fingerprint: holder.fingerprint, publicKey: holder.text };
  if (named) throw broken(`does not hold under the key that it names, ${named.fingerprint}`);
  const claimed = claimedKey(bundle);
  const shown = printable(hint, 100);
  throw claimed
    ? unknown(`it is signed by the key ${claimed.fingerprint}, which is none of those that are known here`, {
        hint: shown,
        publicKey: claimed.text,
        fingerprint: claimed.fingerprint,
      })
    : unknown(`it is signed by a key that is none of those that are known here (it says: ${shown})`, { hint: shown });
}

/** Our hint is the fingerprint; others give the same digest with padding, or in hex. */
function isHintOf(hint: string, { fingerprint }: PublicKey): boolean {
  const base64 = fingerprint.slice('SHA256:'.length);
  const hex = (): string => Buffer.from(base64, 'base64').toString('hex');
  return [fingerprint, base64, `${base64}=`].includes(hint) || hint.toLowerCase() === hex();
}

/** The key that the statement names, where the signature holds under it: one's own word, but for the signature. */
function claimedKey({ payload, signed, signature }: ReadBundle): PublicKey | undefined {
  try {
    const { publicKey } = readStatement(payload).predicate;
    const key = typeof publicKey === 'string' ? readPublicKey(publicKey) : undefined;
    return key?.holds(signed, signature) ? key : undefined;
  } catch {
    return undefined;
  }
}

const unknown = (message: string, data: UnknownSigner): SwitchboardError =>
  new SwitchboardError('unknown-signer', message, { data });

const ofAnother = (subject: SubjectDigest): SwitchboardError =>
  new SwitchboardError('invalid-signature', `the signature holds, but is not of ${subject}`, {
    fix: 'look for what was signed; this is something else',
  });
