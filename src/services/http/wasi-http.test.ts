/** wasi:http as generated code uses it: resources made, streams read and written, pollables blocked on. */
import { equal, ok, rejects } from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type Denial, NO_PERMISSIONS, type ServiceEnv } from '#core';
import { serviceSet } from '../index.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- what generated code sees of a service has no types
type Face = any;

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

function make(granted = true) {
  const denials: Denial[] = [];
  const stop = new AbortController();
  let refunded = 0;
  const env = {
    policy: { ...NO_PERMISSIONS, net: granted ? [{ host: '127.0.0.1', port }] : [] },
    denied: (denial: Denial) => void denials.push(denial),
    refund: (bytes: number) => (refunded += bytes),
    signal: () => stop.signal,
    onEnd: () => {},
  } as unknown as ServiceEnv;
  const services = serviceSet.create(env);
  return { face: (id: string): Face => services[id], denials, stop, refunded: () => refunded };
}

/** What a guest does for one request, with so many pieces of 4096 bytes; the response. */
async function request(face: (id: string) => Face, path: string, pieces = 0): Promise<Face> {
  const types = face('wasi:http/types');
  const made = new types.OutgoingRequest(new types.Fields());
  made.setMethod({ tag: pieces > 0 ? 'post' : 'get' });
  made.setScheme({ tag: 'HTTP' });
  made.setAuthority(`127.0.0.1:${port}`);
  made.setPathWithQuery(path);
  const body = made.body();
  const answer = face('wasi:http/outgoing-handler').handle(made, undefined);
  const stream = body.write();
  for (let i = 0; i < pieces; i += 1) await stream.blockingWriteAndFlush(new Uint8Array(4096));
  stream[Symbol.dispose]();
  types.OutgoingBody.finish(body, undefined);
  const ready = answer.subscribe();
  await ready.block();
  const got = answer.get();
  equal(answer.get().tag, 'err', 'it is given once');
  if (got.val.tag !== 'ok') throw Object.assign(new Error('no response'), { payload: got.val.val });
  return got.val.val;
}

async function readAll(response: Face): Promise<string | number> {
  const stream = response.consume().stream();
  let length = 0;
  let text = '';
  for (;;) {
    let bytes: Uint8Array;
    try {
      bytes = await stream.blockingRead(65_536n);
    } catch (thrown) {
      const { payload } = thrown as { payload: { tag: string } };
      if (payload.tag === 'closed') return length > 1000 ? length : text;
      throw thrown;
    }
    length += bytes.length;
    if (length <= 1000) text += Buffer.from(bytes).toString();
  }
}

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
