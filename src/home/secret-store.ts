import { createCipheriv, createDecipheriv, scryptSync } from 'node:crypto';
import { SwitchboardError } from '#core/errors';
import type { FaultPoints, Random, SecretStore } from '#core/ports';
import { printable } from '#core/reference';
import { corruptDatabase, homeFailure } from './failures.ts';
import { readIfThere, replaceFile } from './files.ts';
import type { HomePaths } from './layout.ts';

/** The file's form. Each value is AES-256-GCM with its name as additional data: values cannot change places. */
interface SecretFile {
  readonly v: 1;
  /** Where the key comes from: `file`, or a passphrase stretched by scrypt with this salt. */
  readonly key: 'file' | { readonly scrypt: { readonly salt: string; readonly n: number } };
  /** A known text under the key: a wrong passphrase is told from a damaged file. */
  readonly check: Sealed;
  readonly secrets: { readonly [name: string]: Sealed & { readonly changedAt: number } };
}

interface Sealed {
  readonly nonce: string;
  readonly data: string;
}

/** The store of a home, with what the owner does to it. */
export interface FileSecretStore extends SecretStore {
  /** Whether a passphrase is needed before anything can be read or set. */
  readonly locked: boolean;
  /** For the life of this process. Errors: `secrets-locked` (it is the wrong one). */
  unlock(passphrase: string): Promise<void>;
  /** From now on under this passphrase, or under the key file without one. Errors: `secrets-locked`. */
  protect(passphrase: string | undefined): Promise<void>;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;
const LONGEST = 64 * 1024;
const CHECK = 'switchboard secrets';
const SCRYPT_N = 2 ** 17;

/** Throws `invalid-setting`; the message never has the value. */
export function checkSecret(name: string, value: string): void {
  if (!NAME.test(name)) {
    throw new SwitchboardError(
      'invalid-setting',
      `"${printable(name, 64)}" is no name of a secret: letters, digits and _ . -`,
    );
  }
  if (value === '' || Buffer.byteLength(value) > LONGEST || !value.isWellFormed()) {
    throw new SwitchboardError('invalid-setting', `the value of ${name} must be text of 1 byte to 64 KiB`);
  }
}

/** Secrets in `secrets.json`, their key in `secrets.key`, both 0600. Fault points: `secrets.*`, `secrets-key.*`. */
export function fileSecretStore(
  paths: HomePaths,
  random: Random,
  now: () => number,
  faults: FaultPoints,
): FileSecretStore {
  let passphraseKey: Buffer | undefined;
  const read = (): SecretFile | undefined => {
    const text = readIfThere(paths.secrets);
    if (text === undefined) return undefined;
    try {
      const file = JSON.parse(text) as SecretFile;
      if (file.v !== 1 || typeof file.secrets !== 'object') throw new Error('not a secrets file');
      return file;
    } catch {
      throw damaged(paths);
    }
  };
  const write = (file: SecretFile): void => replaceFile(paths.secrets, `${JSON.stringify(file)}\n`, faults, 'secrets');
  const fileKey = (make: boolean): Buffer => {
    const text = readIfThere(paths.secretsKey)?.trim();
    if (text !== undefined && /^[0-9a-f]{64}$/.test(text)) return Buffer.from(text, 'hex');
    if (!make) throw damaged(paths);
    const key = Buffer.from(random.bytes(32));
    replaceFile(paths.secretsKey, `${key.toString('hex')}\n`, faults, 'secrets-key');
    return key;
  };
  const keyOf = (file: SecretFile): Buffer => {
    if (file.key === 'file') return fileKey(false);
    if (!passphraseKey) {
      throw new SwitchboardError('secrets-locked', 'the secrets are locked', { fix: 'switchboard secret unlock' });
    }
    return passphraseKey;
  };
  const seal = (key: Buffer, name: string, value: string): Sealed => {
    const nonce = Buffer.from(random.bytes(12));
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(name));
    const data = Buffer.concat([cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return { nonce: nonce.toString('base64'), data: data.toString('base64') };
  };
  const open = (key: Buffer, name: string, sealed: Sealed): string => {
    try {
      const data = Buffer.from(sealed.data, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(sealed.nonce, 'base64'), { authTagLength: 16 });
      decipher.setAAD(Buffer.from(name)).setAuthTag(data.subarray(-16));
      return Buffer.concat([decipher.update(data.subarray(0, -16)), decipher.final()]).toString('utf8');
    } catch {
      throw damaged(paths);
    }
  };
  const fresh = (): SecretFile => {
    const key = fileKey(true);
    return { v: 1, key: 'file', check: seal(key, '', CHECK), secrets: {} };
  };
  const stretched = (passphrase: string, salt: Buffer, n: number): Buffer =>
    scryptSync(passphrase.normalize('NFKC'), salt, 32, { N: n, r: 8, p: 1, maxmem: 256 * n * 8 * 2 });
  const guard = async <T>(work: () => T): Promise<T> => {
    try {
      return work();
    } catch (error) {
      throw homeFailure(error, paths.home, paths.secrets);
    }
  };
  const store: FileSecretStore = {
    get locked() {
      return typeof read()?.key === 'object' && passphraseKey === undefined;
    },
    set: (name, value) =>
      guard(() => {
        checkSecret(name, value);
        const file = read() ?? fresh();
        const sealed = { ...seal(keyOf(file), name, value), changedAt: now() };
        write({ ...file, secrets: { ...file.secrets, [name]: sealed } });
      }),
    get: (name) =>
      guard(() => {
        const file = read();
        if (!file || !Object.hasOwn(file.secrets, name)) return undefined;
        const sealed = file.secrets[name];
        return sealed && open(keyOf(file), name, sealed);
      }),
    list: () =>
      guard(() =>
        Object.entries(read()?.secrets ?? {})
          .map(([name, { changedAt }]) => ({ name, changedAt }))
          .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      ),
    remove: (name) =>
      guard(() => {
        const file = read();
        if (!file || !Object.hasOwn(file.secrets, name)) return false;
        const { [name]: _, ...secrets } = file.secrets;
        write({ ...file, secrets });
        return true;
      }),
    unlock: (passphrase) =>
      guard(() => {
        const file = read();
        if (!file || file.key === 'file') return;
        const { salt, n } = file.key.scrypt;
        const key = stretched(passphrase, Buffer.from(salt, 'base64'), n);
        try {
          open(key, '', file.check);
        } catch {
          throw new SwitchboardError('secrets-locked', 'that is not the passphrase of the secrets');
        }
        passphraseKey = key;
      }),
    protect: (passphrase) =>
      guard(() => {
        const file = read() ?? fresh();
        const old = keyOf(file);
        const salt = Buffer.from(random.bytes(16));
        const key = passphrase === undefined ? fileKey(true) : stretched(passphrase, salt, SCRYPT_N);
        const secrets = Object.fromEntries(
          Object.entries(file.secrets).map(([name, sealed]) => {
            return [name, { ...seal(key, name, open(old, name, sealed)), changedAt: sealed.changedAt }];
          }),
        );
        const from = passphrase === undefined ? 'file' : { scrypt: { salt: salt.toString('base64'), n: SCRYPT_N } };
        write({ v: 1, key: from, check: seal(key, '', CHECK), secrets });
        passphraseKey = passphrase === undefined ? undefined : key;
      }),
  };
  return store;
}

function damaged(paths: HomePaths): SwitchboardError {
  return corruptDatabase(paths.home, 'the file of secrets or its key is damaged; both were kept');
}
