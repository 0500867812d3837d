import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { HostEvent } from '#core';
import { SwitchboardError } from '#core/errors';
import {
  connectHost,
  listenControl,
  type ListenOptions,
  lockHome,
  readHostFile,
  tryConnect,
} from '#gateways/control/index';
import { type FakeHost, fakeHost } from './control-fake.ts';

async function temporaryHome(t: TestContext, name = ''): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), `switchboard-test${name}-`));
  t.after(() => rm(home, { recursive: true, force: true }));
  return home;
}

async function listen(t: TestContext, options: ListenOptions = {}): Promise<{ home: string; host: FakeHost }> {
  const home = await temporaryHome(t);
  const host = fakeHost(home);
  const server = await listenControl(host, home, options);
  t.after(() => server.close());
  return { home, host };
}

const code = (expected: string) => (error: unknown) => error instanceof SwitchboardError && error.code === expected;

async function rawLines(socket: Socket): Promise<string[]> {
  let text = '';
  socket.on('error', () => undefined);
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  // Not `once`, which an EPIPE of what is still being written would make fail.
  await new Promise((resolve) => socket.once('close', resolve));
  return text.split('\n').filter((line) => line !== '');
}

test('the remote host is the host: calls, results, bytes, errors', async (t) => {
  const { home } = await listen(t);
  const remote = await connectHost(home);
  t.after(() => remote.close());
  assert.deepEqual(
    await remote.call('a:b', 'echo', { x: [1, 'ü'], big: 2n ** 63n, bytes: new Uint8Array([1, 2]), nan: NaN }),
    {
      x: [1, 'ü'],
      big: '9223372036854775808',
      bytes: 'AQI=',
      nan: 'NaN',
    },
  );
  assert.equal(await remote.call('a:b', 'nothing'), undefined);
  const bytes = new Uint8Array(3_000_000).fill(10);
  assert.equal((await remote.install(bytes, { as: 'demo:x@1.0.0' })).description.size, 3_000_000);
  assert.equal((await remote.install('some/file.wasm')).name, join(process.cwd(), 'some/file.wasm'));
  assert.equal(await remote.token(), 'token');
  assert.equal((await remote.setLimits('a:b', { queue: 3 })).effective.queue, 3);
  await assert.rejects(remote.setLimits('a:b', { queue: -3 }), code('invalid-setting'));
  await assert.rejects(remote.call('a:b', 'fail'), (error: SwitchboardError) => {
    assert.deepEqual(
      { code: error.code, message: error.message, fix: error.fix, data: error.data },
      { code: 'timeout', message: 'a:b ran too long', fix: 'be faster', data: 5 },
    );
    return true;
  });
  await assert.rejects(remote.call('a:b', 'big'), code('too-large'));
  assert.equal(await remote.call('a:b', 'pid'), process.pid);
});

test('many requests at once are each answered', async (t) => {
  const { home } = await listen(t);
  const remote = await connectHost(home);
  t.after(() => remote.close());
  const answers = await Promise.all(Array.from({ length: 500 }, (_, i) => remote.call('a:b', 'echo', [i])));
  assert.deepEqual(
    answers,
    Array.from({ length: 500 }, (_, i) => [i]),
  );
});

test('[limit.cancel] an abort and a client that goes away stop the call', async (t) => {
  const { home, host } = await listen(t);
  const remote = await connectHost(home);
  const controller = new AbortController();
  const first = remote.call('a:b', 'first', [], { signal: controller.signal });
  await host.until('call first');
  controller.abort();
  await assert.rejects(first, code('cancelled'));
  assert.ok(host.seen.includes('aborted first'));
  const second = remote.call('a:b', 'second');
  second.catch(() => undefined);
  await host.until('call second');
  await remote.close();
  await host.until('aborted second');
  await assert.rejects(second, code('host-closed'));
});

test('sessions end with the connection that opened them, and are of no use to another', async (t) => {
  const { home, host } = await listen(t);
  const [one, two] = [await connectHost(home), await connectHost(home)];
  t.after(() => two.close());
  const session = await one.session();
  void session.call('a:b', 'work').catch(() => undefined);
  await host.until('call in-session-work');
  await assert.rejects(two.call('a:b', 'work', [], { session: session.id }), code('session-not-found'));
  await one.close();
  await host.until('session closed');
  await host.until('aborted in-session-work');
});

