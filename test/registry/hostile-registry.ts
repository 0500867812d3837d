/** A registry that answers as a test says: what no honest one does. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

export interface HostileRegistry {
  readonly address: string;
  readonly url: string;
  readonly seen: readonly Seen[];
}

export type Misbehave = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

export async function hostileRegistry(
  t: { after(work: () => unknown): void },
  misbehave: Misbehave,
): Promise<HostileRegistry> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    seen.push({ method, path: url, authorization: headers.authorization, range: headers.range });
    response.on('error', () => undefined);
    misbehave(request, response, new URL(url, 'http://registry'));
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, url: `http://${address}`, seen };
}

/** Answers with content as a registry does. */
export function give(response: ServerResponse, bytes: Uint8Array, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-length': bytes.length, ...headers });
  response.end(bytes);
}
