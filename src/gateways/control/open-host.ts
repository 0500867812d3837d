import { toSwitchboardError } from '#core/errors';
import { createHost, type HostOptions } from '#host';
import type { Host } from '#host/api';
import { connectHost } from './client.ts';
import { type HomeLock, lockHome } from './lock.ts';
import { listenControl } from './server.ts';

/**
 * The host of a home, for a program. Where no process is the home's host yet, this one becomes it: components run in
 * its own threads, and the command line and MCP clients can attach to it until `close`. Where another process is,
 * this attaches to that one and behaves the same, but for `maxCells`, `idleMs` and what else only its maker can
 * choose. Errors: those of opening the home, `home-in-use` where the other process cannot be reached.
 */
export async function openHost(options: HostOptions): Promise<Host> {
  const lock = await lockUnlessTaken(options.home);
  if (!lock) return connectHost(options.home, { signal: options.signal });
  let host: Host | undefined;
  try {
    host = await createHost({ ...options, alone: true });
    const own = host;
    const server = await listenControl(own, own.home, { lock });
    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      await server.close();
      await own.close();
    };
    return {
      ...own,
      close() {
        closing ??= close();
        return closing;
      },
    };
  } catch (error) {
    await host?.close();
    lock.release();
    throw error;
  }
}

async function lockUnlessTaken(home: string): Promise<HomeLock | undefined> {
  try {
    return await lockHome(home);
  } catch (error) {
    if (toSwitchboardError(error).code === 'home-in-use') return undefined;
    throw error;
  }
}
