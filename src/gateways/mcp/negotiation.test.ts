/** Protocol revisions old and new, on both transports: who asks for which gets it, and gets what it knows. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { fakeHostWithTools } from '#test/fakes/fake-tools';
import { serveMcpStream, startHttp } from './index.ts';

interface Answer {
  readonly id: unknown;
  readonly result?: { readonly [key: string]: unknown };
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

interface Wire {
  /** Sends messages as they are and gives as many answers as have an id. */
  readonly ask: (message: unknown, headers?: { readonly [name: string]: string }) => Promise<Answer[]>;
}

async function overStdio(t: TestContext): Promise<Wire> {
  const toServer = new PassThrough();
  const toClient = new PassThrough({ encoding: 'utf8' });
  const served = await serveMcpStream(fakeHostWithTools(), { input: toServer, output: toClient });
  t.after(() => served.close());
  let text = '';
  const answers: Answer[] = [];
  toClient.on('data', (chunk: string) => {
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) answers.push(JSON.parse(line) as Answer);
    toClient.emit('answers');
  });
  return {
    async ask(message) {
      const expected = (Array.isArray(message) ? message : [message]).filter((one) => 'id' in one).length;
      toServer.write(`${JSON.stringify(message)}\n`);
      while (answers.length < expected) await once(toClient, 'answers');
      return answers.splice(0, expected);
    },
  };
}

interface HttpWire extends Wire {
  readonly post: (message: unknown, headers?: { readonly [name: string]: string }) => Promise<Response>;
}

async function overHttp(t: TestContext): Promise<HttpWire> {
  const host = fakeHostWithTools();
  const http = await startHttp(host, { host: '127.0.0.1', port: 0, token: () => host.token() });
  t.after(() => http.close());
  let session: { readonly [name: string]: string } = {};
  const post: HttpWire['post'] = async (message, headers = {}) => {
    const response = await fetch(http.url, {
      method: 'POST',
      headers: {
        Authorization: 'Bearer fake-token',
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        ...session,
        ...headers,
      },
      body: JSON.stringify(message),
    });
    const id = response.headers.get('mcp-session-id');
    if (id !== null) session = { 'Mcp-Session-Id': id };
    return response;
  };
  return {
    post,
    async ask(message, headers) {
      const response = await post(message, headers);
      const text = await response.text();
      if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
        return text === '' ? [] : [JSON.parse(text) as Answer];
      }
      return [...text.matchAll(/^data: (.+)$/gm)].map(([, data = '']) => JSON.parse(data) as Answer);
    },
  };
}

const TRANSPORTS = { stdio: overStdio, HTTP: overHttp };
const initialize = (protocolVersion: string): object => ({
  jsonrpc: '2.0',
  id: 'hello',
  method: 'initialize',
  params: { protocolVersion, capabilities: {}, clientInfo: { name: 'old', version: '1' } },
});
const call = (id: number): object => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'demo_text_upper', arguments: { text: 'a' } },
});

