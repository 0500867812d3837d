import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { FakeHost } from '#test/fakes/fake-host';
import { fakeHostWithTools } from '#test/fakes/fake-tools';
import { type HttpOptions, type ServedHttp, startHttp } from './index.ts';

type Generation = 'legacy' | 'auto';
const GENERATIONS: readonly [Generation, string][] = [
  ['legacy', '2025-11-25'],
  ['auto', '2026-07-28'],
];

interface Serving {
  readonly host: FakeHost;
  readonly http: ServedHttp;
}

async function serve(t: TestContext, options: Partial<HttpOptions> = {}): Promise<Serving> {
  const host = fakeHostWithTools();
  const http = await startHttp(host, { host: '127.0.0.1', port: 0, token: () => host.token(), ...options });
  t.after(() => http.close());
  return { host, http };
}

interface Connected {
  readonly client: Client;
  readonly transport: StreamableHTTPClientTransport;
  /** Settles at the next `tools/list_changed`. */
  readonly changed: () => Promise<void>;
}

async function connect(t: TestContext, { host, http }: Serving, mode: Generation): Promise<Connected> {
  let tell = (): void => {};
  const client = new Client(
    { name: 'tester', version: '1.2.3' },
    {
      versionNegotiation: { mode },
      listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => tell() } },
    },
  );
  const headers = { Authorization: `Bearer ${await host.token()}` };
  const transport = new StreamableHTTPClientTransport(new URL(http.url), { requestInit: { headers } });
  await client.connect(transport);
  t.after(() => client.close());
  return { client, transport, changed: () => new Promise((resolve) => (tell = resolve)) };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string | Buffer;
  /** Sends the body in two parts without a length. */
  readonly chunked?: boolean;
}

async function ask({ http }: Serving, asked: Asked): Promise<Answer> {
  const { method = 'GET', path = '/mcp', headers = {}, body, chunked = false } = asked;
  const sent = httpRequest({ host: '127.0.0.1', port: http.port, method, path, headers });
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  if (body !== undefined && chunked) sent.write(body.slice(0, 10));
  sent.end(body === undefined ? undefined : chunked ? body.slice(10) : body);
  const [response] = await answered;
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return { status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(parts).toString() };
}

const BEARER = { Authorization: 'Bearer fake-token' };
const JSON_HEADERS = {
  ...BEARER,
  'Content-Type': 'application/json',
  Accept: 'application/json, text/event-stream',
};
const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
});

for (const [mode, revision] of GENERATIONS) {
  test(`[mcp.http] ${revision}: an SDK client lists and calls tools`, async (t) => {
    const serving = await serve(t);
    const { client, transport } = await connect(t, serving, mode);
    assert.equal(client.getNegotiatedProtocolVersion(), revision);
    assert.equal(transport.sessionId === undefined, mode === 'auto');
    assert.equal((await client.listTools()).tools.length, 19);
    const count = await client.callTool({ name: 'demo_text_count', arguments: { text: 'one two' } });
    assert.deepEqual(count.structuredContent, { words: 2, chars: 7 });
    assert.equal(serving.host.calls[0]?.options.principal?.label, 'tester/1.2.3');
    const failed = await client.callTool({ name: 'demo_text_limit' });
    assert.equal(failed.isError, true);
    await assert.rejects(client.callTool({ name: 'nope' }), { code: -32602 });
    await assert.rejects(client.callTool({ name: 'demo_text_bug' }), { code: -32603, message: /^((?!secret).)*$/ });
  });

  test(`[mcp.list-changed] ${revision}: over HTTP`, async (t) => {
    const serving = await serve(t);
    const { client, changed } = await connect(t, serving, mode);
    await client.listTools();
    const notified = changed();
    serving.host.add('demo:more@1.0.0', [{ id: 'a', run: () => undefined }]);
    await notified;
    const { tools } = await client.listTools({}, { cacheMode: 'bypass' });
    assert.ok(tools.some((tool) => tool.name === 'demo_more_a'));
  });

  test(`[limit.cancel] ${revision}: cancelling a request over HTTP aborts its call`, async (t) => {
    const serving = await serve(t);
    const { client } = await connect(t, serving, mode);
    const cancel = new AbortController();
    const calling = client.callTool({ name: 'demo_text_wait' }, { signal: cancel.signal });
    const { options } = await serving.host.called('wait');
    const aborted = once(options.signal as AbortSignal, 'abort');
    cancel.abort();
    await assert.rejects(calling);
    await aborted;
  });
}

