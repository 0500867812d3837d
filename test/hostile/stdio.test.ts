/** Hostile clients over raw pipes: the same, and another client of the same process is unharmed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PassThrough } from 'node:stream';
import { serveMcpStream } from '#gateways/mcp/index';
import { rateOf } from '#gateways/mcp/rate-limit';
import { fakeHostWithTools } from '#test/fakes/fake-tools';
import { MALFORMED, ODD_REQUESTS } from './messages.ts';
import { attack, INITIALIZE, message, startTarget, type Target } from './target.ts';

const MiB = 1024 * 1024;

interface Answer {
  readonly id: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: { readonly code?: string } };
  readonly result?: unknown;
}

/** The answers of a connection, in the order they come. */
function answersOf(stream: NodeJS.ReadableStream): { next(): Promise<Answer>; readonly count: () => number } {
  const waiting: Answer[] = [];
  let rest = '';
  let count = 0;
  let tell = (): void => {};
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      waiting.push(JSON.parse(line) as Answer);
      count++;
    }
    tell();
  });
  return {
    async next() {
      while (waiting.length === 0) await new Promise<void>((resolve) => (tell = resolve));
      return waiting.shift() as Answer;
    },
    count: () => count,
  };
}

async function greet(target: Target): Promise<ReturnType<typeof answersOf>> {
  const answers = answersOf(target.stdout);
  target.stdin.write(`${INITIALIZE}\n`);
  assert.ok((await answers.next()).result);
  return answers;
}

test('[mcp.hostile] stdio: malformed messages are answered one by one and end nothing', async (t) => {
  const target = await startTarget(t);
  await attack(t, target, async () => {
    const answers = await greet(target);
    const line = (text: string | Buffer): Buffer => Buffer.concat([Buffer.from(text), Buffer.from('\n')]);
    for (const { what, text, code, lines = 1 } of MALFORMED) {
      target.stdin.write(line(text));
      for (let i = 0; i < lines; i++) {
        const { error } = await answers.next();
        assert.equal(error?.code, code, what);
      }
    }
    for (const { what, text, code } of ODD_REQUESTS) {
      target.stdin.write(line(text));
      const { id, error } = await answers.next();
      assert.deepEqual([id, error?.code], [9, code], what);
    }
    // In pieces of a byte, and many in one.
    const ping = line(message('ping', {}, 'é'));
    for (const byte of ping) target.stdin.write(Buffer.from([byte]));
    assert.equal((await answers.next()).id, 'é');
    target.stdin.write(Buffer.concat(Array.from({ length: 300 }, (_, i) => line(message('ping', {}, i)))));
    for (let i = 0; i < 300; i++) assert.equal((await answers.next()).id, i);
  });
});

test('[mcp.hostile] stdio: prototype-named keys are data', async (t) => {
  const target = await startTarget(t);
  const answers = await greet(target);
  const params =
    '{"__proto__":{"name":"nope"},"name":"demo_text_count","arguments":{"text":"a b","__proto__":{"words":9},"constructor":1}}';
  target.stdin.write(`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":${params}}\n`);
  const { id, result } = await answers.next();
  assert.equal(id, 5);
  assert.match(JSON.stringify(result), /"words":2/);
});

test('[mcp.hostile] stdio: an id that is under way is refused, and free when it was cancelled', async (t) => {
  const target = await startTarget(t);
  const answers = await greet(target);
  const wait = message('tools/call', { name: 'demo_text_wait' }, 7);
  target.stdin.write(`${wait}\n${message('ping', {}, 7)}\n`);
  const refused = await answers.next();
  assert.deepEqual([refused.id, refused.error?.code], [null, -32600]);
  target.stdin.write('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}\n');
  target.stdin.write(`${message('ping', {}, 7)}\n`);
  const again = await answers.next();
  assert.deepEqual([again.id, again.error], [7, undefined]);
});

