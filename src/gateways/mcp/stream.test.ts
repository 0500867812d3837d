import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { SwitchboardError } from '#core';
import type { FakeHost } from '#test/fakes/fake-host';
import { fakeHostWithTools } from '#test/fakes/fake-tools';
import { serveMcpStream } from './index.ts';

type Generation = 'legacy' | 'auto';
const GENERATIONS: readonly [Generation, string][] = [
  ['legacy', '2025-11-25'],
  ['auto', '2026-07-28'],
];

interface Connected {
  readonly host: FakeHost;
  readonly client: Client;
  readonly toServer: PassThrough;
  readonly toClient: PassThrough;
  readonly closed: Promise<void>;
  readonly close: () => Promise<void>;
  /** Settles at the next `tools/list_changed`. */
  readonly changed: () => Promise<void>;
}

async function connect(t: TestContext, mode: Generation, host = fakeHostWithTools()): Promise<Connected> {
  const toServer = new PassThrough();
  const toClient = new PassThrough();
  const served = await serveMcpStream(host, { input: toServer, output: toClient });
  let tell = (): void => {};
  const client = new Client(
    { name: 'tester', version: '1.2.3' },
    {
      versionNegotiation: { mode },
      listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => tell() } },
    },
  );
  await client.connect(new StdioServerTransport(toClient, toServer));
  t.after(async () => {
    await client.close();
    await served.close();
  });
  const changed = (): Promise<void> => new Promise((resolve) => (tell = resolve));
  return { host, client, toServer, toClient, closed: served.closed, close: () => served.close(), changed };
}

