import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { SwitchboardError } from '#core/errors';
import { ownerTokenVariable } from '../../env.ts';
import type { Proof } from '../control/permission-client.ts';
import type { Context } from './context.ts';
import { safeText } from './safe.ts';

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
const isTerminal = (): boolean => process.stdin.isTTY && process.stderr.isTTY;

/**
 * What shows that a person asks for this: the owner token where one is given, else a terminal, on which `question` is
 * answered with yes. Errors: `owner-required` (neither), `cancelled` (another answer).
 */
export async function proveOwner(context: Context, flags: PersonFlags, question: string): Promise<void> {
  const proof = await tokenProof(flags);
  if (proof) context.proof = proof;
  else if (!isTerminal()) {
    throw new SwitchboardError('owner-required', 'this needs a person', {
      fix: 'run it in a terminal, or give --owner-token-file (switchboard owner-token create)',
    });
  } else {
    if (!flags.yes && !(await askYes(question, context.signal)))
      throw new SwitchboardError('cancelled', 'nothing was changed');
    context.proof = { person: 'terminal' };
  }
}

async function tokenProof({ ownerTokenFile }: PersonFlags): Promise<Proof> {
  if (ownerTokenFile === undefined) {
    const token = ownerTokenVariable();
    return token === undefined ? undefined : { ownerToken: token };
  }
  try {
    return { ownerToken: (await readFile(ownerTokenFile, 'utf8')).trim() };
  } catch (cause) {
    throw new SwitchboardError('file-unreadable', `cannot read the owner token from ${ownerTokenFile}`, { cause });
  }
}

async function askYes(question: string, signal: AbortSignal): Promise<boolean> {
  const answer = await ask(`${safeText(question)}\n[y/N] `, signal);
  return /^y(es)?$/i.test(answer.trim());
}

function ask(prompt: string, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      lines.close();
      reject(new SwitchboardError('cancelled', 'nothing was changed'));
    };
    signal.addEventListener('abort', stop, { once: true });
    lines.once('SIGINT', stop);
    lines.once('close', () => resolve(''));
    lines.question(prompt, (answer) => {
      signal.removeEventListener('abort', stop);
      resolve(answer);
      lines.close();
    });
  });
}

/** A line that is not shown while it is typed; on other input than a terminal, all of the input without its last line end. */
export async function readHidden(prompt: string, signal: AbortSignal): Promise<string> {
  const { stdin } = process;
  if (!stdin.isTTY) {
    const chunks: Buffer[] = [];
    for await (const chunk of stdin.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks)
      .toString('utf8')
      .replace(/\r?\n$/, '');
  }
  process.stderr.write(prompt);
  stdin.setRawMode(true).setEncoding('utf8').resume();
  return new Promise((resolve, reject) => {
    let typed = '';
    const end = (): void => {
      stdin.off('data', onData);
      stdin.setRawMode(false).pause();
      process.stderr.write('\n');
    };
    const stop = (): void => {
      end();
      reject(new SwitchboardError('cancelled', 'nothing was changed'));
    };
    const onData = (text: string): void => {
      for (const key of text) {
        if (key === '\u0003') return stop();
        if (key === '\r' || key === '\n' || key === '\u0004') {
          end();
          return resolve(typed);
        }
        typed = key === '\u007f' || key === '\b' ? typed.replace(/.$/u, '') : typed + key;
      }
    };
    stdin.on('data', onData);
    signal.addEventListener('abort', stop, { once: true });
  });
}
