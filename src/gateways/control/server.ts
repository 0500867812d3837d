import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { SwitchboardError } from '#core/errors';
import type { Host } from '#host/api';
import { homePaths } from '#home/layout';
import { Connection, type Shared } from './connection.ts';
import { HttpGate, type StartHttp } from './http-gate.ts';
import { type HomeLock, lockHome } from './lock.ts';
import type { LentStreams } from './lent-streams.ts';
import type { ParseText } from './methods.ts';
import { productVersion } from '#host/version';

export interface ListenOptions {
  /** The lock of the home, where the caller took it already; it is taken here otherwise. */
  readonly lock?: HomeLock | undefined;
  /** Called with the number of clients whenever it changes. */
  readonly onUsers?: ((users: number) => void) | undefined;
  readonly version?: string | undefined;
  readonly startHttp?: StartHttp | undefined;
  readonly serveMcp?: Shared['serveMcp'] | undefined;
  readonly parseText?: ParseText | undefined;
  /** Streams that the process which started this one lent it. */
  readonly lent?: LentStreams | undefined;
}

/** A host that clients can reach. */
export interface ControlServer {
  readonly socket: string;
  readonly users: number;
  /** Stops listening, tells every client, releases the lock. The host itself stays open. Idempotent. */
  close(): Promise<void>;
}

/**
 * Makes `host` reachable over the control socket of its home, 0600, so that the command line and MCP
 * clients attach to it. Errors: `home-in-use` when another process is the host of this home.
 */
export async function listenControl(
  host: Host,
  home: string = host.home,
  options: ListenOptions = {},
): Promise<ControlServer> {
  const lock = options.lock ?? (await lockHome(home));
  const path = homePaths(home).controlSocket;
  const shared: Shared = {
    host,
    version: options.version ?? productVersion(),
    http: new HttpGate(host, options.startHttp ?? startHttp),
    parseText: options.parseText ?? parseText,
    serveMcp: options.serveMcp ?? serveMcp,
    lent: options.lent,
  };
  const connections = new Set<Connection>();
  const accept = (socket: Socket): void => {
    const connection = new Connection(socket, shared);
    connections.add(connection);
    options.onUsers?.(connections.size);
    socket.once('close', () => {
      connections.delete(connection);
      options.onUsers?.(connections.size);
    });
  };
  const server = createServer({ allowHalfOpen: true }, accept);
  try {
    // The lock is ours, so a socket that is there belongs to a process that died.
    rmSync(path, { force: true });
    await listening(server, path);
    chmodSync(path, 0o600);
    lock.publish({ socket: path, version: shared.version });
  } catch (cause) {
    server.close();
    lock.release();
    if (cause instanceof SwitchboardError) throw cause;
    throw new SwitchboardError('home-unusable', `cannot listen on ${path}: ${(cause as Error).message}`, { cause });
  }
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const reason = new SwitchboardError('host-closed', 'the host of this home is stopping');
    for (const connection of connections) connection.close(reason);
    await shared.http.close(undefined);
    await closed;
    lock.release();
  };
  return {
    socket: path,
    get users() {
      return connections.size;
    },
    close: () => (closing ??= close()),
  };
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

const startHttp: StartHttp = async (host, at) =>
  (await import('../mcp/index.ts')).startHttp(host, { ...at, token: () => host.token() });
const serveMcp: Shared['serveMcp'] = async (host, stream) =>
  (await import('../mcp/index.ts')).serveMcpStream(host, stream);
const parseText: ParseText = async (...given) => (await import('./text-arguments.ts')).parseText(...given);
