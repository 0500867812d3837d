/** Hostile clients over raw sockets: each gets a typed error, memory is bounded, a client beside them is unharmed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MALFORMED, ODD_REQUESTS } from './messages.ts';
import {
  AUTH,
  attack,
  HEAD,
  INITIALIZE,
  message,
  openSession,
  opened,
  postBytes,
  type RawAnswer,
  rawExchange,
  startTarget,
} from './target.ts';

const MiB = 1024 * 1024;
const INIT_AGAIN = INITIALIZE.replace('"id":1', '"id":2');

/** The JSON-RPC error of an answer, which may be an event of a stream. */
function errorOf({ body, head }: RawAnswer): { code: number; data?: { code?: string } } {
  const json = /\{"jsonrpc".*\}|\{"result".*\}|\{"error".*\}/s.exec(body)?.[0];
  assert.ok(json, `${head}\n${body.slice(0, 500)}`);
  const { error } = JSON.parse(json) as { error?: { code: number } };
  assert.ok(error, json);
  return error;
}

test('[mcp.hostile] HTTP: malformed messages are parse errors or invalid requests, with a session and without', async (t) => {
  const target = await startTarget(t);
  await attack(t, target, async () => {
    const session = `Mcp-Session-Id: ${await openSession(target.port)}\r\n`;
    for (const { what, text, code } of MALFORMED) {
      for (const more of ['', session]) {
        const answer = await rawExchange(target.port, postBytes(text, more));
        assert.equal(answer.status, 400, what);
        assert.equal(errorOf(answer).code, code, what);
        assert.doesNotMatch(answer.body, /\bat .*:\d+:\d+|node_modules|fake-token/, what);
      }
    }
    for (const { what, text, code } of ODD_REQUESTS) {
      const answer = await rawExchange(target.port, postBytes(text, session));
      assert.equal(errorOf(answer).code, code, what);
    }
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });
});

test('[mcp.hostile] HTTP: prototype-named keys are data', async (t) => {
  const target = await startTarget(t);
  const session = `Mcp-Session-Id: ${await openSession(target.port)}\r\n`;
  const text = `{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"__proto__":{"name":"nope"},"name":"demo_text_count","arguments":{"text":"a b","__proto__":{"words":9},"constructor":{"prototype":{"polluted":1}}}}}`;
  const { body } = await rawExchange(target.port, postBytes(text, session));
  assert.match(body, /"words":2/);
  assert.match(body, /"id":5/);
  const after = await rawExchange(target.port, postBytes(message('tools/list', {}, 6), session));
  assert.doesNotMatch(after.body, /polluted/);
});

