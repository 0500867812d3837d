import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errnoOf, SwitchboardError } from '#core/errors';
import { privateDirectory, writeNew } from '#home/files';
import { examineHome, homePaths } from '#home/layout';
import { safeLine } from './safe.ts';
import { homeKeyPath, publicPathOf } from './signing/key.ts';
import { type PassphraseFlags, passphraseOptions, readPassphrase } from './signing/passphrase.ts';
import type { Define } from './verbs.ts';

interface Flags extends PassphraseFlags {
  readonly out?: string | undefined;
}

/** `keygen`: a key that signs, encrypted, and its public key. A key that is there stays. */
export const define: Define = (command, act) => {
  command.option('--out <file>', 'where to; else keys/signing.key in the home');
  passphraseOptions(command)
    .addHelpText(
      'after',
      `
The passphrase is typed without being shown, or comes from SWITCHBOARD_KEY_PASSPHRASE. Nobody can open the key without it.

Examples:
  $ switchboard keygen
  $ switchboard keygen --out ci.key --passphrase-file passphrase.txt`,
    )
    .action(
      act(async (context, flags: Flags) => {
        const path = flags.out === undefined ? homeKeyPath(context.home) : resolve(flags.out);
        const publicPath = publicPathOf(path);
        for (const one of [path, publicPath]) {
          if (existsSync(one)) throw isThere(one);
        }
        if (flags.out === undefined) examineHome(homePaths(context.home));
        const passphrase = await readPassphrase(context, flags, { path, isNew: true });
        const { makeKey } = await import('#signing');
        const { key, text } = await context.progress('making the key', makeKey(passphrase));
        const { publicKey, fingerprint } = key;
        write(path, publicPath, text, `${publicKey}\n`, flags.out === undefined ? context.home : undefined);
        context.print({ key: path, publicKeyFile: publicPath, publicKey, fingerprint }, () =>
          [
            `the key is in ${safeLine(path, 1000)}, encrypted; keep a copy of it and of its passphrase`,
            `fingerprint  ${fingerprint}`,
            `public key   ${publicKey}`,
            'Give both to those who install what you publish, by another way than the registry.',
          ].join('\n'),
        );
      }),
    );
};

/** Both files, or none. */
function write(path: string, publicPath: string, text: string, publicText: string, home: string | undefined): void {
  try {
    if (home === undefined) mkdirSync(dirname(path), { recursive: true });
    else for (const directory of [home, dirname(path)]) privateDirectory(directory);
    writeNew(path, text);
  } catch (cause) {
    throw errnoOf(cause) === 'EEXIST' ? isThere(path) : unwritable(path, cause);
  }
  try {
    writeNew(publicPath, publicText);
    chmodSync(publicPath, 0o644);
  } catch (cause) {
    rmSync(path);
    throw errnoOf(cause) === 'EEXIST' ? isThere(publicPath) : unwritable(publicPath, cause);
  }
}

const isThere = (path: string): SwitchboardError =>
  new SwitchboardError('invalid-usage', `${safeLine(path, 1000)} is there already; a key is never overwritten`, {
    fix: 'switchboard keygen --out <another file>',
  });

const unwritable = (path: string, cause: unknown): SwitchboardError =>
  new SwitchboardError('file-unreadable', `cannot write ${safeLine(path, 1000)}: ${String(errnoOf(cause) ?? cause)}`, {
    cause,
  });
