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
  let names: Names | undefined;
  try {
    const entity = toSignedEntity(bundleFromJSON(document));
    if (entity.key.$case !== 'certificate') throw new Error('there is no certificate');
    encodeOnce(entity.key.certificate);
    new Verifier(trust, THRESHOLDS).verify(entity);
    names = namesIn(entity.key.certificate);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw broken(`does not hold under the trust root: ${printable(why)}`, cause);
  }
  if (!names) throw broken('has a certificate that does not say who signed, by one name and one issuer');
  return { kind: 'identity', ...names };
}

interface Names {
  readonly issuer: string;
  readonly subject: string;
}

/** Of Fulcio: the issuer as a UTF8String, and as it was before, bare. */
const ISSUER_2 = '1.3.6.1.4.1.57264.1.8';
const ISSUER_1 = '1.3.6.1.4.1.57264.1.1';
const ALTERNATIVE_NAMES = '2.5.29.17';
const EMAIL = 0x01;
const URI = 0x06;

/**
 * Who a certificate is of, and who vouched. The library drops the eighth bit of each byte and takes the first of several
 * names: what is compared with what a person wrote must be all there is, byte by byte. Undefined where it is not.
 */
export function namesIn(certificate: Certificate): Names | undefined {
  const [name, ...more] = certificate.extension(ALTERNATIVE_NAMES)?.valueObj.subs[0]?.subs ?? [];
  if (!name || more.length > 0 || ![EMAIL, URI].some((tag) => name.tag.isContextSpecific(tag))) return undefined;
  const second = certificate.extension(ISSUER_2);
  const issuer = nameOf(second ? second.valueObj.subs[0]?.value : certificate.extension(ISSUER_1)?.value);
  const subject = nameOf(name.value);
  return issuer === undefined || subject === undefined ? undefined : { issuer, subject };
}

function nameOf(bytes: Uint8Array | undefined): string | undefined {
  const text = Buffer.from(bytes ?? []).toString('latin1');
  return text.length <= LONGEST_NAME && /^[\x21-\x7e]+$/.test(text) ? text : undefined;
}

/** Before it is kept as somebody's trust root: one that cannot be read would fail every later check. Errors: `invalid-key`. */
export async function checkTrustedRoot(trustedRoot: unknown): Promise<void> {
  const { certificateAuthorities, tlogs } = await materialOf(trustedRoot);
  if (certificateAuthorities.length > 0 && tlogs.length > 0) return;
  throw badKey(
    'the trust root',
    'names no certificate authority, or no transparency log: under it nobody could be known',
  );
}

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