test('[mcp.tools] over HTTP handles live in the MCP session; a request of its own is told that it has none', async (t) => {
  const serving = await serve(t);
  const one = await connect(t, serving, 'legacy');
  const two = await connect(t, serving, 'legacy');
  const call = ({ client }: Connected) => client.callTool({ name: 'demo_text_counter_new' });
  assert.deepEqual((await call(one)).structuredContent, { result: 'handle of session-1' });
  assert.deepEqual((await call(two)).structuredContent, { result: 'handle of session-2' });
  assert.deepEqual((await call(one)).structuredContent, { result: 'handle of session-1' });
  const closed = new Promise((resolve) => serving.host.subscribe(resolve));
  await one.transport.terminateSession();
  await closed;
  assert.deepEqual([...serving.host.openSessions], ['session-2']);
  const refused = await call(await connect(t, serving, 'auto'));
  assert.equal(refused.isError, true);
  assert.match(JSON.stringify(refused.content), /session-required/);
});

test('[limit.cancel] the call of an HTTP client whose connection broke and who does not come back is stopped', async (t) => {
  const serving = await serve(t, { resumeMs: 20 });
  const opened = await ask(serving, { method: 'POST', headers: JSON_HEADERS, body: INITIALIZE });
  const session = { 'Mcp-Session-Id': String(opened.headers['mcp-session-id']) };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'demo_text_wait' } });
  const headers = { ...JSON_HEADERS, ...session };
  const sent = httpRequest({ host: '127.0.0.1', port: serving.http.port, path: '/mcp', method: 'POST', headers });
  sent.on('error', () => {});
  sent.end(body);
  const { options } = await serving.host.called('wait');
  const aborted = once(options.signal as AbortSignal, 'abort');
  sent.destroy();
  await aborted;
});

test('[mcp.http] without the bearer token nothing is served', async (t) => {
  const serving = await serve(t);
  // RFC 6750, section 3.1: nothing is wrong with a request that has no token, or another scheme.
  const wrong: readonly (readonly [string, number, string?])[] = [
    ['', 401],
    ['Basic fake-token', 401],
    ['fake-token', 401],
    ['Bearer wrong', 401, 'invalid_token'],
    ['bearer fake-token2', 401, 'invalid_token'],
    ['Bearer', 400, 'invalid_request'],
    ['Bearer fake-token fake-token', 400, 'invalid_request'],
    ['Bearer "fake-token"', 400, 'invalid_request'],
    ['Bearer =', 400, 'invalid_request'],
  ];
  for (const [Authorization, status, error] of wrong) {
    const answer = await ask(serving, {
      method: 'POST',
      headers: { ...JSON_HEADERS, Authorization },
      body: INITIALIZE,
    });
    assert.equal(answer.status, status, Authorization);
    const challenge = String(answer.headers['www-authenticate']);
    assert.match(challenge, /^Bearer realm="switchboard"/);
    assert.equal(/ error="(\w+)", error_description="[^"]+"$/.exec(challenge)?.[1], error, Authorization);
    assert.equal(JSON.parse(answer.text).error.data.code, 'unauthorized');
    assert.doesNotMatch(answer.text, /fake-token/);
  }
  const right = await ask(serving, { method: 'POST', headers: JSON_HEADERS, body: INITIALIZE });
  assert.equal(right.status, 200);
});

test('[mcp.http] a rotated token counts at once and ends what was opened with the old one', async (t) => {
  const serving = await serve(t);
  const { client } = await connect(t, serving, 'legacy');
  client.callTool({ name: 'demo_text_wait' }).catch(() => {});
  const { options } = await serving.host.called('wait');
  const aborted = once(options.signal as AbortSignal, 'abort');
  await serving.host.rotateToken();
  await aborted;
  await assert.rejects(client.listTools());
  const again = await connect(t, serving, 'auto');
  assert.equal((await again.client.listTools()).tools.length, 19);
});

test('[mcp.http] a Host header of another name is refused (DNS rebinding)', async (t) => {
  const serving = await serve(t, { allowedHosts: ['tools.example'] });
  const { port } = serving.http;
  for (const Host of [
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1.evil.example',
    'localhost@evil.example',
    '10.1.2.3',
  ]) {
    const answer = await ask(serving, { method: 'POST', headers: { ...JSON_HEADERS, Host }, body: INITIALIZE });
    assert.equal(answer.status, 403, Host);
    assert.equal((await ask(serving, { path: '/', headers: { Host } })).status, 403, Host);
  }
  for (const Host of ['localhost', `127.0.0.1:${port}`, '[::1]:1', 'LOCALHOST:80', 'tools.example']) {
    assert.equal((await ask(serving, { path: '/healthz', headers: { Host } })).status, 200, Host);
  }
});

test('[mcp.http] pages of other sites are refused by Origin, pages of this machine may call', async (t) => {
  const serving = await serve(t);
  for (const Origin of ['https://evil.example', 'null', 'http://localhost.evil.example', 'file://', 'x']) {
    const answer = await ask(serving, { method: 'POST', headers: { ...JSON_HEADERS, Origin }, body: INITIALIZE });
    assert.equal(answer.status, 403, Origin);
    assert.equal(answer.headers['access-control-allow-origin'], undefined);
  }
  const Origin = 'http://localhost:6274';
  const preflight = { Origin, 'Access-Control-Request-Headers': 'authorization' };
  const asked = await ask(serving, { method: 'OPTIONS', headers: preflight });
  assert.equal(asked.status, 204);
  assert.equal(asked.headers['access-control-allow-origin'], Origin);
  assert.equal(asked.headers['access-control-allow-headers'], 'authorization');
  const answer = await ask(serving, { method: 'POST', headers: { ...JSON_HEADERS, Origin }, body: INITIALIZE });
  assert.equal(answer.status, 200);
});

