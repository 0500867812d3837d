/** The key that signs: in the home, unless another is named. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { SwitchboardError } from '#core/errors';
import type { SigningKey } from '#signing';
import type { Context } from '../context.ts';
import { type PassphraseFlags, passphraseOptions, readPassphrase } from './passphrase.ts';
import { readSmall } from './read-small.ts';

export interface KeyFlags extends PassphraseFlags {
  readonly key?: string | undefined;
}

export const keyOptions = (command: Command): Command =>
  passphraseOptions(command.option('--key <file>', 'the key that signs; else the one in the home'));

/** Where `keygen` writes. The public key is beside it, as `.pub`. */
export const homeKeyPath = (home: string): string => join(home, 'keys', 'signing.key');
export const publicPathOf = (path: string): string => `${path.replace(/\.key$/, '')}.pub`;

const LARGEST_KEY_FILE = 16 * 1024;

/** The path of the key that signs; undefined where none was made and none is named. */
export function keyPathOf(context: Context, { key }: KeyFlags): string | undefined {
  const path = key === undefined ? homeKeyPath(context.home) : resolve(key);
  return key !== undefined || existsSync(path) ? path : undefined;
}

/** Opens the key that signs. Errors: `invalid-key` (there is none, or it is none), `key-locked`, `file-unreadable`. */
export async function openKey(context: Context, flags: KeyFlags): Promise<SigningKey> {
  const path = keyPathOf(context, flags);
  if (path === undefined) {
    throw new SwitchboardError('invalid-key', 'there is no key to sign with', { fix: 'switchboard keygen' });
  }
  const { openKeyFile, readKeyFile } = await import('#signing');
  const bytes = await readSmall(path, LARGEST_KEY_FILE);
  // Before anything is typed.
  await readKeyFile(bytes, path);
  const passphrase = await readPassphrase(context, flags, { path });
  return context.progress('opening the key', openKeyFile(bytes, passphrase, path));
}

/** The public key of the home's own key; undefined where there is none. Errors: `invalid-key`. */
export async function homePublicKey(context: Context): Promise<string | undefined> {
  const path = homeKeyPath(context.home);
  if (!existsSync(path)) return undefined;
  const { readKeyFile } = await import('#signing');
  return (await readKeyFile(await readSmall(path, LARGEST_KEY_FILE), path)).publicKey;
}