test('logs of a call come while it runs', async (t) => {
  const { home } = await listen(t);
  const remote = await connectHost(home);
  t.after(() => remote.close());
  const messages: string[] = [];
  await remote.call('a:b', 'log', ['one', 'two'], { onLog: (record) => messages.push(record.message) });
  assert.deepEqual(messages, ['one', 'two']);
});

test('[host.events] a subscriber that does not read loses no decision, and is told what else it lost', async (t) => {
  const { home, host } = await listen(t);
  const remote = await connectHost(home);
  t.after(() => remote.close());
  const got: HostEvent[] = [];
  const all = Promise.withResolvers<void>();
  const stop = remote.subscribe((event) => {
    got.push(event);
    if (event.type === 'host.stopping') all.resolve();
  });
  await host.until('subscribed');
  const record = { at: 1, component: 'a:b@1.0.0', stream: 'log', level: 'info', message: 'x'.repeat(100_000) } as const;
  for (let seq = 0; seq < 300; seq += 1) {
    host.emit(seq % 10 === 0 ? { v: 1, seq, at: 1, type: 'token.rotated' } : { v: 1, seq, at: 1, type: 'log', record });
  }
  // Read first, so that the last event finds room.
  await remote.token();
  host.emit({ v: 1, seq: 300, at: 1, type: 'host.stopping' });
  await all.promise;
  const dropped = got.reduce((sum, event) => sum + (event.type === 'events.dropped' ? event.count : 0), 0);
  assert.equal(got.filter((event) => event.type === 'token.rotated').length, 30);
  assert.ok(dropped > 0, 'nothing was dropped: the test does not fill the socket');
  assert.equal(got.filter((event) => event.type === 'log').length + dropped, 270);
  stop();
  await host.until('unsubscribed');
});

test('another version of Switchboard is refused with both named', async (t) => {
  const { home } = await listen(t, { version: '0.1.0' });
  await assert.rejects(connectHost(home, { version: '9.9.9' }), (error: SwitchboardError) => {
    assert.equal(error.code, 'home-in-use');
    assert.match(error.message, /Switchboard 0\.1\.0.*9\.9\.9/);
    assert.match(error.fix ?? '', new RegExp(`kill ${process.pid}`));
    return true;
  });
});

test('what is not a message ends that connection and no other', async (t) => {
  const { home, host } = await listen(t);
  const good = await connectHost(home);
  t.after(() => good.close());
  const hello = JSON.stringify({ t: 'hello', protocol: 2, version: '0.1.0', pid: 1 });
  const cases = [
    'no json at all\n',
    '[]\n',
    '{"t":"request","id":1,"method":"list"}\n',
    `${hello}\n{"t":"nonsense"}\n`,
    `${hello}\n{"t":"request","id":-1,"method":"list"}\n`,
    `${hello}\n{"t":"request","id":1,"method":"install","bytes":99999999999}\n`,
  ];
  for (const input of cases) {
    const socket = connect(join(home, 'control.sock'));
    socket.write(input);
    const lines = await rawLines(socket);
    assert.match(lines.at(-1) ?? '', /"t":"closing".*"(invalid-usage|too-large)"/, input);
  }
  const socket = connect(join(home, 'control.sock'));
  const half = Buffer.alloc(16 * 1024 * 1024, 0x20);
  for (let sent = 0; sent < 5 && !socket.destroyed; sent += 1) socket.write(half);
  assert.match((await rawLines(socket)).join(''), /too-large/);
  const refused = connect(join(home, 'control.sock'));
  refused.end(
    `${hello}\n{"t":"request","id":1,"method":"__proto__"}\n{"t":"request","id":2,"method":"call","params":{"component":7}}\n`,
  );
  assert.deepEqual(await good.list(), []);
  assert.ok(!host.seen.includes('closed'));
});

test('a wrong method or parameter is an answer, not the end', async (t) => {
  const { home } = await listen(t);
  const socket = connect(join(home, 'control.sock'));
  t.after(() => socket.destroy());
  socket.write(`${JSON.stringify({ t: 'hello', protocol: 2, version: '0.1.0', pid: 1 })}\n`);
  socket.write(
    '{"t":"request","id":1,"method":"__proto__"}\n{"t":"request","id":2,"method":"call","params":{"component":7}}\n',
  );
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    if (text.split('\n').length > 3) break;
  }
  const answers = text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line) as { id: number; error: { code: string } });
  assert.deepEqual(
    answers.toSorted((a, b) => a.id - b.id).map((a) => [a.id, a.error.code]),
    [
      [1, 'invalid-usage'],
      [2, 'invalid-usage'],
    ],
  );
});

