import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SwitchboardError } from '#core/errors';
import { examineHome, homePaths, secureHome } from '#home/layout';

/** What `host.json` says of the host process: for people and messages, never to decide who is the host. */
export interface HostFile {
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly version?: string;
  readonly socket?: string;
}

/** Holding it makes this process the host of a home. */
export interface HomeLock {
  /** Writes where the host can be reached into `host.json`. */
  publish(at: { readonly socket: string; readonly version: string }): void;
  /** Idempotent. The kernel does it where the process dies. */
  release(): void;
}

const BUSY = 5;
const NOT_A_DATABASE = 26;

/**
 * Becomes the host of a home, or fails at once with `home-in-use` that names the process that is.
 *
 * The lock is SQLite's exclusive lock of an empty file, `host.lock`: a lock that the kernel keeps and drops with the
 * process, so neither `kill -9` nor a process id used again leaves one behind, and of two that start at
 * the same time exactly one gets it. Node offers no other lock of that kind.
 */
export async function lockHome(home: string): Promise<HomeLock> {
  const paths = homePaths(home);
  const { DatabaseSync } = await import('node:sqlite');
  const file = join(paths.home, 'host.lock');
  examineHome(paths);
  secureHome(paths);
  try {
    writeFileSync(file, '', { mode: 0o600, flag: 'a' });
    const database = new DatabaseSync(file, { timeout: 0 });
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    let held = true;
    writeHostFile(paths.hostFile, {});
    return {
      publish: (at) => writeHostFile(paths.hostFile, at),
      release: () => {
        if (!held) return;
        held = false;
        rmSync(paths.hostFile, { force: true });
        database.close();
      },
    };
  } catch (cause) {
    throw asLockError(cause, paths.home, file);
  }
}

const startedAt = Date.now();

function writeHostFile(path: string, at: { readonly socket?: string; readonly version?: string }): void {
  const content: HostFile = { pid: process.pid, startedAt, ...at };
  writeFileSync(path, `${JSON.stringify(content)}\n`, { mode: 0o600 });
}

/** What `host.json` says, or undefined where there is none that can be read. */
export function readHostFile(home: string): HostFile | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(homePaths(home).hostFile, 'utf8'));
    if (typeof found !== 'object' || found === null || !('pid' in found) || typeof found.pid !== 'number') return;
    return found as HostFile;
  } catch {
    return undefined;
  }
}

function asLockError(cause: unknown, home: string, file: string): SwitchboardError {
  if (cause instanceof SwitchboardError) return cause;
  const code = typeof cause === 'object' && cause !== null && 'errcode' in cause ? cause.errcode : undefined;
  if (code === BUSY) {
    const holder = readHostFile(home);
    const who = holder ? `process ${holder.pid}` : 'another process';
    return new SwitchboardError('home-in-use', `${who} is the host of ${home}`, {
      fix: holder ? `let it end, or stop it: kill ${holder.pid}` : 'let it end, or use another home with --home',
      data: holder === undefined ? undefined : { pid: holder.pid },
      cause,
    });
  }
  if (code === NOT_A_DATABASE) {
    return new SwitchboardError('home-unusable', `${file} was written by something else`, { fix: `rm ${file}`, cause });
  }
  return new SwitchboardError('home-unusable', `cannot lock ${home}: ${(cause as Error).message}`, { cause });
}
