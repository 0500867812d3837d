/** wasi:http as generated code uses it: resources made, streams read and written, pollables blocked on. */
import { equal, ok, rejects } from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { httpGuest, type HttpGuest, readAll, sendRequest } from '#test/fakes/http-guest';

const MB = 1_000_000;
let server: Server;
let port = 0;
let endlessClosed: Promise<void>;

before(async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  endlessClosed = promise;
  server = createServer((request: IncomingMessage, response) => {
    if (request.url === '/endless') {
      response.on('close', resolve);
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        response.once('drain', more);
      };
      more();
    } else if (request.url === '/large') response.end(Buffer.alloc(20 * MB));
    else if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': '100' });
      response.write('some');
      setTimeout(() => response.destroy(), 50);
    } else {
      let length = 0;
      request.on('data', (chunk: Buffer) => (length += chunk.length));
      request.on('end', () => response.end(`${request.method} ${length}`));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const make = (granted = true) => httpGuest(granted ? port : undefined);

/** What a guest does for one request, with so many pieces of 4096 bytes; the response. */
const request = (face: HttpGuest['face'], path: string, pieces = 0) => sendRequest(face, port, { path, pieces });

test('[http.wasi] a request without a body, and one whose body streams with back pressure', async () => {
  const { face, refunded } = make();
  equal(await readAll(await request(face, '/')), 'GET 0');
  const response = await request(face, '/', 1000);
  equal(response.status(), 200);
  equal(await readAll(response), `POST ${1000 * 4096}`);
  equal(refunded(), 1000 * 4096, 'what was sent counts no more as handed over');
});

test('[http.wasi] a large answer is read in pieces, an endless one is dropped, a cut one fails', async () => {
  const { face } = make();
  equal(await readAll(await request(face, '/large')), 20 * MB);
  const body = (await request(face, '/endless')).consume();
  const stream = body.stream();
  equal((await stream.blockingRead(1000n)).length, 1000);
  const before = process.memoryUsage().arrayBuffers;
  await new Promise((resolve) => setTimeout(resolve, 100));
  ok(process.memoryUsage().arrayBuffers - before < 8 * MB, 'what is not read is not fetched');
  stream[Symbol.dispose]();
  body[Symbol.dispose]();
  await endlessClosed;
  const cut = await request(face, '/cut');
  await rejects(readAll(cut), ({ payload }: { payload: { tag: string } }) => payload.tag === 'last-operation-failed');
});

test('[http.wasi] what is not granted is denied before anything is sent, a stopped call ends its request', async () => {
  const { face, denials } = make(false);
  await rejects(request(face, '/'), ({ payload }: { payload: unknown }) => {
    return (payload as { tag: string }).tag === 'HTTP-request-denied';
  });
  equal(denials[0]?.grant, `--net 127.0.0.1:${port}`);
  const stopped = make();
  const slow = readAll(await request(stopped.face, '/endless'));
  stopped.stop.abort(new Error('stopped'));
  await rejects(slow);
});