const BAD_HEADS: readonly [what: string, head: string, status: number][] = [
  ['no token', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}', 401],
  ['another token', 'GET /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\n\r\n', 401],
  ['no token to end a session', 'DELETE /mcp HTTP/1.1\r\nHost: localhost\r\nMcp-Session-Id: x\r\n\r\n', 401],
  ['two tokens', `GET /mcp HTTP/1.1\r\nHost: localhost\r\n${AUTH}Authorization: Bearer x\r\n\r\n`, 400],
  ['a token in the query', `GET /mcp?access_token=fake-token HTTP/1.1\r\nHost: localhost\r\n${AUTH}\r\n`, 400],
  ['no Host', `GET /mcp HTTP/1.1\r\n${AUTH}\r\n`, 400],
  ['HTTP/1.0 without Host', `GET /mcp HTTP/1.0\r\n${AUTH}\r\n`, 403],
  ['two Hosts', `GET /mcp HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n${AUTH}\r\n`, 400],
  ['a Host with a path', `GET /mcp HTTP/1.1\r\nHost: localhost/evil.example\r\n${AUTH}\r\n`, 403],
  ['an absolute URL of another host', `GET http://evil.example/mcp HTTP/1.1\r\nHost: evil.example\r\n${AUTH}\r\n`, 403],
  [
    'Transfer-Encoding and Content-Length',
    `POST /mcp HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
    400,
  ],
  ['two lengths', `POST /mcp HTTP/1.1\r\n${HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400],
  ['a length below zero', `POST /mcp HTTP/1.1\r\n${HEAD}Content-Length: -1\r\n\r\n{}`, 400],
  ['a chunk that is no number', `POST /mcp HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`, 400],
  ['a header of 64 KiB', `GET /mcp HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(65_536)}\r\n\r\n`, 431],
  ['a folded header', `GET /mcp HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n${AUTH}\r\n`, 400],
  ['no HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['a method of its own', `BREW /mcp HTTP/1.1\r\n${HEAD}\r\n`, 400],
  ['TRACE', `TRACE /mcp HTTP/1.1\r\n${HEAD}\r\n`, 405],
  ['PATCH', `PATCH /mcp HTTP/1.1\r\n${HEAD}\r\n`, 405],
  ['CONNECT', `CONNECT evil.example:80 HTTP/1.1\r\n${HEAD}\r\n`, 0],
  ['a path above', `GET /mcp/../healthz HTTP/1.1\r\n${HEAD}\r\n`, 404],
  [
    'text/plain',
    `POST /mcp HTTP/1.1\r\n${HEAD.replace('application/json\r', 'text/plain\r')}Content-Length: ${INITIALIZE.length}\r\n\r\n${INITIALIZE}`,
    415,
  ],
  [
    'a form',
    `POST /mcp HTTP/1.1\r\n${HEAD.replace('application/json\r', 'application/x-www-form-urlencoded\r')}Content-Length: ${INITIALIZE.length}\r\n\r\n${INITIALIZE}`,
    415,
  ],
  [
    'a type that only begins so',
    `POST /mcp HTTP/1.1\r\n${HEAD.replace('application/json\r', 'application/jsonp\r')}Content-Length: ${INITIALIZE.length}\r\n\r\n${INITIALIZE}`,
    415,
  ],
  ['a body of 8 MiB and a byte, announced', `POST /mcp HTTP/1.1\r\n${HEAD}Content-Length: ${8 * MiB + 1}\r\n\r\n`, 413],
  [
    'a session nobody opened',
    `GET /mcp HTTP/1.1\r\n${HEAD}Mcp-Session-Id: 00000000-0000-4000-8000-000000000000\r\n\r\n`,
    404,
  ],
  ['a session id of 8 KiB', `GET /mcp HTTP/1.1\r\n${HEAD}Mcp-Session-Id: ${'x'.repeat(8000)}\r\n\r\n`, 404],
  ['two session ids', `GET /mcp HTTP/1.1\r\n${HEAD}Mcp-Session-Id: a\r\nMcp-Session-Id: b\r\n\r\n`, 404],
];
test('[mcp.hostile] HTTP: heads that are wrong are refused on every method and path', async (t) => {
  const target = await startTarget(t);
  await attack(t, target, async () => {
    for (const [what, bytes, status] of BAD_HEADS) {
      const answer = await rawExchange(target.port, bytes);
      assert.equal(answer.status, status, `${what}: ${answer.head}`);
      assert.doesNotMatch(answer.head + answer.body, /fake-token/, what);
    }
    for (const method of ['GET', 'POST', 'DELETE', 'PUT', 'OPTIONS', 'HEAD', 'PATCH']) {
      for (const path of ['/mcp', '/', '/healthz', '/.well-known/oauth-protected-resource', '/x']) {
        for (const header of ['Host: evil.example', 'Host: localhost\r\nOrigin: https://evil.example']) {
          const close = 'Connection: close\r\nContent-Length: 0\r\n\r\n';
          const { status } = await rawExchange(
            target.port,
            `${method} ${path} HTTP/1.1\r\n${header}\r\n${AUTH}${close}`,
          );
          assert.equal(status, 403, `${method} ${path} ${header}`);
        }
      }
    }
  });
});

test('[mcp.hostile] HTTP: wrong versions, foreign, ended and reused sessions', async (t) => {
  const target = await startTarget(t);
  const { port } = target;
  const post = (text: string, more = '') => rawExchange(port, postBytes(text, more));
  const id = await openSession(port);
  const session = `Mcp-Session-Id: ${id}\r\n`;
  for (const version of ['1999-01-01', '', 'x'.repeat(5000), '2025-11-25, 2025-06-18', '__proto__']) {
    const answer = await post(message('ping'), `${session}MCP-Protocol-Version: ${version}\r\n`);
    assert.equal(answer.status, 400, version);
    errorOf(answer);
  }
  for (const version of ['1999-01-01', '9999-12-31', '', '__proto__']) {
    const { status, body } = await post(INITIALIZE.replace('2025-11-25', version));
    assert.equal(status, 200, version);
    assert.match(body, /"protocolVersion":"20\d\d-\d\d-\d\d"/, 'another is offered');
  }
  for (const version of [7, null, {}, ['2025-11-25']]) {
    const wrong = INITIALIZE.replace('"2025-11-25"', JSON.stringify(version));
    assert.equal((await post(wrong)).status, 400, JSON.stringify(version));
  }
  assert.equal((await post(INIT_AGAIN, session)).status, 400, 'initialize twice');
  assert.equal((await post(message('ping'))).status, 400, 'no session');
  // Ended while requests of it are under way, from all sides at once.
  const end = `DELETE /mcp HTTP/1.1\r\n${HEAD}${session}\r\n`;
  const racing = await Promise.all([
    ...Array.from({ length: 20 }, (_, i) => post(message('tools/call', { name: 'demo_text_wait' }, `w${i}`), session)),
    ...Array.from({ length: 20 }, () => rawExchange(port, end)),
    ...Array.from({ length: 20 }, (_, i) => post(message('ping', {}, `p${i}`), session)),
  ]);
  for (const { status } of racing) assert.ok([200, 404].includes(status), String(status));
  assert.equal(racing.slice(20, 40).filter(({ status }) => status === 200).length, 1, 'ended once');
  for (const text of [message('ping'), INIT_AGAIN]) {
    const replayed = await post(text, session);
    assert.ok(replayed.status === 404 || !replayed.head.includes(id), 'an ended id opens nothing');
  }
});

test('[mcp.hostile] HTTP: an id that is under way is refused; the first request gets its own answer', async (t) => {
  const target = await startTarget(t);
  const session = `Mcp-Session-Id: ${await openSession(target.port)}\r\n`;
  const wait = message('tools/call', { name: 'demo_text_wait' }, 7);
  const first = await opened(target.port);
  first.write(postBytes(wait, session));
  let second: RawAnswer;
  do second = await rawExchange(target.port, postBytes(message('ping', {}, 7), session));
  while (second.status === 200);
  assert.equal(errorOf(second).code, -32600);
  const batch = `[${message('ping', {}, 3)},${message('ping', {}, 3)}]`;
  assert.equal((await rawExchange(target.port, postBytes(batch, session))).status, 400);
  first.destroy();
  await once(first, 'close');
  let again: RawAnswer;
  do again = await rawExchange(target.port, postBytes(message('ping', {}, 7), session));
  while (again.status === 400);
  assert.equal(again.status, 200, 'free once the first has gone');
});

test('[mcp.hostile] HTTP: bodies of 8 MiB by the dozen, and one byte more', async (t) => {
  const target = await startTarget(t);
  await attack(t, target, async () => {
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: { x: 'y'.repeat(8 * MiB - 80) } });
    const many = await Promise.all(Array.from({ length: 24 }, () => rawExchange(target.port, postBytes(text))));
    for (const answer of many) {
      assert.ok([400, 503].includes(answer.status), String(answer.status));
      errorOf(answer);
    }
    const beyond = await rawExchange(target.port, postBytes('x'.repeat(8 * MiB + 1)));
    assert.equal(beyond.status, 413);
    assert.equal(errorOf(beyond).data?.code, 'too-large');
  });
});

