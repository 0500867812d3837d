/** Where the passphrase of a signing key comes from. Nobody is asked who is not at a terminal. */
import type { Command } from 'commander';
import { SwitchboardError } from '#core/errors';
import { keyPassphraseVariable } from '../../../env.ts';
import type { Context } from '../context.ts';
import { isTerminal } from '../person.ts';
import { safeLine } from '../safe.ts';
import { readSmall } from './read-small.ts';

export interface PassphraseFlags {
  readonly passphraseFile?: string | undefined;
  readonly passphraseStdin?: true | undefined;
}

const LONGEST = 1024;

export function passphraseOptions(command: Command): Command {
  return command
    .option('--passphrase-file <file>', 'the passphrase of the key is its first line')
    .option('--passphrase-stdin', 'the passphrase is the standard input');
}

/**
 * From `--passphrase-file`, `--passphrase-stdin`, `SWITCHBOARD_KEY_PASSPHRASE` or the keyboard, in this order; twice from
 * the keyboard where a new key gets it. Errors: `key-locked` where there is none of them, `file-unreadable`.
 */
export async function readPassphrase(
  context: Context,
  flags: PassphraseFlags,
  { path, isNew = false }: { readonly path: string; readonly isNew?: boolean },
): Promise<string> {
  const given = await givenPassphrase(context, flags, path, isNew);
  if (given !== '' && given.length <= LONGEST) return given;
  throw new SwitchboardError('key-locked', `the passphrase is ${given === '' ? 'empty' : 'too long'}`);
}

async function givenPassphrase(
  context: Context,
  { passphraseFile, passphraseStdin }: PassphraseFlags,
  path: string,
  isNew: boolean,
): Promise<string> {
  if (passphraseFile !== undefined) {
    const text = (await readSmall(passphraseFile, 64 * 1024)).toString('utf8');
    return text.split(/\r?\n/, 1)[0] ?? '';
  }
  const { readHidden, readHiddenTwice } = await import('../prompt.ts');
  const prompt = isNew ? 'passphrase of the new key: ' : `passphrase of ${safeLine(path)}: `;
  const typed = isNew ? readHiddenTwice : readHidden;
  if (passphraseStdin) return typed(prompt, context.signal);
  const variable = keyPassphraseVariable();
  if (variable !== undefined) return variable;
  if (isTerminal()) {
    context.settle();
    return typed(prompt, context.signal);
  }
  const what = isNew ? 'a new key' : `the key ${safeLine(path)}`;
  throw new SwitchboardError('key-locked', `${what} needs a passphrase, and nobody is there to be asked`, {
    fix: 'run it in a terminal, give --passphrase-file or --passphrase-stdin, or set SWITCHBOARD_KEY_PASSPHRASE',
  });
}
