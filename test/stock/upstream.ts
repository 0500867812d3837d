import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StockUpstream extends AsyncDisposable {
  readonly origin: string;
  readonly port: number;
  /** Bytes of the bodies it was sent, a number a request. */
  readonly taken: readonly number[];
}

/**
 * A server on loopback: `/bytes?N` answers N bytes, `/slow?MS` waits before it answers, PUT counts what it is sent,
 * anything else is answered with its method and path.
 */
export async function startStockUpstream(): Promise<StockUpstream> {
  const taken: number[] = [];
  const server = createServer((request, response) => answer(request, response, taken));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    taken,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const BLOCK = Buffer.alloc(65_536, 'stock ');

function answer(request: IncomingMessage, response: ServerResponse, taken: number[]): void {
  const [path, query = ''] = (request.url ?? '').split('?');
  if (request.method === 'PUT') {
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
    });
    request.on('end', () => {
      taken.push(length);
      response.writeHead(201).end();
    });
  } else if (path === '/bytes') {
    let left = Number(query);
    const more = (): void => {
      while (left > 0) {
        const piece = BLOCK.subarray(0, Math.min(left, BLOCK.length));
        left -= piece.length;
        if (!response.write(piece)) {
          response.once('drain', more);
          return;
        }
      }
      response.end();
    };
    more();
  } else if (path === '/slow') {
    setTimeout(() => response.end('slow'), Number(query));
  } else response.end(`${request.method} ${request.url}`);
}