test('[mcp.hostile] HTTP: 2,000 sessions opened and left, replayed in between', async (t) => {
  const target = await startTarget(t);
  await attack(t, target, async () => {
    const ids: string[] = [];
    for (let i = 0; i < 100; i++) {
      ids.push(...(await Promise.all(Array.from({ length: 20 }, () => openSession(target.port)))));
    }
    assert.equal(new Set(ids).size, 2_000);
    const gone = await rawExchange(target.port, postBytes(message('ping'), `Mcp-Session-Id: ${ids[0]}\r\n`));
    assert.equal(gone.status, 404);
    const there = await rawExchange(target.port, postBytes(message('ping'), `Mcp-Session-Id: ${ids.at(-1)}\r\n`));
    assert.equal(there.status, 200);
  });
});

test('[mcp.hostile] HTTP: sockets that say nothing, half a head, half a body, or read nothing', async (t) => {
  const target = await startTarget(t);
  const { port } = target;
  await attack(t, target, async () => {
    const session = `Mcp-Session-Id: ${await openSession(port)}\r\n`;
    const large = message('tools/call', { name: 'demo_text_upper', arguments: { text: 'x'.repeat(4 * MiB) } }, 'large');
    const kinds: readonly ((socket: Socket) => void)[] = [
      () => {},
      (socket) => void socket.write(`POST /mcp HTTP/1.1\r\nHost: loc`),
      (socket) => void drip(socket, 'GET /mcp HTTP/1.1\r\nHost: localhost\r\nX-A: '),
      (socket) => void socket.write(postBytes(message('ping'), session).subarray(0, -3)),
      (socket) => void drip(socket, `POST /mcp HTTP/1.1\r\n${HEAD}Content-Length: 100000\r\n\r\n`),
      (socket) => {
        socket.pause();
        socket.write(postBytes(large.replace('"large"', `"${Math.random()}"`), session));
      },
    ];
    const sockets = await Promise.all(Array.from({ length: 120 }, () => opened(port)));
    const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const [i, socket] of sockets.entries()) {
      const act = kinds[i % kinds.length];
      if (i % kinds.length !== 5) socket.resume();
      // Few of the large ones: each is 4 MiB of the test's own memory too.
      if (i % kinds.length !== 5 || i < 60) act?.(socket);
    }
    // Those that read nothing notice nothing until they do.
    setTimeout(() => sockets.forEach((socket) => socket.resume()), 7_000);
    const outcome = await Promise.race([Promise.all(closed), sleep(20_000, 'open')]);
    assert.notEqual(outcome, 'open', 'all of them were closed by the server');
  });
});

