/** The MCP gateway on a real host with real components, in this process. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { type CallToolResult, Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import type { HostEvent } from '#core';
import { serveMcpStream, startHttp } from '#gateways/mcp/index';
import { createHost } from '#host';
import type { Host } from '#host/api';
import { guest } from '../guests/build.ts';

async function hostWith(t: TestContext, guests: readonly string[]): Promise<Host> {
  const home = await mkdtemp(join(tmpdir(), 'switchboard-mcp-'));
  const host = await createHost({ home });
  t.after(async () => {
    await host.close();
    await rm(home, { recursive: true, force: true });
  });
  for (const name of guests) await host.install((await guest(name)).path, { as: `test:${name}@0.1.0` });
  return host;
}

interface Connected {
  readonly client: Client;
  /** Ends the client's side of the stream. */
  readonly leave: () => void;
}

async function connect(t: TestContext, host: Host): Promise<Connected> {
  const toServer = new PassThrough();
  const toClient = new PassThrough();
  const served = await serveMcpStream(host, { input: toServer, output: toClient });
  const client = new Client({ name: 'tester', version: '1' });
  await client.connect(new StdioServerTransport(toClient, toServer));
  t.after(async () => {
    await client.close();
    await served.close();
  });
  return { client, leave: () => void toServer.end() };
}

type Finished = Extract<HostEvent, { type: 'call.finished' }>;

/** The end of the next call of a function, and of its beginning. */
function nextCall(host: Host, fn: string): { readonly decided: Promise<void>; readonly finished: Promise<Finished> } {
  const decided = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<Finished>();
  const stop = host.subscribe((event) => {
    if (event.type === 'call.decided' && event.context.function === fn) decided.resolve();
    if (event.type !== 'call.finished' || event.context.function !== fn) return;
    stop();
    finished.resolve(event);
  });
  return { decided: decided.promise, finished: finished.promise };
}

/** The code of a failed result. */
function codeOf(result: CallToolResult): string | undefined {
  return (result._meta?.['switchboard/error'] as { code?: string } | undefined)?.code;
}

const VALUES: readonly (readonly [string, unknown])[] = [
  ['bool', true],
  ['u8', 255],
  ['s64', '-9223372036854775808'],
  ['u64', 9007199254740991],
  ['f32', 1.5],
  ['f64', 'NaN'],
  ['char', '🦀'],
  ['string', 'a\u0000ü'],
  ['bytes', 'AAEC'],
  ['names', ['a', 'b']],
  ['tuple', [1, 'two', 3]],
  ['point', { x: 1, y: -2, name: 'corner' }],
  ['color', 'dark-blue'],
  ['permission', ['read', 'list-all']],
  ['option', null],
  ['option', 7],
  ['option-option', { some: null }],
  ['orders', [{ id: 1, items: [{ name: 'n', price: 0.5, tags: [], at: null }], note: 'x', type: 'red' }]],
];

test('[mcp.tools] results of every WIT type are valid by their outputSchema, as an SDK client checks', async (t) => {
  const host = await hostWith(t, ['kitchen']);
  const { client } = await connect(t, host);
  const { tools } = await client.listTools();
  const { functions } = (await host.info('test:kitchen')).description;
  assert.equal(tools.filter(({ name }) => name.startsWith('test_')).length, functions.length);
  for (const [type, value] of VALUES) {
    const called = await client.callTool({ name: `test_kitchen_api_echo-${type}`, arguments: { v: value } });
    assert.equal(called.isError, undefined, `${type}: ${JSON.stringify(called.content)}`);
    const { structuredContent: got } = called;
    assert.deepEqual(type === 'point' ? got : (got as { result: unknown }).result, value, type);
  }
  const divided = await client.callTool({ name: 'test_kitchen_api_divide', arguments: { a: 7, b: 2 } });
  assert.deepEqual(divided.structuredContent, { result: 3 });
  const wrong = await client.callTool({ name: 'test_kitchen_api_divide', arguments: { a: 'x', b: 2 } });
  assert.equal(wrong.isError, true);
  assert.match(JSON.stringify(wrong.content), /invalid-arguments: a: expected s32/);
  const byZero = await client.callTool({ name: 'test_kitchen_api_divide', arguments: { a: 1, b: 0 } });
  assert.equal(byZero.isError, true);
  assert.equal(codeOf(byZero), 'component-error');
});

