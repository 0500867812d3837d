/**
 * Bundles with a certificate: an identity provider vouched for a name at the moment of signing, and logs saw it. The
 * sigstore libraries check the certificate's chain and time, its SCT, the entry of the log and the signature.
 * https://github.com/sigstore/architecture-docs/blob/main/client-spec.md#4-verification
 */
import type { TrustMaterial } from '@sigstore/verify';
import { printable } from '#core/reference';
import type { Signer } from '#core/signature';
import type { ReadBundle } from './bundle.ts';
import { badKey, broken } from './failures.ts';

/** One entry of a transparency log, one SCT, one time that the log or a timestamp authority vouches for. */
const THRESHOLDS = { tlogThreshold: 1, ctlogThreshold: 1, timestampThreshold: 1 };
const LONGEST_NAME = 2048;

const material = new WeakMap<object, Promise<TrustMaterial>>();

/** Verifies a bundle against a trust root. Errors: `invalid-signature`, `invalid-key` (the root cannot be read). */
export async function verifyIdentity({ document }: ReadBundle, trustedRoot: unknown): Promise<Signer> {
  const trust = await materialOf(trustedRoot);
  const { bundleFromJSON } = await import('@sigstore/bundle');
  const { toSignedEntity, Verifier } = await import('@sigstore/verify');
  let names: { readonly issuer: unknown; readonly subject: unknown };
  try {
    const entity = toSignedEntity(bundleFromJSON(document));
    if (entity.key.$case === 'certificate') encodeOnce(entity.key.certificate);
    const { identity } = new Verifier(trust, THRESHOLDS).verify(entity);
    names = { issuer: identity?.extensions?.issuer, subject: identity?.subjectAlternativeName };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw broken(`does not hold under the trust root: ${printable(why)}`, cause);
  }
  const { issuer, subject } = names;
  if (!isName(issuer) || !isName(subject)) throw broken('has a certificate that does not say who signed');
  return { kind: 'identity', issuer, subject };
}

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= LONGEST_NAME;

function materialOf(trustedRoot: unknown): Promise<TrustMaterial> {
  if (typeof trustedRoot !== 'object' || trustedRoot === null) throw badKey('the trust root', 'is not an object');
  const known = material.get(trustedRoot);
  if (known) return known;
  const fresh = readTrust(trustedRoot);
  material.set(trustedRoot, fresh);
  return fresh;
}

async function readTrust(trustedRoot: object): Promise<TrustMaterial> {
  const { TrustedRoot } = await import('@sigstore/protobuf-specs');
  const { toTrustMaterial } = await import('@sigstore/verify');
  try {
    const trust = toTrustMaterial(TrustedRoot.fromJSON(trustedRoot));
    trust.certificateAuthorities.flatMap(({ certChain }) => certChain).forEach(encodeOnce);
    return trust;
  } catch (cause) {
    throw badKey('the trust root', 'cannot be read as a sigstore TrustedRoot', cause);
  }
}

type Certificate = TrustMaterial['certificateAuthorities'][number]['certChain'][number];

/**
 * Keeps the DER of a certificate and of its parts. The library writes it anew for every comparison, which was most of the
 * time that a verification took; it changes only clones, which it parses from that DER.
 */
function encodeOnce({ root }: Certificate): void {
  for (const part of [root, ...root.subs]) {
    const encode = part.toDER.bind(part);
    let der: Buffer | undefined;
    part.toDER = () => (der ??= encode());
  }
}