test('[mcp.hostile] HTTP: 3,000 sockets without a token keep nobody out', async (t) => {
  const target = await startTarget(t);
  await attack(t, target, async () => {
    const sockets: Socket[] = [];
    for (let i = 0; i < 30; i++) {
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => opened(target.port)))));
      await openSession(target.port);
    }
    for (const socket of sockets) socket.destroy();
  });
});

test('[mcp.hostile] HTTP: floods of requests, pipelined and not, of notifications and of cancellations', async (t) => {
  const target = await startTarget(t);
  await attack(t, target, async () => {
    const session = `Mcp-Session-Id: ${await openSession(target.port)}\r\n`;
    const cancelled = (id: unknown): string =>
      JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } });
    const floods: readonly ((i: number) => Buffer)[] = [
      (i) => postBytes(message('tools/call', { name: 'demo_text_nothing' }, `a${i}`), session),
      (i) => postBytes(message('tools/list', {}, `b${i}`), session),
      () => postBytes(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }), session),
      (i) => postBytes(cancelled(i), session),
      () => postBytes(cancelled({ __proto__: 1 }), session),
      () => postBytes('{'),
      () => Buffer.from('GET /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer wrong\r\n\r\n'),
    ];
    for (const flood of floods) {
      const sockets = await Promise.all(Array.from({ length: 8 }, () => opened(target.port)));
      await Promise.all(
        sockets.map(async (socket, lane) => {
          const all = answersOf(socket, 250);
          for (let i = 0; i < 250; i++) socket.write(flood(lane * 1000 + i));
          await all;
          socket.destroy();
        }),
      );
    }
  });
});

/** Settles after that many answers, or when the server hangs up. */
function answersOf(socket: Socket, wanted: number): Promise<void> {
  let rest = '';
  let answers = 0;
  return new Promise((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      const parts = `${rest}${chunk.toString('latin1')}`.split('HTTP/1.1 ');
      answers += parts.length - 1;
      rest = parts.at(-1)?.slice(-8) ?? '';
      if (answers >= wanted) resolve();
    });
    socket.once('close', () => resolve());
  });
}

/** A byte every 50 ms, until the server has enough of it. */
async function drip(socket: Socket, head: string): Promise<void> {
  socket.write(head);
  while (!socket.destroyed) {
    socket.write('x');
    await sleep(50);
  }
}