test('[mcp.tools] resource handles live as long as the connection', async (t) => {
  const host = await hostWith(t, ['kitchen']);
  const { client, leave } = await connect(t, host);
  const call = async (name: string, args: { [name: string]: unknown }) => {
    const called = await client.callTool({ name: `test_kitchen_counters_${name}`, arguments: args });
    assert.equal(called.isError, undefined, JSON.stringify(called.content));
    return (called.structuredContent as { result: unknown }).result;
  };
  const handle = await call('counter_new', { start: 40 });
  assert.equal(await call('counter_inc', { self: handle, by: 2 }), 42);
  assert.equal(await call('peek', { c: handle }), 42);
  const other = await connect(t, host);
  const foreign = await other.client.callTool({ name: 'test_kitchen_counters_peek', arguments: { c: handle } });
  assert.equal(foreign.isError, true);
  const closed = Promise.withResolvers<void>();
  host.subscribe((event) => void (event.type === 'session.closed' && closed.resolve()));
  leave();
  await closed.promise;
});

test('[limit.cancel] MCP cancellation and a client that goes away stop a guest that never returns', async (t) => {
  const host = await hostWith(t, ['hostile']);
  await host.setLimits('test:hostile', { timeout: 60_000 });
  const { client, leave } = await connect(t, host);
  const first = nextCall(host, 'spin');
  const cancel = new AbortController();
  const calling = client.callTool({ name: 'test_hostile_spin' }, { signal: cancel.signal });
  await first.decided;
  cancel.abort();
  await assert.rejects(calling);
  assert.equal((await first.finished).outcome, 'cancelled');

  const second = nextCall(host, 'spin');
  client.callTool({ name: 'test_hostile_spin' }).catch(() => {});
  await second.decided;
  leave();
  const { outcome, context } = await second.finished;
  assert.equal(outcome, 'cancelled');
  assert.deepEqual(context.principal, { kind: 'mcp', label: 'tester/1' });
});

test('[limit.cancel] an HTTP client that drops its connection stops the call', async (t) => {
  const host = await hostWith(t, ['hostile']);
  await host.setLimits('test:hostile', { timeout: 60_000 });
  const http = await startHttp(host, { host: '127.0.0.1', port: 0, token: () => host.token() });
  t.after(() => http.close());
  const gone = new AbortController();
  const requestInit = { headers: { Authorization: `Bearer ${await host.token()}` } };
  const client = new Client({ name: 'tester', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(http.url), {
      requestInit,
      fetch: (url, init) =>
        fetch(url, { ...init, signal: AbortSignal.any([gone.signal, ...(init?.signal ? [init.signal] : [])]) }),
    }),
  );
  t.after(() => client.close());
  const { decided, finished } = nextCall(host, 'spin');
  client.callTool({ name: 'test_hostile_spin' }).catch(() => {});
  await decided;
  gone.abort();
  assert.equal((await finished).outcome, 'cancelled');
});

test('[mcp.tools] limits, traps and logs reach the client', async (t) => {
  const host = await hostWith(t, ['hostile', 'state']);
  await host.setLimits('test:hostile', { timeout: 100 });
  const { client } = await connect(t, host);
  const spin = await client.callTool({ name: 'test_hostile_spin' });
  assert.equal(codeOf(spin), 'timeout');
  const trap = await client.callTool({ name: 'test_hostile_trap' });
  assert.equal(codeOf(trap), 'component-trapped');
  const seen = Promise.withResolvers<unknown>();
  client.setNotificationHandler('notifications/message', ({ params }) => seen.resolve(params));
  await client.setLoggingLevel('debug');
  await client.callTool({ name: 'test_state_log', arguments: { message: 'hello', field: 'f' } });
  assert.match(JSON.stringify(await seen.promise), /hello/);
});

test('[mcp.list-changed] installing into a running host notifies its clients', async (t) => {
  const host = await hostWith(t, ['echo']);
  const { client } = await connect(t, host);
  assert.equal((await client.listTools()).tools.filter(({ name }) => name.startsWith('test_')).length, 2);
  const changed = Promise.withResolvers<void>();
  client.setNotificationHandler('notifications/tools/list_changed', () => changed.resolve());
  await host.install((await guest('state')).path, { as: 'test:state@0.1.0' });
  await changed.promise;
  const names = (await client.listTools()).tools.map((tool) => tool.name);
  assert.ok(names.includes('test_state_next'));
  const again = Promise.withResolvers<void>();
  client.setNotificationHandler('notifications/tools/list_changed', () => again.resolve());
  await host.uninstall('test:state');
  await again.promise;
  assert.equal((await client.listTools()).tools.filter(({ name }) => name.startsWith('test_')).length, 2);
});
