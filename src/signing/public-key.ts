/** Public keys: in one form of text, and with one algorithm that follows from the key, never from a bundle. */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { PublicKeyText } from '#core/signature';
import { badKey } from './failures.ts';

export interface PublicKey {
  readonly text: PublicKeyText;
  /** `SHA256:` and base64 without padding, of the DER of the SubjectPublicKeyInfo. */
  readonly fingerprint: string;
  /** Whether `signature` is of `data` under this key. */
  holds(data: Uint8Array, signature: Uint8Array): boolean;
}

/** RSA of 8,192 bits in PEM is a third of it. */
const LONGEST = 8 * 1024;
/** The hash that goes with a curve, and the length of its keys: the curve by its name, the point as both coordinates. */
const CURVES: ReadonlyMap<string, readonly [hash: string, length: number]> = new Map([
  ['prime256v1', ['sha256', 91]],
  ['secp384r1', ['sha384', 120]],
  ['secp521r1', ['sha512', 158]],
]);
const BEGIN = '-----BEGIN PUBLIC KEY-----';
const END = '-----END PUBLIC KEY-----';

/**
 * Reads a public key: the DER of its SubjectPublicKeyInfo in base64 on one line, or PEM. Ed25519, ECDSA on P-256, P-384
 * and P-521, RSA of 2,048 to 8,192 bits (PKCS #1 v1.5). `where` names it in messages. Errors: `invalid-key`.
 */
export function readPublicKey(text: string, where = 'the key'): PublicKey {
  const trimmed = text.length > LONGEST ? '' : text.trim();
  const isPem = trimmed.startsWith(BEGIN) && trimmed.endsWith(END);
  const base64 = isPem ? trimmed.slice(BEGIN.length, -END.length).replaceAll(/\s/g, '') : trimmed;
  const der = Buffer.from(base64, 'base64');
  if (base64 === '' || der.toString('base64') !== base64) {
    throw badKey(where, 'is no public key, on one line as keygen prints it or in PEM');
  }
  let key: KeyObject;
  try {
    key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch (cause) {
    throw badKey(where, 'is no public key', cause);
  }
  // One key, one text: nothing may follow it, and it is written in one way.
  if (!key.export({ format: 'der', type: 'spki' }).equals(der)) throw badKey(where, 'is not written as DER wants it');
  const hash = hashOf(key, where, der.length);
  return {
    text: base64,
    fingerprint: `SHA256:${createHash('sha256').update(der).digest('base64').replace(/=+$/, '')}`,
    holds: (data, signature) => verify(hash, data, key, signature),
  };
}

/** The hash that goes with a key; null for Ed25519, which has its own. Errors: `invalid-key` for keys that are too weak. */
function hashOf(key: KeyObject, where: string, length: number): string | null {
  const { namedCurve = '', modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'ed25519') return null;
  const curve = key.asymmetricKeyType === 'ec' ? CURVES.get(namedCurve) : undefined;
  if (curve) {
    // A point written shorter, or a curve spelled out, would be the same key with another fingerprint.
    if (curve[1] === length) return curve[0];
    throw badKey(where, 'is not written as other programs write it: the curve by its name, the point uncompressed');
  }
  if (key.asymmetricKeyType === 'rsa') {
    if (modulusLength >= 2048 && modulusLength <= 8192 && publicExponent >= 65537n) return 'sha256';
    throw badKey(where, `is RSA of ${modulusLength} bits; 2,048 to 8,192 with an exponent from 65,537 on are taken`);
  }
  throw badKey(where, 'is of a kind that is not used here: Ed25519, ECDSA on P-256, P-384, P-521, or RSA');
}

/** The same key as PEM: what OpenSSL and cosign read. */
export function publicKeyPem(text: PublicKeyText): string {
  const lines = text.match(/.{1,64}/g) ?? [];
  return `${BEGIN}\n${lines.join('\n')}\n${END}\n`;
}
