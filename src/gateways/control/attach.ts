import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type ErrorBody, errorFromBody, SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import { examineHome, homePaths } from '#home/layout';
import { hostEnvironment } from '../../env.ts';
import { type ConnectOptions, type RemoteHost, tryConnect } from './client.ts';

/** How long a host may take until it listens; it opens a database and no more. */
const START_MS = 30_000;
const LOG_BYTES = 1024 * 1024;
/** A host that was about to stop can hang up on a new client: the next attempt finds or starts another. */
const ATTEMPTS = 5;

/** What the host process writes to its starter: that it listens, or why not. */
export type StartReport = { readonly ready: true; readonly pid: number } | { readonly error: ErrorBody };

/**
 * Connects to the host of a home and starts one where none runs. Of two that do so at once both end up
 * at the same host. Errors: those of opening the home (`database-corrupt`, `home-newer`, `home-unusable`),
 * `home-in-use`, `host-unreachable`, `cancelled`.
 */
export async function attach(home: string, options: ConnectOptions = {}): Promise<RemoteHost> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    // A new home has no socket: then not a turn of the event loop passes before the host is on its way.
    const running = mayRun(home) ? await tryConnect(home, options) : undefined;
    if (running) return running;
    const key = options.lend === true ? randomBytes(16).toString('hex') : undefined;
    const starting = await startHost(home, options.signal, key);
    try {
      const started = await tryConnect(home, options, key);
      // Of two that start a host at once, one finds the other's, which has no streams of this process.
      if (started) return started.pid === starting.pid ? started : { ...started, mcpLent: undefined };
    } finally {
      // The host knows that its starter is gone when this end closes, so it closes only now.
      starting.reports.destroy();
    }
  }
  throw new SwitchboardError('host-unreachable', `the host of ${home} stops as soon as it is reached`, {
    fix: 'switchboard doctor',
  });
}

/** Whether a socket is where the host of the home would have it, alive or not, or may be elsewhere. */
function mayRun(home: string): boolean {
  const { controlSocket, hostFile } = homePaths(home);
  return existsSync(controlSocket) || existsSync(hostFile);
}

/** A host process that listens, and the pipe by which it knows that its starter is there. */
interface Starting {
  readonly reports: Readable;
  readonly pid: number;
}

async function startHost(home: string, signal: AbortSignal | undefined, key: string | undefined): Promise<Starting> {
  const paths = homePaths(home);
  examineHome(paths);
  const log = openLog(paths.home, paths.logs);
  const entry = new URL(`./daemon${extname(import.meta.url)}`, import.meta.url);
  try {
    const child = spawn(
      process.execPath,
      [...hostFlags(), fileURLToPath(entry), paths.home, ...(key === undefined ? [] : [key])],
      {
        cwd: paths.home,
        detached: true,
        env: hostEnvironment(),
        stdio: ['ignore', log, log, 'pipe', ...(key === undefined ? [] : [0, 1])],
      },
    );
    child.unref();
    const reports = child.stdio[3] as Readable;
    const report = await firstReport(child, reports, signal).catch((error: unknown) => {
      reports.destroy();
      throw error;
    });
    if (report !== undefined && 'ready' in report) return { reports, pid: report.pid };
    reports.destroy();
    if (report !== undefined) throw errorFromBody(report.error);
    throw new SwitchboardError(
      'host-unreachable',
      `the host process ended before it listened${lastWords(paths.logs)}`,
      {
        fix: `see ${join(paths.logs, 'host.log')}`,
      },
    );
  } finally {
    closeSync(log);
  }
}

function firstReport(
  child: ReturnType<typeof spawn>,
  reports: Readable,
  signal: AbortSignal | undefined,
): Promise<StartReport | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<StartReport | undefined>();
  let text = '';
  const abort = (): void => reject(new SwitchboardError('cancelled', 'cancelled while the host was starting'));
  const timer = setTimeout(() => {
    child.kill();
    reject(new SwitchboardError('host-unreachable', `the host did not listen within ${START_MS / 1000} s`));
  }, START_MS);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  child.on('error', (cause) => {
    reject(new SwitchboardError('host-unreachable', `the host could not be started: ${cause.message}`, { cause }));
  });
  reports.setEncoding('utf8');
  reports.on('data', (chunk: string) => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end >= 0) resolve(JSON.parse(text.slice(0, end)) as StartReport);
  });
  reports.on('close', () => resolve(undefined));
  reports.on('error', () => resolve(undefined));
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  });
}

/** Flags of V8 and of Node's features are the host's too; those of a debugger, a test run or a script are not. */
function hostFlags(): string[] {
  const kept =
    /^--(?:no-|experimental-[a-z-]+$|max-[a-z-]+=|stack-|disable-warning=|enable-source-maps$|wasm|liftoff|jitless)/;
  return process.execArgv.filter((flag) => kept.test(flag));
}

function openLog(home: string, logs: string): number {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    mkdirSync(logs, { recursive: true, mode: 0o700 });
    const file = join(logs, 'host.log');
    const large = (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LOG_BYTES;
    return openSync(file, large ? 'w' : 'a', 0o600);
  } catch (cause) {
    throw new SwitchboardError('home-unusable', `cannot write in ${home}: ${(cause as Error).message}`, {
      fix: 'name a directory of yours with --home',
      cause,
    });
  }
}

function lastWords(logs: string): string {
  try {
    const line = readFileSync(join(logs, 'host.log'), 'utf8')
      .trimEnd()
      .split('\n')
      .findLast((l) => /error/i.test(l));
    return line === undefined ? '' : `: ${printable(line)}`;
  } catch {
    return '';
  }
}