for (const [mode, revision] of GENERATIONS) {
  test(`[mcp.tools] ${revision}: a tool for each function, with schemas and honest annotations`, async (t) => {
    const { client } = await connect(t, mode);
    assert.equal(client.getNegotiatedProtocolVersion(), revision);
    const { tools } = await client.listTools();
    assert.equal(tools.length, 19);
    const count = tools.find((tool) => tool.name === 'demo_text_count');
    assert.equal(count?.title, 'demo:text count');
    assert.match(
      count?.description ?? '',
      /^Counts the words of a text\.\n\nFunction count of .* demo:text@1\.0\.0\.$/,
    );
    assert.deepEqual(count?.inputSchema.properties, { text: { type: 'string' } });
    assert.deepEqual(count?.outputSchema?.['required'], ['words', 'chars']);
    assert.deepEqual(count?.annotations, {
      title: 'demo:text count',
      readOnlyHint: true,
      destructiveHint: false,
      openWorldHint: false,
    });
    const split = tools.find((tool) => tool.name === 'demo_text_api_split');
    assert.deepEqual(split?.outputSchema?.['$defs'], { word: { type: 'string' } });
    const counter = tools.find((tool) => tool.name === 'demo_text_counter_new');
    assert.equal(counter?.annotations?.readOnlyHint, false);
    const nothing = tools.find((tool) => tool.name === 'demo_text_nothing');
    assert.equal(nothing?.outputSchema, undefined);
  });

  test(`[mcp.tools] ${revision}: results are text and structuredContent, wrapped where no object`, async (t) => {
    const { client, host } = await connect(t, mode);
    await client.listTools(); // From here on the client holds results to the output schemas.
    const call = (name: string, args = {}) => client.callTool({ name: `demo_text_${name}`, arguments: args });
    const count = await call('count', { text: 'one two' });
    assert.deepEqual(count.structuredContent, { words: 2, chars: 7 });
    assert.deepEqual(count.content, [{ type: 'text', text: '{\n  "words": 2,\n  "chars": 7\n}' }]);
    const upper = await call('upper', { text: 'a' });
    assert.deepEqual(upper.structuredContent, { result: 'A' });
    assert.deepEqual(upper.content, [{ type: 'text', text: 'A' }]);
    assert.deepEqual((await call('api_split', { text: 'a b' })).structuredContent, { result: ['a', 'b'] });
    assert.deepEqual((await call('find')).structuredContent, { result: null });
    const nothing = await call('nothing');
    assert.equal(nothing.structuredContent, undefined);
    assert.deepEqual(nothing.content, [{ type: 'text', text: 'done' }]);
    const [first] = host.calls;
    assert.equal(first?.component, 'demo:text@1.0.0');
    assert.deepEqual(first?.options.principal, { kind: 'mcp', label: 'tester/1.2.3' });
    assert.equal(first?.session, undefined);
  });

  test(`[mcp.tools] ${revision}: what a model can act on is an isError result, the rest a protocol error`, async (t) => {
    const { client } = await connect(t, mode);
    const call = async (name: string) => {
      const { isError, content, structuredContent, _meta } = await client.callTool({ name: `demo_text_${name}` });
      assert.equal(isError, true);
      assert.equal(structuredContent, undefined);
      const [first] = content;
      return { text: first?.type === 'text' ? first.text : '', error: _meta?.['switchboard/error'] };
    };
    assert.deepEqual(await call('guest-error'), {
      text: 'demo:text says: no such word',
      error: { code: 'component-error', kind: 'user', data: { value: 'no such word' } },
    });
    assert.equal((await call('guest-record')).text, 'demo:text says:\n> {\n>   "code": 7\n> }');
    assert.equal(
      (await call('limit')).text,
      'timeout: ran longer than 5 s\nTo fix: switchboard limits demo:text --timeout 10s',
    );
    assert.equal((await call('arguments')).text, 'invalid-arguments: text: expected string, got number');
    await assert.rejects(call('bug'), (error: Error & { code?: number }) => {
      assert.equal(error.code, -32603);
      assert.doesNotMatch(JSON.stringify([error.message, error]), /secret|someone/);
      return true;
    });
    await assert.rejects(call('no-such-tool'), (error: Error & { code?: number }) => {
      assert.equal(error.code, -32602);
      assert.match(error.message, /Unknown tool: demo_text_no-such-tool/);
      return true;
    });
  });

  test(`[mcp.tools] ${revision}: handles live in one host session per connection, opened when needed`, async (t) => {
    const { client, host } = await connect(t, mode);
    await client.callTool({ name: 'demo_text_upper', arguments: { text: 'a' } });
    assert.equal(host.openSessions.size, 0);
    const call = () => client.callTool({ name: 'demo_text_counter_new' });
    const [one, two] = await Promise.all([call(), call()]);
    assert.deepEqual(one.structuredContent, { result: 'handle of session-1' });
    assert.deepEqual(two.structuredContent, { result: 'handle of session-1' });
    assert.equal(host.openSessions.size, 1);
  });

  test(`[mcp.list-changed] ${revision}: installing and uninstalling notifies, once for a burst`, async (t) => {
    const { client, host, changed } = await connect(t, mode);
    await client.listTools();
    const before = host.lists();
    let notified = changed();
    host.add('demo:more@1.0.0', [{ id: 'a', run: () => undefined }]);
    host.add('demo:more@1.1.0', [{ id: 'b', run: () => undefined }]);
    await notified;
    const { tools } = await client.listTools({}, { cacheMode: 'bypass' });
    assert.equal(host.lists(), before + 1);
    assert.deepEqual(
      tools.filter((tool) => tool.name.startsWith('demo_more')).map((tool) => tool.name),
      ['demo_more_b'],
    );
    notified = changed();
    host.remove('demo:more@1.1.0');
    await notified;
    const again = await client.listTools({}, { cacheMode: 'bypass' });
    assert.ok(again.tools.some((tool) => tool.name === 'demo_more_a'));
  });

  test(`[limit.cancel] ${revision}: notifications/cancelled aborts the call`, async (t) => {
    const { client, host } = await connect(t, mode);
    const cancel = new AbortController();
    const calling = client.callTool({ name: 'demo_text_wait' }, { signal: cancel.signal });
    await host.called('wait');
    const signal = host.calls[0]?.options.signal;
    assert.equal(signal?.aborted, false);
    const aborted = new Promise<void>((resolve) => signal?.addEventListener('abort', resolve, { once: true }));
    cancel.abort('changed my mind');
    await assert.rejects(calling);
    await aborted;
    assert.equal((await client.callTool({ name: 'demo_text_upper', arguments: { text: 'a' } })).isError, undefined);
  });

  test(`[limit.cancel] ${revision}: a client that goes away aborts its calls and closes its session`, async (t) => {
    const { client, host, toServer, closed } = await connect(t, mode);
    await client.callTool({ name: 'demo_text_counter_new' });
    client.callTool({ name: 'demo_text_wait' }).catch(() => {});
    await host.called('wait');
    const sessionClosed = new Promise<void>((resolve) => {
      host.subscribe((event) => event.type === 'session.closed' && resolve());
    });
    toServer.end();
    await closed;
    assert.equal(host.calls[1]?.options.signal?.aborted, true);
    await sessionClosed;
  });
}

test('[mcp.tools] logs of a call reach a client that set a level, filtered by it', async (t) => {
  const { client } = await connect(t, 'legacy');
  const seen: unknown[] = [];
  client.setNotificationHandler('notifications/message', ({ params }) => void seen.push([params.level, params.data]));
  await client.callTool({ name: 'demo_text_logs' });
  assert.deepEqual(seen, []);
  await client.setLoggingLevel('info');
  await client.callTool({ name: 'demo_text_logs' });
  assert.deepEqual(seen, [['warning', { n: '1', message: 'careful' }]]);
});