for (const [name, connect] of Object.entries(TRANSPORTS)) {
  for (const revision of ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']) {
    test(`[mcp.negotiate] ${name}: a client of ${revision} is served in ${revision}`, async (t) => {
      const { ask } = await connect(t);
      const headers = { 'MCP-Protocol-Version': revision };
      const [hello] = await ask(initialize(revision));
      assert.equal(hello?.result?.['protocolVersion'], revision);
      assert.deepEqual(await ask({ jsonrpc: '2.0', method: 'notifications/initialized' }, headers), []);
      const [pong] = await ask({ jsonrpc: '2.0', id: 1, method: 'ping' }, headers);
      assert.deepEqual(pong?.result, {});
      const [listed] = await ask({ jsonrpc: '2.0', id: 2, method: 'tools/list' }, headers);
      assert.equal((listed?.result?.['tools'] as unknown[]).length, 19);
      const [called] = await ask(call(3), headers);
      assert.deepEqual(called?.result?.['content'], [{ type: 'text', text: 'A' }]);
      const [unknown] = await ask({ jsonrpc: '2.0', id: 4, method: 'no/such' }, headers);
      assert.equal(unknown?.error?.code, -32601);
    });
  }

  test(`[mcp.negotiate] ${name}: who asks for a revision nobody knows is offered the newest that has a handshake`, async (t) => {
    for (const revision of ['1999-01-01', '2099-01-01', '2026-07-28', '']) {
      const { ask } = await connect(t);
      const [hello] = await ask(initialize(revision));
      assert.equal(hello?.result?.['protocolVersion'], '2025-11-25', revision);
    }
  });

  test(`[mcp.negotiate] ${name}: several messages at once, as 2025-03-26 has it, are each answered`, async (t) => {
    const { ask } = await connect(t);
    await ask(initialize('2025-03-26'));
    const answers = await ask([call(1), { jsonrpc: '2.0', method: 'notifications/initialized' }, call(2)]);
    assert.deepEqual(answers.map(({ id }) => id).toSorted(), [1, 2]);
    assert.ok(answers.every(({ result }) => result?.['isError'] !== true && result !== undefined));
  });
}

test('[mcp.negotiate] HTTP: a request in a revision nobody knows is refused, by name', async (t) => {
  const { post, ask } = await overHttp(t);
  await ask(initialize('2025-11-25'));
  for (const revision of ['2023-01-01', '2099-01-01', 'x', '2025-11-25 ']) {
    const refused = await post(call(1), { 'MCP-Protocol-Version': `${revision}!` });
    assert.equal(refused.status, 400, revision);
    assert.ok((await refused.text()).includes(revision));
  }
  const [absent] = await ask(call(2));
  assert.ok(absent?.result, 'without the header it is taken for 2025-03-26, as the specification says');
});

const modern = (message: object, revision = '2026-07-28'): object => ({
  jsonrpc: '2.0',
  ...message,
  params: {
    ...(message as { params?: object }).params,
    _meta: {
      'io.modelcontextprotocol/protocolVersion': revision,
      'io.modelcontextprotocol/clientInfo': { name: 'new', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
});

test('[mcp.negotiate] HTTP: 2026-07-28 needs headers that agree with the body, and knows its own methods only', async (t) => {
  const { post } = await overHttp(t);
  const list = modern({ id: 1, method: 'tools/list' });
  const headers = { 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'tools/list' };
  assert.equal((await post(list, headers)).status, 200);
  const cases: readonly (readonly [object, { readonly [name: string]: string }, number, number])[] = [
    [list, { ...headers, 'MCP-Protocol-Version': '2025-11-25' }, 400, -32020],
    [list, { ...headers, 'Mcp-Method': 'tools/call' }, 400, -32020],
    [
      modern({ id: 1, method: 'tools/list' }, '2099-01-01'),
      { ...headers, 'MCP-Protocol-Version': '2099-01-01' },
      400,
      -32022,
    ],
    [modern({ id: 1, method: 'ping' }), { ...headers, 'Mcp-Method': 'ping' }, 404, -32601],
    [modern({ id: 1, method: 'no/such' }), { ...headers, 'Mcp-Method': 'no/such' }, 404, -32601],
  ];
  for (const [message, sent, status, code] of cases) {
    const response = await post(message, sent);
    const { error } = JSON.parse(/\{.*\}/s.exec(await response.text())?.[0] ?? '{}') as Answer;
    assert.deepEqual([response.status, error?.code], [status, code], JSON.stringify([message, sent, error]));
  }
});

test('[mcp.negotiate] stdio: 2026-07-28 refuses a revision nobody knows and names those that it knows', async (t) => {
  const { ask } = await overStdio(t);
  const [refused] = await ask(modern({ id: 1, method: 'tools/list' }, '2099-01-01'));
  assert.equal(refused?.error?.code, -32022);
  assert.deepEqual((refused?.error?.data as { supported?: string[] }).supported?.includes('2026-07-28'), true);
  const [listed] = await ask(modern({ id: 2, method: 'tools/list' }));
  assert.ok(listed?.result);
});
