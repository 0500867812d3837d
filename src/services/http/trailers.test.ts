import { deepEqual, equal, throws } from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type Face, httpGuest, newRequest, payloadOf, readBody, responseOf, sendRequest } from '#test/fakes/http-guest';

let server: Server;
let port = 0;
let closed: Promise<void>;

before(async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  closed = promise;
  server = createServer((request, response) => {
    const name = request.url ?? '';
    if (name === '/cut') {
      response.write('some');
      setTimeout(() => response.destroy(), 20);
    } else if (name === '/endless') {
      response.on('close', resolve);
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        response.once('drain', more);
      };
      more();
    } else if (name === '/none') response.end('plain');
    else {
      response.writeHead(200, { trailer: 'x-sum' });
      response.write(name === '/large' ? Buffer.alloc(3_000_000) : 'body');
      const trailers: [string, string][] = [
        ['X-Sum', 'abc'],
        ['x-sum', 'dé'],
      ];
      if (name === '/many') {
        for (let i = 0; i < 40; i += 1) trailers.push([`x-${i}`, 'y'.repeat(500)]);
      } else if (name === '/flood') {
        for (let i = 0; i < 40; i += 1) trailers.push([`x-${i}`, 'y'.repeat(5000)]);
      }
      response.addTrailers(trailers);
      response.end();
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

async function bodyOf(face: (id: string) => Face, path: string): Promise<Face> {
  const response = await sendRequest(face, port, { path });
  const body = response.consume();
  response[Symbol.dispose]();
  return body;
}

async function trailersOf(future: Face): Promise<Face> {
  const ready = future.subscribe();
  await ready.block();
  ready[Symbol.dispose]();
  const got = future.get();
  equal(got.tag, 'ok');
  equal(future.get().tag, 'err', 'they are given once');
  return got.val;
}

test('[http.trailers] trailers of a response are given, once and unchangeable, when all of it has arrived', async () => {
  const { face } = httpGuest(port);
  const { IncomingBody } = face('wasi:http/types');
  const body = await bodyOf(face, '/few');
  equal(await readBody(body), 'body');
  const future = IncomingBody.finish(body);
  const { tag, val: trailers } = await trailersOf(future);
  equal(tag, 'ok');
  deepEqual(
    trailers.entries().map(([name, value]: [string, Uint8Array]) => [name, Buffer.from(value).toString('latin1')]),
    [
      ['X-Sum', 'abc'],
      ['x-sum', 'dé'],
    ],
  );
  deepEqual(
    payloadOf(() => trailers.append('a', Buffer.from('b'))),
    { tag: 'immutable' },
  );
  throws(() => future[Symbol.dispose](), /future-trailers was dropped before/);
  trailers[Symbol.dispose]();
  future[Symbol.dispose]();

  const none = await bodyOf(face, '/none');
  equal(await readBody(none), 'plain');
  deepEqual(await trailersOf(IncomingBody.finish(none)), { tag: 'ok', val: undefined });
});

test('[http.trailers] a body that is finished unread is thrown away on the way to its trailers', async () => {
  const { face } = httpGuest(port);
  const { IncomingBody } = face('wasi:http/types');
  const future = IncomingBody.finish(await bodyOf(face, '/large'));
  equal(future.get(), undefined, 'it has not arrived');
  const { tag, val } = await trailersOf(future);
  equal(tag, 'ok');
  equal(val.has('x-sum'), true);
  const endless = IncomingBody.finish(await bodyOf(face, '/endless'));
  equal(endless.get(), undefined);
  endless[Symbol.dispose]();
  await closed;
});

test('[http.trailers] trailers that do not come are an error, too large ones are refused', async () => {
  const { face } = httpGuest(port);
  const { IncomingBody } = face('wasi:http/types');
  deepEqual(await trailersOf(IncomingBody.finish(await bodyOf(face, '/cut'))), {
    tag: 'err',
    val: { tag: 'HTTP-response-incomplete' },
  });
  for (const path of ['/many', '/flood']) {
    const { tag, val } = await trailersOf(IncomingBody.finish(await bodyOf(face, path)));
    deepEqual([tag, val.tag], ['err', 'HTTP-response-trailer-section-size'], path);
  }
});

test('[http.trailers] trailers of a request are refused by name, empty ones are none', async () => {
  const { face } = httpGuest(port);
  const types = face('wasi:http/types');
  for (const entries of [[], [['x-sum', Buffer.from('abc')]]]) {
    const made = newRequest(face, port, { path: '/none', method: 'post' });
    const body = made.body();
    const future = face('wasi:http/outgoing-handler').handle(made, undefined);
    const stream = body.write();
    stream.blockingWriteAndFlush(Buffer.from('text'));
    stream[Symbol.dispose]();
    const finish = (): void => types.OutgoingBody.finish(body, types.Fields.fromList(entries));
    if (entries.length === 0) {
      finish();
      equal((await responseOf(future)).status(), 200);
    } else {
      const refused = { tag: 'HTTP-request-trailer-section-size', val: 8 };
      deepEqual(payloadOf(finish), refused);
      await future.subscribe().block();
      deepEqual(future.get(), { tag: 'ok', val: { tag: 'err', val: refused } });
    }
  }
});
