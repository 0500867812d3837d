/** `request-options`, against servers that hang at each stage. */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { after, before, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { type GuestRequest, httpGuest, readAll, readError, sendRequest } from '#test/fakes/http-guest';
import { NO_PERMISSIONS, type ServiceEnv } from '#core';
import { createEgress, type EgressRequest } from './egress.ts';
import { httpError } from './failures.ts';
import type { Resolve } from './resolve.ts';

const SHORT = 80;
/** Well before the host's own 10 s, on a busy machine too. */
const SOON = 5000;

/** Hangs in the part of the answer that the path names. */
let server: Server;
let port = 0;
/** Takes connections and says nothing. */
let silent: TcpServer;
let silentPort = 0;

before(async () => {
  server = createServer((request, response) => {
    if (request.url === '/no-answer') return;
    if (request.url === '/never-read') {
      request.pause();
      return;
    }
    if (request.url === '/no-body') {
      response.writeHead(200, { 'content-length': '10' });
      response.flushHeaders();
    } else if (request.url === '/half') {
      response.writeHead(200, { 'content-length': '10' });
      response.write('half ');
    } else if (request.url === '/slow-start') {
      setTimeout(() => response.end('at last'), SHORT * 2);
    } else if (request.url === '/large') response.end(Buffer.alloc(4_000_000));
    else if (request.url === '/drips') {
      let left = 6;
      const drip = setInterval(() => {
        left -= 1;
        if (left > 0) response.write('.');
        else {
          clearInterval(drip);
          response.end('.');
        }
      }, SHORT / 2);
    } else {
      let length = 0;
      request.on('data', (chunk: Buffer) => (length += chunk.length));
      request.on('end', () => response.end(`${length}`));
    }
  });
  silent = createTcpServer((socket) => socket.on('error', () => undefined));
  for (const each of [server, silent]) {
    each.listen(0, '127.0.0.1');
    await once(each, 'listening');
  }
  port = (server.address() as AddressInfo).port;
  silentPort = (silent.address() as AddressInfo).port;
});
after(() => {
  server.closeAllConnections();
  server.close();
  silent.close();
});

/** The error code, and how long it took. */
async function failing(target: number, asked: GuestRequest): Promise<[unknown, number]> {
  const { face, end } = httpGuest(target);
  const started = performance.now();
  try {
    return [await readError(face, await sendRequest(face, target, asked)), performance.now() - started];
  } catch (thrown) {
    return [(thrown as { payload: unknown }).payload, performance.now() - started];
  } finally {
    end();
  }
}

function soon(took: number): void {
  ok(took >= SHORT - 5 && took < SOON, `after ${took} ms`);
}

/** A port whose queue of connections is full, so that a further one gets no answer. */
async function fullPort(): Promise<{ readonly port: number } & AsyncDisposable> {
  const code = `
    const { createServer } = require('node:net');
    const { parentPort } = require('node:worker_threads');
    const server = createServer();
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const worker = new Worker(code, { eval: true });
  const [full] = (await once(worker, 'message')) as [number];
  const sockets = Array.from({ length: 8 }, () => connect(full, '127.0.0.1').on('error', () => undefined));
  await once(sockets[0] as (typeof sockets)[0], 'connect');
  return {
    port: full,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await worker.terminate();
    },
  };
}

test('[http.timeouts] connecting to who does not answer ends with connection-timeout', async () => {
  await using full = await fullPort();
  const [code, took] = await failing(full.port, { path: '/', connect: SHORT });
  deepEqual(code, { tag: 'connection-timeout' });
  soon(took);
});

test('[http.timeouts] TLS that is never answered is a part of connecting', async () => {
  const [code, took] = await failing(silentPort, { path: '/', scheme: 'HTTPS', connect: SHORT });
  deepEqual(code, { tag: 'connection-timeout' });
  soon(took);
});

test('[http.timeouts] a name server that never answers is a part of connecting; the cap of the host holds', async (t) => {
  const env = {
    policy: { ...NO_PERMISSIONS, net: [{ host: 'silent.example', port: 80 }] },
    signal: () => new AbortController().signal,
    onEnd: () => undefined,
  } as unknown as ServiceEnv;
  const never = Promise.withResolvers<void>();
  const resolve: Resolve = () => never.resolve();
  const get = (connectTimeout: number | undefined): ReturnType<ReturnType<typeof createEgress>['request']> => {
    const request: EgressRequest = {
      method: 'GET',
      url: new URL('http://silent.example/'),
      headers: [],
      body: undefined,
      connectTimeout,
    };
    return createEgress(env, resolve).request(request);
  };
  const timedOut = (thrown: unknown): boolean => httpError(thrown).tag === 'connection-timeout';
  const started = performance.now();
  await rejects(get(SHORT), timedOut);
  soon(performance.now() - started);
  for (const asked of [60_000, undefined]) {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let settled = false;
    const waiting = rejects(get(asked), timedOut).then(() => {
      settled = true;
    });
    await never.promise;
    await new Promise((done) => setImmediate(done));
    t.mock.timers.tick(9_999);
    await new Promise((done) => setImmediate(done));
    equal(settled, false);
    t.mock.timers.tick(1);
    await waiting;
    t.mock.timers.reset();
  }
});

test('[http.timeouts] an answer that does not begin ends with HTTP-response-timeout', async () => {
  for (const [path, target] of [
    ['/no-answer', port],
    ['/no-body', port],
    ['/', silentPort],
  ] as const) {
    const [code, took] = await failing(target, { path, firstByte: SHORT });
    deepEqual(code, { tag: 'HTTP-response-timeout' }, path);
    soon(took);
  }
});

test('[http.timeouts] a server that takes nothing of the body is waited for no longer than for its answer', async () => {
  const { face, end } = httpGuest(port);
  await rejects(
    sendRequest(face, port, { path: '/never-read', pieces: 20_000, firstByte: SHORT }),
    ({ payload }: { payload: { tag: string; val: unknown } }) => {
      deepEqual(face('wasi:http/types').httpErrorCode(payload.val), { tag: 'HTTP-response-timeout' });
      return true;
    },
  );
  end();
});

test('[http.timeouts] the time a component takes over its request is its own', async () => {
  const { face } = httpGuest(port);
  const types = face('wasi:http/types');
  const made = new types.OutgoingRequest(new types.Fields());
  made.setMethod({ tag: 'put' });
  made.setScheme({ tag: 'HTTP' });
  made.setAuthority(`127.0.0.1:${port}`);
  const options = new types.RequestOptions();
  options.setFirstByteTimeout(BigInt(SHORT) * 1_000_000n);
  const body = made.body();
  const future = face('wasi:http/outgoing-handler').handle(made, options);
  const stream = body.write();
  const clock = face('wasi:clocks/monotonic-clock');
  for (const text of ['one', 'two']) {
    stream.blockingWriteAndFlush(Buffer.from(text));
    await clock.subscribeDuration(BigInt(SHORT) * 1_500_000n).block();
  }
  stream[Symbol.dispose]();
  types.OutgoingBody.finish(body, undefined);
  await future.subscribe().block();
  equal(await readAll(future.get().val.val), '6');
});

test('[http.timeouts] a body that stops ends with connection-read-timeout, and one that drips does not', async () => {
  const [code, took] = await failing(port, { path: '/half', betweenBytes: SHORT });
  deepEqual(code, { tag: 'connection-read-timeout' });
  soon(took);
  deepEqual((await failing(port, { path: '/no-body', betweenBytes: SHORT }))[0], { tag: 'connection-read-timeout' });
  const { face } = httpGuest(port);
  const dripping = await sendRequest(face, port, { path: '/drips', firstByte: SHORT * 2, betweenBytes: SHORT * 2 });
  equal(await readAll(dripping), '......');
  const late = await sendRequest(face, port, { path: '/slow-start', firstByte: 10_000, betweenBytes: SHORT });
  equal(await readAll(late), 'at last', 'before the first byte the other one counts');
});

test('[http.timeouts] a component that reads slowly is no server that stops', async () => {
  const { face } = httpGuest(port);
  const response = await sendRequest(face, port, { path: '/large', firstByte: SHORT, betweenBytes: SHORT });
  await face('wasi:clocks/monotonic-clock')
    .subscribeDuration(BigInt(SHORT) * 3_000_000n)
    .block();
  equal(await readAll(response), 4_000_000);
});
