/**
 * A private key in a file: PKCS #8 under AES-256-GCM, the key of which scrypt makes of a passphrase. What is beside the
 * ciphertext is authenticated with it, and bounded before any work is done: a file of a stranger costs little.
 */
import { createCipheriv, createDecipheriv, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { type KeyObject, randomBytes, scrypt } from 'node:crypto';
import { SwitchboardError } from '#core/errors';
import { badKey } from './failures.ts';
import { readPublicKey } from './public-key.ts';
import { JsonProblem, parseStrictJson } from './strict-json.ts';

export const SHORTEST_PASSPHRASE = 8;
const KIND = 'switchboard-signing-key';
/** 128 MiB and about 0.3 s. */
const COST = { n: 2 ** 17, r: 8, p: 1 } as const;
const COSTS = [2 ** 14, 2 ** 15, 2 ** 16, 2 ** 17, 2 ** 18] as const;
const LARGEST = 16 * 1024;

/** A key that signs. */
export interface SigningKey {
  readonly publicKey: string;
  readonly fingerprint: string;
  readonly privateKey: KeyObject;
}

interface Header {
  readonly kind: typeof KIND;
  readonly v: 1;
  readonly algorithm: 'ed25519';
  readonly publicKey: string;
  readonly kdf: { readonly name: 'scrypt'; readonly n: number; readonly r: number; readonly p: number; salt: string };
  readonly cipher: { readonly name: 'aes-256-gcm'; readonly nonce: string };
}

/** Makes a key and the text of its file. Errors: `key-locked` (the passphrase is too short). */
export async function makeKey(passphrase: string): Promise<{ readonly key: SigningKey; readonly text: string }> {
  if (passphrase.length < SHORTEST_PASSPHRASE) {
    throw new SwitchboardError('key-locked', `a passphrase has at least ${SHORTEST_PASSPHRASE} characters`);
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  const key = signingKey(privateKey);
  const header: Header = {
    kind: KIND,
    v: 1,
    algorithm: 'ed25519',
    publicKey: key.publicKey,
    kdf: { name: 'scrypt', ...COST, salt: randomBytes(16).toString('base64') },
    cipher: { name: 'aes-256-gcm', nonce: randomBytes(12).toString('base64') },
  };
  const secret = await stretched(passphrase, header);
  const cipher = createCipheriv('aes-256-gcm', secret, Buffer.from(header.cipher.nonce, 'base64'));
  cipher.setAAD(additional(header));
  const plain = privateKey.export({ format: 'der', type: 'pkcs8' });
  const data = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64');
  return { key, text: `${JSON.stringify({ ...header, data }, undefined, 2)}\n` };
}

/** What a key file says without its passphrase. Errors: `invalid-key`. */
export async function readKeyFile(bytes: Uint8Array, where: string): Promise<Header & { readonly data: string }> {
  const { z } = await import('zod');
  const form = z.strictObject({
    kind: z.literal(KIND),
    v: z.literal(1),
    algorithm: z.literal('ed25519'),
    publicKey: z.base64().max(100),
    kdf: z.strictObject({
      name: z.literal('scrypt'),
      n: z.literal([...COSTS]),
      r: z.literal(8),
      p: z.literal([1, 2]),
      salt: z.base64().length(24),
    }),
    cipher: z.strictObject({ name: z.literal('aes-256-gcm'), nonce: z.base64().length(16) }),
    data: z.base64().max(256),
  });
  let value: unknown;
  try {
    value = parseStrictJson(bytes, { bytes: LARGEST, depth: 4 });
  } catch (error) {
    throw error instanceof JsonProblem ? badKey(where, error.message) : error;
  }
  const read = form.safeParse(value);
  if (!read.success) throw badKey(where, 'is not a key file that keygen wrote');
  readPublicKey(read.data.publicKey, where);
  return read.data;
}

/** Opens a key file. Errors: `invalid-key`, `key-locked` (the passphrase is another, or the file was changed). */
export async function openKeyFile(bytes: Uint8Array, passphrase: string, where: string): Promise<SigningKey> {
  const { data, ...header } = await readKeyFile(bytes, where);
  const secret = await stretched(passphrase, header);
  const sealed = Buffer.from(data, 'base64');
  let key: SigningKey;
  try {
    const nonce = Buffer.from(header.cipher.nonce, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', secret, nonce, { authTagLength: 16 });
    decipher.setAAD(additional(header)).setAuthTag(sealed.subarray(-16));
    const plain = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
    key = signingKey(createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' }));
  } catch (cause) {
    throw new SwitchboardError('key-locked', `the passphrase is not that of the key ${where}`, {
      fix: 'give the passphrase that keygen was given; without it the key is lost',
      cause,
    });
  }
  if (key.publicKey !== header.publicKey) throw badKey(where, 'holds another key than it says');
  return key;
}

function signingKey(privateKey: KeyObject): SigningKey {
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const { text, fingerprint } = readPublicKey(der.toString('base64'));
  return { publicKey: text, fingerprint, privateKey };
}

/** Everything beside the ciphertext, in one order. */
function additional({ kind, v, algorithm, publicKey, kdf, cipher }: Header): Buffer {
  const { name, n, r, p, salt } = kdf;
  return Buffer.from(JSON.stringify([kind, v, algorithm, publicKey, name, n, r, p, salt, cipher.name, cipher.nonce]));
}

function stretched(passphrase: string, { kdf: { n, r, p, salt } }: Header): Promise<Buffer> {
  const options = { N: n, r, p, maxmem: 256 * n * r };
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFKC'), Buffer.from(salt, 'base64'), 32, options, (error, derived) => {
      if (error) reject(error);
      else resolve(derived);
    });
  });
}
