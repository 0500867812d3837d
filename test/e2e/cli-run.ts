/** Runs the command line as a person would: a real process, a home of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { text as textOf } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { attach } from '#gateways/control/index';
import { productVersion } from '#host/version';

const MAIN = join(import.meta.dirname, '../../src/gateways/cli/main.ts');

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started extends Outcome {
  readonly ms: number;
}

/** Starts a verb; its standard streams are pipes. */
export function start(home: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd?: string): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, SWITCHBOARD_HOME: home, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
}

/** The outcome of a started verb. */
export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('the streams of the process are not pipes');
  const [out, err, [code]] = await Promise.all([textOf(stdout), textOf(stderr), once(child, 'close')]);
  return { code: code as number | null, stdout: out, stderr: err };
}

/** Runs a verb to its end. */
export async function run(home: string, args: readonly string[], input = ''): Promise<Outcome> {
  const child = start(home, args);
  child.stdin?.on('error', () => undefined).end(input);
  return outcomeOf(child);
}

/** A home that does not exist yet, and goes with its host at the end of the test. */
export function newHome(t: TestContext | { after(work: () => Promise<void>): void }): string {
  const parent = mkdtempSync(join(tmpdir(), 'switchboard-cli-'));
  t.after(async () => {
    for (const pid of processesOf(parent)) process.kill(pid, 'SIGKILL');
    await rm(parent, { recursive: true, force: true, maxRetries: 5 });
  });
  return join(parent, 'home');
}

/** Has a host made the home, says that the bundled components were offered, and keeps the host until the end. */
export async function keepHost(
  t: TestContext | { after(work: () => Promise<void>): void },
  home: string,
): ReturnType<typeof attach> {
  const host = await attach(home);
  await writeFile(join(home, 'bundled'), productVersion());
  t.after(() => host.close());
  return host;
}

/** The processes whose command line names a path, but this one. */
export function processesOf(path: string): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return lines
    .filter((line) => line.includes(path))
    .map((line) => Number.parseInt(line, 10))
    .filter((pid) => pid !== process.pid);
}

/** Waits until no process of a home is left; fails after `ms`. */
export function untilGone(home: string, ms = 2_000): Promise<void> {
  return untilLeft(home, [], ms);
}

/** Waits until these alone are left. The system tells nobody of the end of a process that is not its child, so it is asked. */
export async function untilLeft(home: string, pids: readonly number[], ms = 2_000): Promise<void> {
  const deadline = performance.now() + ms;
  for (;;) {
    const left = processesOf(home);
    if (left.join() === pids.join()) return;
    if (performance.now() > deadline) throw new Error(`after ${ms} ms ${home} has processes ${left.join(', ')}`);
    await delay(20);
  }
}

/** Resolves to what a stream has written once it matches. */
export function until(stream: NodeJS.ReadableStream | null, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = '';
    stream?.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (pattern.test(seen)) resolve(seen);
    });
    stream?.on('end', () => reject(new Error(`it ended without ${String(pattern)}: ${seen}`)));
  });
}