test('[mcp.tools] tools/list pages by name, and a page stays right while the list changes', async (t) => {
  const host = fakeHostWithTools();
  const many = Array.from({ length: 300 }, (_, i) => ({ id: `f${i + 100}`, run: () => undefined }));
  host.add('big:one@1.0.0', many);
  const { client } = await connect(t, 'legacy', host);
  const request = (cursor?: string) =>
    client.request({ method: 'tools/list', params: cursor === undefined ? {} : { cursor } });
  const first = await request();
  assert.equal(first.tools.length, 250);
  assert.ok(first.nextCursor);
  host.add('aaa:first@1.0.0', [{ id: 'f', run: () => undefined }]);
  const second = await request(first.nextCursor);
  assert.equal(second.nextCursor, undefined);
  const names = [...first.tools, ...second.tools].map((tool) => tool.name);
  assert.equal(new Set(names).size, 319);
  await assert.rejects(request('\u0000'), { code: -32602 });
});

test('[mcp.tools] a list that cannot be read is an error, and read again the next time', async (t) => {
  const host = fakeHostWithTools();
  const list = host.list.bind(host);
  host.list = () => Promise.reject(new SwitchboardError('home-unusable', 'cannot read state.db'));
  const { client } = await connect(t, 'legacy', host);
  await assert.rejects(client.listTools(), /home-unusable: cannot read state\.db/);
  host.list = list;
  assert.equal((await client.listTools()).tools.length, 19);
});

test('[mcp.tools] state that lasts as long as a session goes through the session', async (t) => {
  const host = fakeHostWithTools();
  host.add('demo:state@1.0.0', [{ id: 'next', run: () => undefined }], { reuse: 'session' });
  const { client } = await connect(t, 'legacy', host);
  await client.callTool({ name: 'demo_state_next' });
  assert.equal(host.calls[0]?.session, 'session-1');
  const { tools } = await client.listTools();
  assert.equal(tools.find((tool) => tool.name === 'demo_state_next')?.annotations?.readOnlyHint, false);
});

test('[mcp.stdio] lines that are no messages are answered and do not end the connection', async (t) => {
  const host = fakeHostWithTools();
  const toServer = new PassThrough();
  const toClient = new PassThrough();
  const served = await serveMcpStream(host, { input: toServer, output: toClient });
  t.after(() => served.close());
  const answers: { id: unknown; error?: { code: number }; result?: unknown }[] = [];
  let buffered = '';
  toClient.on('data', (chunk: Buffer) => {
    buffered += chunk.toString();
    const lines = buffered.split('\n');
    buffered = lines.pop() ?? '';
    for (const line of lines) answers.push(JSON.parse(line));
  });
  const answered = async (n: number) => {
    while (answers.length < n) await once(toClient, 'data');
    return answers[n - 1];
  };
  toServer.write('not json\n\n');
  assert.deepEqual(await answered(1), { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error' } });
  toServer.write('{"jsonrpc":"1.0","id":5,"method":"ping"}\n[]\n');
  assert.equal((await answered(2))?.id, 5);
  assert.equal((await answered(3))?.error?.code, -32600);
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'é', version: '1' } };
  const hello = Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', id: 6, method: 'initialize', params })}\n`);
  for (const byte of hello) toServer.write(Buffer.from([byte]));
  assert.ok((await answered(4))?.result);
  const call = { name: 'demo_text_upper', arguments: [1] };
  toServer.write(`${JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: call })}\n`);
  assert.equal((await answered(5))?.error?.code, -32602);
  toServer.write(`${JSON.stringify({ jsonrpc: '2.0', id: 8, method: 'no/such', params: {} })}\n`);
  assert.equal((await answered(6))?.error?.code, -32601);
  toServer.write('x'.repeat(17 * 1024 * 1024));
  await served.closed;
});

test('[mcp.stdio] an abort signal ends the connection', async (t) => {
  const host = fakeHostWithTools();
  const stop = new AbortController();
  const input = new PassThrough();
  const served = await serveMcpStream(host, { input, output: new PassThrough(), signal: stop.signal });
  t.after(() => served.close());
  stop.abort();
  await served.closed;
  assert.equal(input.destroyed, false);
});

test('[mcp.stdio] a client that reads no answers is not read from, until it does', async (t) => {
  const host = fakeHostWithTools();
  const input = new PassThrough();
  const output = new PassThrough();
  const served = await serveMcpStream(host, { input, output });
  t.after(() => served.close());
  const send = (id: number, method: string, params: object): void => {
    input.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
  };
  send(0, 'initialize', {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'greedy', version: '1' },
  });
  const paused = once(input, 'pause');
  const text = 'x'.repeat(3 * 1024 * 1024);
  for (let id = 1; id <= 12; id++) send(id, 'tools/call', { name: 'demo_text_upper', arguments: { text } });
  await paused;
  send(13, 'tools/call', { name: 'demo_text_nothing' });
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(!host.calls.some((call) => call.fn === 'nothing'));
  const resumed = host.called('nothing');
  output.resume();
  await resumed;
});