test('[home.modes] the socket is private, in a long home as well', async (t) => {
  const home = join(await temporaryHome(t), 'long-'.repeat(20));
  const server = await listenControl(fakeHost(home), home);
  t.after(() => server.close());
  assert.ok(server.socket.length <= 103);
  assert.equal((await stat(server.socket)).mode & 0o777, 0o600);
  assert.equal((await stat(join(server.socket, '..'))).mode & 0o777, 0o700);
  const remote = await connectHost(home);
  assert.equal(await remote.token(), 'token');
  await remote.close();
});

test('[host.one] a second host of a home is refused and the first named; a dead one is in nobody’s way', async (t) => {
  const home = await temporaryHome(t);
  const first = await listenControl(fakeHost(home), home);
  await assert.rejects(lockHome(home), (error: SwitchboardError) => {
    assert.equal(error.code, 'home-in-use');
    assert.match(error.message, new RegExp(`process ${process.pid}`));
    return true;
  });
  assert.equal(readHostFile(home)?.pid, process.pid);
  await first.close();
  assert.equal(await tryConnect(home), undefined);
  await writeFile(join(home, 'host.json'), JSON.stringify({ pid: 1, startedAt: 0 }));
  await writeFile(join(home, 'control.sock'), 'a socket of a host that was killed');
  const second = await listenControl(fakeHost(home), home);
  const remote = await connectHost(home);
  assert.equal(remote.pid, process.pid);
  await remote.close();
  await second.close();
});

test('[host.second-port] one HTTP listener, of one connection; a second is refused naming the holder', async (t) => {
  let open = 0;
  const startHttp: ListenOptions['startHttp'] = async (_host, at) => {
    if (at.port === 1) throw Object.assign(new Error('in use'), { code: 'EADDRINUSE' });
    open += 1;
    return {
      url: `http://${at.host}:${at.port}/mcp`,
      close: async () => {
        open -= 1;
      },
    };
  };
  const { home } = await listen(t, { startHttp });
  const [one, two] = [await connectHost(home), await connectHost(home)];
  t.after(() => two.close());
  await assert.rejects(one.serveHttp({ host: '127.0.0.1', port: 1 }), code('port-taken'));
  assert.deepEqual(await one.serveHttp({ host: '127.0.0.1', port: 7 }), { url: 'http://127.0.0.1:7/mcp' });
  await assert.rejects(two.serveHttp({ host: '127.0.0.1', port: 8 }), (error: SwitchboardError) => {
    assert.equal(error.code, 'already-serving');
    assert.deepEqual(error.data, { pid: process.pid, url: 'http://127.0.0.1:7/mcp' });
    return true;
  });
  await two.stopHttp();
  assert.equal(open, 1, 'a connection cannot close the listener of another');
  await one.close();
  const url = await untilServed(two);
  assert.equal(url, 'http://127.0.0.1:9/mcp');
  assert.equal(open, 1);
});

/** The listener of a connection that went away is closed when the host has noticed. */
async function untilServed(remote: Awaited<ReturnType<typeof connectHost>>): Promise<string> {
  for (;;) {
    try {
      return (await remote.serveHttp({ host: '127.0.0.1', port: 9 })).url;
    } catch (error) {
      if (!code('already-serving')(error)) throw error;
    }
  }
}

test('mcp-stdio turns the connection into a byte pipe, both ways, to its end', async (t) => {
  const serveMcp: ListenOptions['serveMcp'] = async (_host, { input, output }) => {
    input.on('data', (chunk: Buffer) => output.write(chunk.toString().toUpperCase()));
    return { closed: once(input, 'end').then(() => undefined), close: async () => undefined };
  };
  const { home } = await listen(t, { serveMcp });
  const remote = await connectHost(home);
  const pipe = await remote.mcpPipe();
  let text = '';
  pipe.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  pipe.resume();
  pipe.write('not json {\n');
  pipe.end('and more');
  await remote.closed;
  assert.equal(text, 'NOT JSON {\nAND MORE');
});
