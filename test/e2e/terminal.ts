/** Runs the command line at a terminal: `script`, of every Debian and macOS, makes one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../src/gateways/cli/main.ts');
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** What a person sees, and when they type what: a text that appears, and the keys that answer it. */
export type Dialogue = readonly (readonly [seen: RegExp, keys: string])[];

export interface Seen {
  readonly code: number | null;
  /** All that was shown, what was typed and echoed included. */
  readonly shown: string;
}

/** A verb at a terminal. Fails where it ends before the dialogue does. */
export async function atTerminal(
  home: string,
  args: readonly string[],
  dialogue: Dialogue = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Seen> {
  const words = [process.execPath, MAIN, ...args];
  const script =
    process.platform === 'darwin' ? ['-q', '/dev/null', ...words] : ['-qec', words.map(quoted).join(' '), '/dev/null'];
  const child = spawn('script', script, {
    env: {
      ...process.env,
      SHELL: '/bin/sh',
      TERM: 'xterm',
      NODE_TEST_CONTEXT: undefined,
      SWITCHBOARD_HOME: home,
      ...env,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => undefined);
  let shown = '';
  let from = 0;
  const waiting = [...dialogue];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    const [next] = waiting;
    if (!next || !next[0].test(shown.slice(from))) return;
    from = shown.length;
    waiting.shift();
    child.stdin.write(next[1]);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  child.stdin.end();
  if (waiting.length > 0) throw new Error(`it ended without ${String(waiting[0]?.[0])}: ${shown}`);
  return { code, shown: shown.replaceAll('\r\n', '\n') };
}