test('[mcp.http] a body larger than 8 MiB is refused, announced or not', async (t) => {
  const serving = await serve(t);
  const body = Buffer.alloc(9 * 1024 * 1024, 'x');
  for (const chunked of [false, true]) {
    const answer = await ask(serving, { method: 'POST', headers: JSON_HEADERS, body, chunked });
    assert.equal(answer.status, 413);
    assert.equal(JSON.parse(answer.text).error.data.code, 'too-large');
  }
  const text = 'y'.repeat(6 * 1024 * 1024);
  const { client } = await connect(t, serving, 'auto');
  const upper = await client.callTool({ name: 'demo_text_upper', arguments: { text } });
  assert.deepEqual(upper.structuredContent, { result: text.toUpperCase() });
});

test('[mcp.http] what is no MCP request gets the right status', async (t) => {
  const serving = await serve(t);
  const post = (headers: { [name: string]: string }, body: string) =>
    ask(serving, { method: 'POST', headers: { ...JSON_HEADERS, ...headers }, body });
  const call = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
  assert.equal((await post({}, 'not json')).status, 400);
  assert.equal((await post({}, call)).status, 400);
  assert.equal((await post({ 'Mcp-Session-Id': 'none' }, call)).status, 404);
  assert.equal((await post({ 'Content-Type': 'text/plain' }, INITIALIZE)).status, 415);
  assert.equal((await post({ Accept: 'text/html' }, INITIALIZE)).status, 406);
  assert.equal((await post({}, '{"jsonrpc":"2.0"}')).status, 400);
  assert.equal((await ask(serving, { method: 'PUT', headers: BEARER })).status, 405);
  assert.equal((await ask(serving, { method: 'GET', headers: BEARER })).status, 400);
  assert.equal((await ask(serving, { path: '/other' })).status, 404);
});

test('[mcp.http] / says what this is, /healthz that it is there; neither tells the token', async (t) => {
  const serving = await serve(t);
  const page = await ask(serving, { path: '/' });
  assert.equal(page.status, 200);
  assert.ok(page.text.includes(serving.http.url));
  assert.doesNotMatch(page.text, /fake-token/);
  assert.deepEqual((await ask(serving, { path: '/healthz' })).text, 'ok\n');
});

test('[mcp.http] sessions are bounded: an idle one makes room, one in use does not', async (t) => {
  const serving = await serve(t, { mostSessions: 1 });
  const one = await connect(t, serving, 'legacy');
  // Its standing event stream keeps it in use.
  await one.client.listTools();
  const refused = await ask(serving, { method: 'POST', headers: JSON_HEADERS, body: INITIALIZE });
  assert.equal(refused.status, 503);
  await one.transport.terminateSession();
  await one.client.close();
  const first = await ask(serving, { method: 'POST', headers: JSON_HEADERS, body: INITIALIZE });
  assert.equal(first.status, 200);
  const second = await ask(serving, { method: 'POST', headers: JSON_HEADERS, body: INITIALIZE });
  assert.equal(second.status, 200);
  const gone = { ...JSON_HEADERS, 'Mcp-Session-Id': String(first.headers['mcp-session-id']) };
  assert.equal(
    (await ask(serving, { method: 'POST', headers: gone, body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' })).status,
    404,
  );
});

test('[mcp.http] a port that is taken is refused, naming the holder', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  const host = fakeHostWithTools();
  await assert.rejects(startHttp(host, { host: '127.0.0.1', port, token: () => host.token() }), (error: unknown) => {
    const { code, message, fix } = error as { code: string; message: string; fix: string };
    assert.equal(code, 'port-taken');
    assert.ok(message.includes(`port ${port}`) && message.includes(`(pid ${process.pid})`), message);
    assert.equal(fix, `switchboard serve --port ${port + 1}`);
    return true;
  });
  await assert.rejects(startHttp(host, { host: '192.0.2.1', port: 0, token: () => host.token() }), {
    code: 'invalid-setting',
  });
});

test('[mcp.http] close ends open streams and calls within a second', async (t) => {
  const serving = await serve(t);
  for (const mode of ['legacy', 'auto'] as const) {
    const { client } = await connect(t, serving, mode);
    await client.listTools();
    client.callTool({ name: 'demo_text_wait' }).catch(() => {});
  }
  await serving.host.called('wait');
  const begun = performance.now();
  await serving.http.close();
  assert.ok(performance.now() - begun < 1_000);
  for (const call of serving.host.calls) assert.equal(call.options.signal?.aborted, true);
  await assert.rejects(ask(serving, { path: '/healthz' }));
});
