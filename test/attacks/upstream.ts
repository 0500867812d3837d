import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Upstream extends AsyncDisposable {
  readonly port: number;
  /** Requests it has seen, as `METHOD path`. */
  readonly seen: readonly string[];
}

/** A server on loopback that attacks try to reach, or start from: `/to?<url>` redirects, anything else says `reached`. */
export async function startUpstream(): Promise<Upstream> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    const target = /^\/to\?(.*)$/.exec(request.url ?? '')?.[1];
    if (target !== undefined) {
      response.writeHead(302, { location: decodeURIComponent(target) }).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/plain' }).end('reached');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
