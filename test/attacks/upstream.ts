import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { LIES } from './lies.ts';

const FULL_MS = 1_000;

export interface Upstream extends AsyncDisposable {
  readonly port: number;
  /** Of a server that takes connections and says nothing. */
  readonly mute: number;
  /** Connections that are open, of both. */
  readonly open: () => number;
}

/**
 * Servers on loopback that attacks try to reach, or start from. `/to?<url>` redirects, `/stall` is never answered,
 * `/full` is not even read for a while, `/drip` begins and does not go on, `/lie/<name>` is one of `LIES`, anything else says `reached`. `onRequest` is told
 * `METHOD path`.
 */
export async function startUpstream(onRequest: (request: string) => void = () => {}): Promise<Upstream> {
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    onRequest(`${request.method} ${url}`);
    const [, kind, rest = ''] = /^\/(to|stall|full|drip|lie)\b[?/]?(.*)$/.exec(url) ?? [];
    if (kind === 'to') response.writeHead(302, { location: decodeURIComponent(rest) }).end();
    else if (kind === 'drip') response.writeHead(200).write('begun');
    else if (kind === 'lie') response.socket?.end(LIES[rest] ?? '', 'latin1');
    else if (kind === 'stall') request.resume();
    else if (kind === 'full') setTimeout(() => request.resume(), FULL_MS);
    else response.writeHead(200, { 'content-type': 'text/plain' }).end('reached');
  });
  const mute = createTcpServer((socket) => socket.on('error', () => {}));
  const open = new Set<Socket>();
  for (const one of [server, mute]) {
    one.on('connection', (socket: Socket) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      // Only a socket that is read sees its end.
      if (one === mute) socket.resume();
    });
    one.listen(0, '127.0.0.1');
    await once(one, 'listening');
  }
  return {
    port: portOf(server),
    mute: portOf(mute),
    open: () => open.size,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await Promise.all([server, mute].map((one) => new Promise((resolve) => one.close(resolve))));
    },
  };
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
