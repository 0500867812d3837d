/** Real `switchboard` processes for the tests of MCP. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../src/gateways/cli/main.ts', import.meta.url));

const stacks = new WeakMap<TestContext, (() => unknown)[]>();

/** Runs `end` when the test ends, last come first served: `t.after` would remove a home before its clients left. */
export function atEnd(t: TestContext, end: () => unknown): void {
  const stack = stacks.get(t) ?? [];
  if (!stacks.has(t)) {
    stacks.set(t, stack);
    t.after(async () => {
      for (const one of stack.toReversed()) await one();
    });
  }
  stack.push(end);
}

/** A home for one test. When the test ends its host has a moment to stop, then the home is removed. */
export async function temporaryHome(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'switchboard-mcp-'));
  atEnd(t, async () => {
    await hostGone(home);
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });
  return home;
}

/** Settles when the home's host process has ended; it removes its socket as it does. */
export async function hostGone(home: string): Promise<void> {
  const socket = join(home, 'control.sock');
  for (let tries = 0; existsSync(socket) && tries < 200; tries++)
    await new Promise((resolve) => setTimeout(resolve, 20));
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a verb to its end. */
export async function switchboard(home: string, ...args: string[]): Promise<Ended> {
  return run(process.execPath, [MAIN, ...args, '--home', home]);
}

/** Runs a command to its end. */
export async function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += String(chunk);
  return all;
}

export interface Serving {
  readonly child: ChildProcess;
  readonly url: string;
  readonly token: string;
  readonly tools: number;
  readonly search: boolean;
}

/** `switchboard serve` on a free port, ready; interrupted when the test ends. */
export async function serveHttp(t: TestContext, home: string, ...flags: string[]): Promise<Serving> {
  const args = [MAIN, 'serve', '--port', '0', '--output', 'json', '--home', home, ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  atEnd(t, () => stop(child));
  let line = '';
  for await (const chunk of child.stdout) {
    line += String(chunk);
    if (line.includes('\n')) break;
  }
  return { child, ...(JSON.parse(line) as Omit<Serving, 'child'>) };
}

/** Interrupts a process and gives its exit code. */
export async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGINT');
    await once(child, 'exit');
  }
  return child.exitCode;
}
