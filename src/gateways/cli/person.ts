import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { SwitchboardError } from '#core/errors';
import { ownerTokenVariable } from '../../env.ts';
import type { Proof } from '../control/permission-client.ts';
import type { Context } from './context.ts';
import { askYes } from './prompt.ts';
import { safeLine } from './safe.ts';

export interface PersonFlags {
  readonly ownerTokenFile?: string | undefined;
  readonly yes?: boolean | undefined;
}

/** Options of verbs that give something. */
export function personOptions(command: Command): Command {
  return command
    .option('--yes', 'do not ask; a terminal or the owner token is needed all the same')
    .option('--owner-token-file <file>', 'the owner token, where there is no terminal');
}

/** Whether a person can be asked: input and the place where questions are shown are a terminal. */
export const isTerminal = (): boolean => process.stdin.isTTY && process.stderr.isTTY;

/**
 * What shows that a person asks for this: the owner token where one is given, else a terminal. What the verb sends from
 * now on carries it. Errors: `owner-required` (neither), `file-unreadable`.
 */
export async function needPerson(context: Context, flags: PersonFlags): Promise<void> {
  context.proof = (await tokenProof(flags)) ?? (isTerminal() ? { person: 'terminal' } : undefined);
  if (context.proof) return;
  throw new SwitchboardError('owner-required', 'this needs a person', {
    fix: 'run it in a terminal, or give --owner-token-file (switchboard owner-token create)',
  });
}

/**
 * Has the person at the terminal answer `question` with yes, unless `--yes` or the owner token stands for it; after
 * `needPerson`. Errors: `cancelled` (another answer).
 */
export async function confirm(context: Context, flags: PersonFlags, question: string): Promise<void> {
  if (flags.yes || (context.proof && 'ownerToken' in context.proof)) return;
  context.settle();
  if (!(await askYes(question, context.signal))) throw new SwitchboardError('cancelled', 'nothing was changed');
}

async function tokenProof({ ownerTokenFile }: PersonFlags): Promise<Proof> {
  if (ownerTokenFile === undefined) {
    const token = ownerTokenVariable();
    return token === undefined ? undefined : { ownerToken: token };
  }
  try {
    return { ownerToken: (await readFile(ownerTokenFile, 'utf8')).trim() };
  } catch (cause) {
    throw new SwitchboardError('file-unreadable', `cannot read the owner token from ${safeLine(ownerTokenFile)}`, {
      cause,
    });
  }
}
