/** Compilers of the machine: found, run, or named where they are missing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';

export interface RunOptions {
  readonly cwd: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** A compiler that was told to stop gets this long; a verb that was has 1.5 s for everything. */
const GRACE_MS = 600;

/** Of what a compiler says, the last of it is shown. */
const MOST_OUTPUT = 16_000;

/** The program of that name in `PATH`, absolute. */
export function findProgram(name: string, { PATH = '' }: NodeJS.ProcessEnv): string | undefined {
  return PATH.split(delimiter)
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return statSync(path).isFile();
      } catch {
        return false;
      }
    });
}

/** As `findProgram`. Errors: `toolchain-missing`, with the command that installs it. */
export function needProgram(name: string, environment: NodeJS.ProcessEnv, why: string, fix: string): string {
  const found = findProgram(name, environment);
  if (found !== undefined) return found;
  throw missing(`${why} needs ${name}, which is not in PATH`, fix, name);
}

export function missing(message: string, fix: string, tool: string): SwitchboardError {
  return new SwitchboardError('toolchain-missing', message, { fix, data: { tool } });
}

/** Runs a compiler to its end; resolves to what it wrote on stdout. Errors: `build-failed` with what it said, `cancelled`. */
export async function runTool(program: string, args: readonly string[], options: RunOptions): Promise<string> {
  const outcome = await tryTool(program, args, options);
  if (outcome.code === 0) return outcome.stdout;
  const said = `${outcome.stderr.trimEnd()}\n${outcome.stdout.trimEnd()}`.trim();
  const name = program.replace(/^.*\//, '');
  throw new SwitchboardError('build-failed', `${name} failed:\n${shownOutput(said)}`, { data: { tool: name } });
}

/** As `runTool`, whatever its exit code is. */
export async function tryTool(
  program: string,
  args: readonly string[],
  { cwd, environment, signal }: RunOptions,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  if (signal?.aborted) throw new SwitchboardError('cancelled', 'the build was cancelled');
  const child = spawn(program, [...args], { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  // The compiler's own children go with it.
  const kill = (how: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, how);
    } catch {
      child.kill(how);
    }
  };
  let grace: NodeJS.Timeout | undefined;
  const stop = (): void => {
    kill('SIGTERM');
    grace = setTimeout(() => kill('SIGKILL'), GRACE_MS);
  };
  // Nobody would be left who could end it.
  const end = (): void => kill('SIGKILL');
  process.once('exit', end);
  signal?.addEventListener('abort', stop, { once: true });
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => void (text.stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => void (text.stderr += chunk));
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    if (signal?.aborted) throw new SwitchboardError('cancelled', 'the build was cancelled');
    return { code, ...text };
  } catch (cause) {
    if (cause instanceof SwitchboardError) throw cause;
    throw new SwitchboardError('build-failed', `${program} could not be started: ${(cause as Error).message}`, {
      cause,
    });
  } finally {
    clearTimeout(grace);
    process.off('exit', end);
    signal?.removeEventListener('abort', stop);
  }
}

/** A compiler's text with its lines, without escape sequences. */
export function shownOutput(text: string): string {
  // oxlint-disable-next-line no-control-regex -- what colours a terminal
  const plain = text.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, '');
  // Some say what kind of error it is before a colon, and have none.
  const said = plain.replace(/^(?:\s*:)+\s*/, '');
  const shown = said.length > MOST_OUTPUT ? `…${said.slice(-MOST_OUTPUT)}` : said;
  return shown
    .split('\n')
    .map((line) => printable(line.replaceAll('\t', '  '), 2_000))
    .join('\n');
}