test('[mcp.hostile] stdio: more than 1,024 requests under way are answered busy', async (t) => {
  const target = await startTarget(t);
  await attack(t, target, async () => {
    const answers = await greet(target);
    const many = Array.from({ length: 1_500 }, (_, i) => `${message('tools/call', { name: 'demo_text_wait' }, i)}\n`);
    target.stdin.write(many.join(''));
    for (let i = 1_024; i < 1_500; i++) {
      const { id, error } = await answers.next();
      assert.deepEqual([id, error?.code, error?.data?.code], [i, -32000, 'busy']);
    }
    const cancelled = (id: number): string =>
      `${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } })}\n`;
    for (let i = 0; i < 1_024; i++) target.stdin.write(cancelled(i));
    target.stdin.write(`${message('ping', {}, 'after')}\n`);
    assert.equal((await answers.next()).id, 'after');
  });
});

test('[mcp.hostile] stdio: floods whose answers nobody reads leave memory bounded', async (t) => {
  const target = await startTarget(t, 500);
  await attack(t, target, async () => {
    target.stdin.write(`${INITIALIZE}\n`);
    await once(target.stdout, 'readable');
    // 250 tools a page are half a megabyte: a request of 60 bytes for it, 20,000 times.
    const list = Array.from({ length: 20_000 }, (_, i) => `${message('tools/list', {}, `l${i}`)}\n`).join('');
    target.stdin.write(list);
    let most = 0;
    for (let i = 0; i < 15; i++) {
      await sleep(200);
      most = Math.max(most, (await target.memory()).rss);
    }
    assert.ok(most < 700 * MiB, `${(most / MiB).toFixed(0)} MiB`);
    target.stdin.destroy();
    target.stdout.destroy();
  });
});

test('[mcp.hostile] stdio: floods of notifications, cancellations and empty lines', async (t) => {
  const target = await startTarget(t);
  await attack(t, target, async () => {
    const answers = await greet(target);
    const notification = (method: string, params: object = {}): string =>
      `${JSON.stringify({ jsonrpc: '2.0', method, params })}\n`;
    for (const line of [
      notification('notifications/cancelled', { requestId: 'nobody' }),
      notification('notifications/cancelled', { requestId: { a: 1 } }),
      notification('notifications/initialized'),
      notification('notifications/progress', { progressToken: 1, progress: 1 }),
      notification('no/such'),
      '{"jsonrpc":"2.0","id":"nobody asked","result":{}}\n',
      '\n',
    ]) {
      if (!target.stdin.write(line.repeat(20_000))) await once(target.stdin, 'drain');
    }
    target.stdin.write(`${message('ping', {}, 'after')}\n`);
    assert.equal((await answers.next()).id, 'after');
    assert.equal(answers.count(), 2);
  });
});

test('[mcp.hostile] stdio: a line without end closes its connection, and no other', async (t) => {
  const target = await startTarget(t);
  await attack(t, target, async () => {
    const answers = await greet(target);
    const chunk = Buffer.alloc(MiB, 'x');
    for (let i = 0; i < 17; i++) target.stdin.write(chunk);
    const { error } = await answers.next();
    assert.equal(error?.code, -32600);
    target.stdin.destroy();
  });
});

test('[mcp.rate] stdio: past its rate a client gets a typed error, and may cancel all the same', async (t) => {
  const host = fakeHostWithTools();
  const [input, output] = [new PassThrough(), new PassThrough()];
  const served = await serveMcpStream(host, { input, output, rate: rateOf(5) });
  t.after(() => served.close());
  const answers = answersOf(output);
  input.write(`${INITIALIZE}\n`);
  assert.ok((await answers.next()).result);
  input.write(`${message('tools/call', { name: 'demo_text_wait' }, 'w')}\n`);
  const { options } = await host.called('wait');
  for (let i = 0; i < 20; i++) input.write(`${message('ping', {}, i)}\n`);
  const got: Answer[] = [];
  while (got.length < 20) got.push(await answers.next());
  const limited = got.filter(({ error }) => error !== undefined);
  assert.ok(limited.length >= 10 && limited.length < 20, String(limited.length));
  for (const { error } of limited) {
    assert.deepEqual([error?.code, error?.data?.code], [-32000, 'rate-limited']);
    assert.ok((error?.data as { retryAfterMs?: number }).retryAfterMs);
  }
  input.write('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"w"}}\n');
  if (!options.signal?.aborted) {
    await new Promise<void>((resolve) => options.signal?.addEventListener('abort', () => resolve()));
  }
});
