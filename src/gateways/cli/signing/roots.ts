/** Whom a person names, or has named, as signers to believe. */
import { existsSync } from 'node:fs';
import { SwitchboardError } from '#core/errors';
import type { PublicKeyText } from '#core/signature';
import { homePaths } from '#home/layout';
import { noFaults } from '#home/system';
import { fileTrustStore } from '#home/trust-store';
import type { Context } from '../context.ts';
import { safeLine } from '../safe.ts';
import { homePublicKey } from './key.ts';
import { readSmall } from './read-small.ts';

/** A key by whom it is believed to be of; `label` is shown after its fingerprint. */
export interface KnownKey {
  readonly publicKey: PublicKeyText;
  readonly label: string;
}

/** A public key as a person writes it: itself on one line, or a file that holds it, in that form or in PEM. Errors: `invalid-key`. */
export async function publicKeyOf(word: string): Promise<PublicKeyText> {
  const { readKeyFile, readPublicKey } = await import('#signing');
  // What is a key is that key, also where there is a file of that name.
  const isFile = !KEY.test(word) && existsSync(word);
  if (!isFile) return readPublicKey(word, isPathLike(word) ? word : 'the key').text;
  const bytes = await readSmall(word, 16 * 1024);
  const text = bytes.toString('utf8');
  // One's own key file says its public key.
  if (text.trimStart().startsWith('{')) return (await readKeyFile(bytes, word)).publicKey;
  return readPublicKey(text, word).text;
}

/** A key on one line; those of Ed25519, which are the shortest, have 60 characters. */
const KEY = /^M[A-Za-z0-9+/]{50,}={0,2}$/;

const isPathLike = (word: string): boolean => /[./\\]/.test(word) && word.length < 100;

/** Every key that this home knows: its own, and those that it trusts. What was revoked is known no more. */
export async function knownKeys(context: Context): Promise<readonly KnownKey[]> {
  const own = await homePublicKey(context);
  const { publishers } = await fileTrustStore(homePaths(context.home), noFaults).read();
  const trusted = publishers.flatMap(({ publisher, signer, namespaces, revoked }) =>
    signer.kind === 'key' && !revoked
      ? [{ publicKey: signer.publicKey, label: `${publisher}, trusted for ${namespaces.join(', ')}` }]
      : [],
  );
  return [...(own === undefined ? [] : [{ publicKey: own, label: 'your key' }]), ...trusted];
}

/** A sigstore trust root in a file. Errors: `invalid-key`, `file-unreadable`. */
export async function readTrustedRoot(path: string): Promise<unknown> {
  const bytes = await readSmall(path, 1024 * 1024);
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (cause) {
    throw new SwitchboardError('invalid-key', `${safeLine(path)} is not JSON, so no trust root`, { cause });
  }
}
