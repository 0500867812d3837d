/** What is asked of a person at a terminal. Questions go to stderr, so that stdout is the verb's own. */
import { createInterface } from 'node:readline';
import { SwitchboardError } from '#core/errors';
import { safeText } from './safe.ts';

const cancelled = (): SwitchboardError => new SwitchboardError('cancelled', 'nothing was changed');

/** Whether the answer was yes; anything else, and the end of the input, is no. Errors: `cancelled` (Ctrl-C). */
export async function askYes(question: string, signal: AbortSignal): Promise<boolean> {
  const answer = await ask(`${safeText(question)}\n[y/N] `, signal);
  return /^y(es)?$/i.test(answer?.trim() ?? '');
}

/** One line. Errors: `cancelled` (Ctrl-C, and the end of the input). */
export async function askLine(prompt: string, signal: AbortSignal): Promise<string> {
  const answer = await ask(prompt, signal);
  if (answer === undefined) throw cancelled();
  return answer;
}

/** Undefined at the end of the input. */
function ask(prompt: string, signal: AbortSignal): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve, reject) => {
    let isAnswered = false;
    const stop = (): void => {
      // First: closing is the end of the input as well.
      reject(cancelled());
      lines.close();
    };
    signal.addEventListener('abort', stop, { once: true });
    lines.once('SIGINT', stop);
    lines.once('close', () => {
      signal.removeEventListener('abort', stop);
      // Else what is said next would stand behind the question.
      if (!isAnswered) process.stderr.write('\n');
      resolve(undefined);
    });
    lines.question(prompt, (answer) => {
      isAnswered = true;
      resolve(answer);
      lines.close();
    });
  });
}

/** Text that is not shown while it is typed; on other input than a terminal all of the input, without its last line end. */
export async function readHidden(prompt: string, signal: AbortSignal): Promise<string> {
  return process.stdin.isTTY ? typeHidden(prompt, signal) : readAll();
}

/** As `readHidden`; at a terminal it is typed twice. Errors: `invalid-usage` (the two differ). */
export async function readHiddenTwice(prompt: string, signal: AbortSignal): Promise<string> {
  const first = await readHidden(prompt, signal);
  if (process.stdin.isTTY && (await typeHidden('once more: ', signal)) !== first) {
    throw new SwitchboardError('invalid-usage', 'the two differ; nothing was changed');
  }
  return first;
}

/** Longer than anything that is kept. */
const LONGEST = 1024 * 1024;

async function readAll(): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LONGEST) throw new SwitchboardError('invalid-setting', 'the standard input is longer than 1 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

function typeHidden(prompt: string, signal: AbortSignal): Promise<string> {
  const { stdin } = process;
  stdin.setRawMode(true).setEncoding('utf8').resume();
  process.stderr.write(prompt);
  return new Promise((resolve, reject) => {
    let typed = '';
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', stop);
      stdin.off('data', onData).off('end', stop).setRawMode(false).pause();
      process.stderr.write('\n');
      settle();
    };
    const stop = (): void => end(() => reject(cancelled()));
    const onData = (text: string): void => {
      // A key that types nothing, as an arrow.
      if (text.startsWith('\u001b')) return;
      for (const key of text) {
        if (key === '\u0003') return stop();
        if (key === '\r' || key === '\n' || key === '\u0004') return end(() => resolve(typed));
        if (key === '\u007f' || key === '\b') typed = typed.replace(/.$/u, '');
        else if (key === '\u0015') typed = '';
        else if (key >= ' ') typed += key;
      }
    };
    stdin.on('data', onData).once('end', stop);
    signal.addEventListener('abort', stop, { once: true });
  });
}
