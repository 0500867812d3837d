/** What the text of wasi:http 0.2 says of each method, beyond what the other tests show. */
import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import {
  type Face,
  httpGuest,
  newRequest,
  payloadOf,
  readAll,
  readBody,
  readError,
  responseOf,
  sendRequest,
} from '#test/fakes/http-guest';

let server: Server;
let port = 0;
const seen: IncomingMessage[] = [];

before(async () => {
  server = createServer((request, response) => {
    seen.push(request);
    if (request.url === '/early') {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</x>; rel=preload' });
      response.writeHead(418, { 'X-Case': 'kept', 'keep-alive': 'timeout=5' });
      response.end('tea');
    } else if (request.url === '/hangs') return;
    else if (request.url === '/broken') {
      response.socket?.end('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab');
    } else if (request.url === '/switch') response.socket?.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    else {
      let length = 0;
      request.on('data', (chunk: Buffer) => (length += chunk.length));
      request.on('end', () => response.end(`${length}`));
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

const bytes = (text: string): Uint8Array => Buffer.from(text);
const handleOf = (face: (id: string) => Face): Face => face('wasi:http/outgoing-handler').handle;

/** Writes the texts as the body of a request with these headers; the finish's error, and the future. */
async function post(face: (id: string) => Face, headers: readonly [string, string][], texts: readonly string[]) {
  const made = newRequest(face, port, { path: '/', method: 'post', headers });
  const body = made.body();
  const future = handleOf(face)(made, undefined);
  const stream = body.write();
  let written: unknown;
  for (const text of texts) {
    try {
      await stream.blockingWriteAndFlush(bytes(text));
    } catch (thrown) {
      written = (thrown as { payload: unknown }).payload;
    }
  }
  stream[Symbol.dispose]();
  let finished: unknown;
  try {
    face('wasi:http/types').OutgoingBody.finish(body, undefined);
  } catch (thrown) {
    finished = (thrown as { payload: unknown }).payload;
  }
  return { future, finished, written: written as Face };
}

test('[http.contract] fields: names without case, values as bytes, what is invalid or forbidden', () => {
  const { face } = httpGuest(port);
  const { Fields } = face('wasi:http/types');
  const fields = Fields.fromList([
    ['X-Two', bytes('1')],
    ['other', bytes('')],
    ['x-two', bytes('2')],
  ]);
  deepEqual(fields.get('x-TWO').map(String), [String(bytes('1')), String(bytes('2'))]);
  deepEqual([fields.get('none'), fields.get('a b'), fields.has('a b')], [[], [], false]);
  deepEqual(fields.get('other').length, 1, 'present and empty');
  deepEqual(
    fields.entries().map(([name]: [string]) => name),
    ['X-Two', 'other', 'x-two'],
  );
  for (const value of ['a\nb', 'a\rb', 'a\0b', 'a\u0001b', 'a\u007fb']) {
    for (const change of [
      () => fields.append('a', bytes(value)),
      () => fields.set('a', [bytes('fine'), bytes(value)]),
      () => Fields.fromList([['a', bytes(value)]]),
    ]) {
      deepEqual(payloadOf(change), { tag: 'invalid-syntax' }, JSON.stringify(value));
    }
  }
  fields.append('a', Uint8Array.of(0x80, 0xff, 0x09));
  for (const name of ['', 'a b', 'a:', 'ä', 'a\n']) {
    deepEqual(
      payloadOf(() => fields.delete(name)),
      { tag: 'invalid-syntax' },
    );
    deepEqual(
      payloadOf(() => fields.append(name, bytes(''))),
      { tag: 'invalid-syntax' },
    );
  }
  for (const name of ['Host', 'connection', 'Transfer-Encoding', 'upgrade', 'keep-alive', 'proxy-connection']) {
    deepEqual(
      payloadOf(() => fields.append(name, bytes('a'))),
      { tag: 'forbidden' },
    );
    deepEqual(
      payloadOf(() => Fields.fromList([[name, bytes('a')]])),
      { tag: 'forbidden' },
    );
    fields.delete(name);
  }
  fields.set('x-two', []);
  equal(fields.has('X-Two'), false);
  const copy = fields.clone();
  copy.append('more', bytes('1'));
  equal(fields.has('more'), false);
});

test('[http.contract] outgoing-request: defaults, what each setter takes, a body that is had once', () => {
  const { face } = httpGuest(port);
  const types = face('wasi:http/types');
  const made = new types.OutgoingRequest(new types.Fields());
  deepEqual(
    [made.method(), made.pathWithQuery(), made.scheme(), made.authority()],
    [{ tag: 'get' }, undefined, undefined, undefined],
  );
  for (const [setter, fine, invalid] of [
    [
      'setPathWithQuery',
      ['/', '', '?a', '*', '/a/../b?c=d/?e', '/"{|}~:@!$', undefined],
      ['a', '/ä', '/a b', '/a#b', '/\n', '/a\\b', '/<', '//\0'],
    ],
    [
      'setAuthority',
      ['a', 'a.b:80', 'a:', '[::1]:8', 'u:p@h', 'a_b', undefined],
      ['', 'a b', 'a/b', 'a?b', 'a#b', 'ä', 'a:b', 'a:65536', '[::1', 'a\n'],
    ],
    [
      'setScheme',
      [{ tag: 'HTTP' }, { tag: 'other', val: 'a+b' }, undefined],
      [
        { tag: 'other', val: '' },
        { tag: 'other', val: '1a' },
        { tag: 'other', val: 'a:' },
      ],
    ],
    [
      'setMethod',
      [{ tag: 'patch' }, { tag: 'other', val: 'PROPFIND' }],
      [
        { tag: 'other', val: '' },
        { tag: 'other', val: 'A B' },
        { tag: 'other', val: 'A\r\n' },
      ],
    ],
  ] as const) {
    const getter = `${setter.slice(3, 4).toLowerCase()}${setter.slice(4)}`;
    for (const value of fine) {
      made[setter](value);
      deepEqual(made[getter](), value, setter);
      for (const refused of invalid) {
        equal(
          payloadOf(() => made[setter](refused)),
          undefined,
          `${setter} ${JSON.stringify(refused)}`,
        );
      }
      deepEqual(made[getter](), value, 'a refused value changes nothing');
    }
  }
  const body = made.body();
  equal(
    payloadOf(() => made.body()),
    undefined,
  );
  const stream = body.write();
  equal(
    payloadOf(() => body.write()),
    undefined,
  );
  const headers = made.headers();
  deepEqual(
    payloadOf(() => headers.set('a', [])),
    { tag: 'immutable' },
  );
  throws(() => made[Symbol.dispose](), /outgoing-request was dropped before/);
  throws(() => body[Symbol.dispose](), /outgoing-body was dropped before/);
  throws(() => types.OutgoingBody.finish(body, undefined), /outgoing-body was dropped before/);
  headers[Symbol.dispose]();
  made[Symbol.dispose]();
  equal((payloadOf(() => stream.write(bytes('a'))) as Face).tag, 'last-operation-failed', 'nobody will send it');
  deepEqual(
    payloadOf(() => stream.write(bytes('a'))),
    { tag: 'closed' },
  );
  deepEqual(
    payloadOf(() => stream.checkWrite()),
    { tag: 'closed' },
  );
});

test('[http.contract] handle refuses what cannot be sent', async () => {
  const { face } = httpGuest(port);
  const { Fields, OutgoingRequest } = face('wasi:http/types');
  const refused = (change: (made: Face) => void, headers: readonly [string, string][] = []): unknown => {
    const made = newRequest(face, port, { path: '/', headers });
    change(made);
    return payloadOf(() => handleOf(face)(made, undefined));
  };
  const uri = { tag: 'HTTP-request-URI-invalid' };
  deepEqual(
    refused((made) => made.setAuthority(undefined)),
    uri,
  );
  deepEqual(
    refused((made) => made.setAuthority(`u@127.0.0.1:${port}`)),
    uri,
  );
  deepEqual(
    refused((made) => made.setAuthority('127.1:80')),
    uri,
  );
  deepEqual(
    refused((made) => made.setAuthority('127.0.0.1:0')),
    uri,
  );
  deepEqual(
    refused((made) => made.setScheme({ tag: 'other', val: 'ftp' })),
    uri,
  );
  deepEqual(
    refused((made) => made.setPathWithQuery('*')),
    uri,
  );
  deepEqual(
    refused((made) => made.setMethod({ tag: 'connect' })),
    { tag: 'HTTP-request-method-invalid' },
  );
  const nothing = (): void => undefined;
  deepEqual(refused(nothing, [['content-length', '5']]), { tag: 'HTTP-request-body-size', val: 0n });
  for (const lengths of [['5', '5'], ['+5'], ['5, 5'], ['']]) {
    const twice = lengths.map((length): [string, string] => ['Content-Length', length]);
    deepEqual(refused(nothing, twice), { tag: 'HTTP-protocol-error' }, lengths.join(' '));
  }
  const response = await sendRequest(face, port, { path: '/early' });
  const headers = response.headers();
  const sneaked = new OutgoingRequest(headers.clone());
  sneaked.setScheme({ tag: 'HTTP' });
  sneaked.setAuthority(`127.0.0.1:${port}`);
  equal(headers.has('keep-alive'), true);
  deepEqual(
    payloadOf(() => handleOf(face)(sneaked, undefined)),
    { tag: 'HTTP-protocol-error' },
    'a header of the connection, by way of a copy',
  );
  const child = newRequest(face, port, { path: '/' });
  child.headers();
  throws(() => handleOf(face)(child, undefined), /outgoing-request was dropped before/);
  ok(new Fields() instanceof Fields);
});

test('[http.contract] the path is sent as it was written', async () => {
  const { face } = httpGuest(port);
  for (const [path, sent] of [
    ['/a/../b//c/%2e%2e/./d?x=/../y', '/a/../b//c/%2e%2e/./d?x=/../y'],
    ['', '/'],
    ['?q=1', '/?q=1'],
  ] as const) {
    await readAll(await sendRequest(face, port, { path }));
    equal(seen.at(-1)?.url, sent);
  }
});

test('[http.contract] a body is as long as its content-length says, or the request fails', async () => {
  const { face } = httpGuest(port);
  const right = await post(face, [['content-length', '5']], ['abc', 'de']);
  equal(right.finished, undefined);
  equal(await readAll(await responseOf(right.future)), '5');
  equal(seen.at(-1)?.headers['transfer-encoding'], undefined);
  const size = (val: bigint): object => ({ tag: 'HTTP-request-body-size', val });
  const failure = async (future: Face): Promise<unknown> => {
    try {
      await responseOf(future);
    } catch (thrown) {
      return (thrown as { payload: unknown }).payload;
    }
    return undefined;
  };
  for (const texts of [[], ['ab']]) {
    const short = await post(face, [['content-length', '5']], texts);
    deepEqual(short.finished, size(texts.length === 0 ? 0n : 2n));
    deepEqual(await failure(short.future), short.finished);
  }
  const long = await post(face, [['content-length', '5']], ['abc', 'def']);
  equal(long.written.tag, 'last-operation-failed');
  deepEqual(face('wasi:http/types').httpErrorCode(long.written.val), size(6n));
  deepEqual(await failure(long.future), size(6n));
  const none = await post(face, [['content-length', '0']], []);
  equal(await readAll(await responseOf(none.future)), '0');
});

test('[http.contract] a body that is dropped unfinished fails its request; pieces of any size pass', async () => {
  const { face } = httpGuest(port);
  const made = newRequest(face, port, { path: '/', method: 'put' });
  const body = made.body();
  const future = handleOf(face)(made, undefined);
  const stream = body.write();
  stream.blockingWriteAndFlush(bytes('some'));
  stream[Symbol.dispose]();
  body[Symbol.dispose]();
  await rejects(responseOf(future), ({ payload }: { payload: unknown }) => {
    deepEqual(payload, { tag: 'HTTP-protocol-error' });
    return true;
  });
  const odd = await post(
    face,
    [],
    Array.from({ length: 300 }, () => 'x'.repeat(4001)),
  );
  equal(await readAll(await responseOf(odd.future)), String(300 * 4001));
});

test('[http.contract] a future gives nothing before its time; dropped, it ends the request', async () => {
  const { face } = httpGuest(port);
  const made = newRequest(face, port, { path: '/hangs' });
  const arrived = once(server, 'request') as Promise<[IncomingMessage]>;
  const future = handleOf(face)(made, undefined);
  equal(future.get(), undefined);
  const [request] = await arrived;
  const gone = once(request.socket, 'close');
  future[Symbol.dispose]();
  await gone;
});

test('[http.contract] incoming-response: status, headers as they came, a body that is had once', async () => {
  const { face } = httpGuest(port);
  const { IncomingBody } = face('wasi:http/types');
  const response = await sendRequest(face, port, { path: '/early' });
  equal(response.status(), 418, 'informational ones are not it');
  const headers = response.headers();
  equal(headers.entries().find(([name]: [string]) => name.toLowerCase() === 'x-case')[0], 'X-Case');
  for (const change of ['set', 'append', 'delete']) {
    deepEqual(
      payloadOf(() => headers[change]('a', change === 'set' ? [] : bytes('b'))),
      { tag: 'immutable' },
    );
  }
  const body = response.consume();
  equal(
    payloadOf(() => response.consume()),
    undefined,
  );
  throws(() => response[Symbol.dispose](), /incoming-response was dropped before/);
  headers[Symbol.dispose]();
  response[Symbol.dispose]();
  const stream = body.stream();
  equal(
    payloadOf(() => body.stream()),
    undefined,
  );
  throws(() => body[Symbol.dispose](), /incoming-body was dropped before/);
  throws(() => IncomingBody.finish(body), /incoming-body was dropped before/);
  equal(Buffer.from(await stream.blockingRead(100n)).toString(), 'tea');
  stream[Symbol.dispose]();
  IncomingBody.finish(body)[Symbol.dispose]();
});

test('[http.contract] a failed stream says why once, then that it is closed', async () => {
  const { face } = httpGuest(port);
  const incomplete = { tag: 'HTTP-response-incomplete' };
  deepEqual(await readError(face, await sendRequest(face, port, { path: '/broken' })), incomplete);
  const stream = (await sendRequest(face, port, { path: '/broken' })).consume().stream();
  const tags: string[] = [];
  while (tags.length < 3) {
    try {
      await stream.blockingRead(100n);
    } catch (thrown) {
      tags.push((thrown as { payload: { tag: string } }).payload.tag);
    }
  }
  deepEqual(tags, ['last-operation-failed', 'closed', 'closed']);
  await rejects(sendRequest(face, port, { path: '/switch' }), ({ payload }: { payload: unknown }) => {
    deepEqual(payload, { tag: 'HTTP-protocol-error' });
    return true;
  });
});

test('[http.contract] what a function consumes counts no more as held; so many connections at a time', async () => {
  const { face, end } = httpGuest(port);
  const { Fields, IncomingBody, OutgoingBody } = face('wasi:http/types');
  const free = (): number => {
    const held: Face[] = [];
    throws(() => {
      for (;;) held.push(new Fields());
    });
    for (const fields of held) fields[Symbol.dispose]();
    return held.length;
  };
  const before = free();
  const response = await sendRequest(face, port, { path: '/' });
  const incoming = response.consume();
  equal(await readBody(incoming), '0');
  IncomingBody.finish(incoming)[Symbol.dispose]();
  response[Symbol.dispose]();
  const refused = newRequest(face, port, { path: '*' });
  const body = refused.body();
  payloadOf(() => handleOf(face)(refused, undefined));
  OutgoingBody.finish(body, new Fields());
  equal(free(), before);

  const open: Face[] = [];
  for (let i = 0; i < 64; i += 1) open.push(handleOf(face)(newRequest(face, port, { path: '/hangs' }), undefined));
  deepEqual(
    payloadOf(() => handleOf(face)(newRequest(face, port, { path: '/' }), undefined)),
    { tag: 'connection-limit-reached' },
  );
  for (const future of open) future[Symbol.dispose]();
  await new Promise((resolve) => setImmediate(resolve));
  equal(await readAll(await sendRequest(face, port, { path: '/' })), '0');
  end();
});
