import { Socket } from 'node:net';
import { SwitchboardError, toSwitchboardError } from '#core/errors';
import type { Host } from '#host/api';
import type { StartReport } from './attach.ts';
import type { LentStreams } from './lent-streams.ts';
import { type HomeLock, lockHome } from './lock.ts';
import { type ControlServer, listenControl, type ListenOptions } from './server.ts';

/** How long the process stays after its last user, so that a script's next verb finds it running. */
const LINGER_MS = 300;
/** How long it waits for its first user. */
const FIRST_USER_MS = 5_000;
/** How long a stop may take before the process ends regardless. */
const STOP_MS = 1_500;
/** How long one that starts waits for one that stops. */
const LOCK_MS = 10_000;
const LOCK_RETRY_MS = 20;

export interface RunOptions extends Pick<ListenOptions, 'startHttp' | 'serveMcp' | 'parseText' | 'version'> {
  readonly createHost?: (options: {
    readonly home: string;
    readonly alone: boolean;
    readonly inUse: () => boolean;
  }) => Promise<Host>;
}

/** Runs the host of a home in this process until nobody uses it, or SIGTERM or SIGINT. Ends the process. */
export async function runHost(home: string, options: RunOptions = {}, lent?: LentStreams): Promise<never> {
  const starter = starterPipe();
  let host: Host | undefined;
  let lock: HomeLock | undefined;
  let server: ControlServer | undefined;
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  let starterGone = false;
  /** The first user has not come yet. */
  let awaiting = true;
  const ended = Promise.withResolvers<never>();

  const stop = async (code: number): Promise<void> => {
    if (stopping) return;
    stopping = true;
    clearTimeout(timer);
    setTimeout(() => process.exit(code), STOP_MS);
    await server?.close().catch(complain);
    await host?.close().catch(complain);
    lock?.release();
    process.exit(code);
  };
  const idle = (): void => {
    clearTimeout(timer);
    if (server === undefined) return;
    if (server.users > 0) awaiting = false;
    if (server.users > 0) return;
    timer = setTimeout(() => void stopUnlessBusy(), starterGone ? LINGER_MS : FIRST_USER_MS);
  };
  /**
   * What a component arranged and was begun while somebody was there is not cut off because nobody is now; its own time
   * limit ends it. None begins meanwhile, or one that arranges the next would keep this process for ever.
   */
  const stopUnlessBusy = async (): Promise<void> => {
    awaiting = false;
    const running = await host?.status().then(
      ({ schedulesRunning }) => schedulesRunning > 0,
      () => false,
    );
    if (running) idle();
    else if (server !== undefined && server.users === 0) await stop(0);
  };
  process.on('SIGTERM', () => void stop(0));
  process.on('SIGINT', () => void stop(0));
  process.on('SIGHUP', () => undefined);
  process.on('uncaughtException', (error) => {
    complain(error);
    void stop(1);
  });
  starter?.once('close', () => {
    starterGone = true;
    idle();
  });

  try {
    const create = options.createHost ?? (await import('#host')).createHost;
    lock = await lockOrDefer(home);
    if (lock === undefined) {
      await report(starter, { ready: true, pid: process.pid });
      process.exit(0);
    }
    host = await create({ home, alone: true, inUse: () => server === undefined || server.users > 0 || awaiting });
    server = await listenControl(host, home, { ...options, lock, onUsers: idle, lent });
    await report(starter, { ready: true, pid: process.pid });
    idle();
  } catch (error) {
    complain(error);
    await report(starter, { error: toSwitchboardError(error).toJSON() });
    await stop(1);
  }
  return ended.promise;
}

/** The home's lock; undefined where another host got it and listens already. Waits for one that is stopping. */
async function lockOrDefer(home: string): Promise<HomeLock | undefined> {
  const deadline = Date.now() + LOCK_MS;
  for (;;) {
    try {
      return await lockHome(home);
    } catch (error) {
      if (!(error instanceof SwitchboardError) || error.code !== 'home-in-use' || Date.now() > deadline) throw error;
    }
    const { tryConnect } = await import('./client.ts');
    const other = await tryConnect(home);
    if (other) {
      await other.close();
      return undefined;
    }
    await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS));
  }
}

/** The pipe to whoever started this process, where it gave one. */
function starterPipe(): Socket | undefined {
  try {
    const pipe = new Socket({ fd: 3, readable: true, writable: true });
    pipe.on('error', () => pipe.destroy());
    pipe.resume();
    return pipe;
  } catch {
    return undefined;
  }
}

function report(starter: Socket | undefined, message: StartReport): Promise<void> {
  return new Promise((resolve) => {
    if (starter === undefined || starter.destroyed) resolve();
    else starter.write(`${JSON.stringify(message)}\n`, () => resolve());
  });
}

function complain(error: unknown): void {
  process.stderr.write(
    `${new Date().toISOString()} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
}
