/** Progress, questions to the person and to the model, over MCP: SDK clients, both generations, stdio and HTTP. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import {
  type CallToolResult,
  Client,
  type ClientCapabilities,
  type ClientOptions,
  type Progress,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { serveMcpStream, startHttp } from '#gateways/mcp/index';
import { createHost, type HostOptions } from '#host';
import type { Host } from '#host/api';
import { guest } from '../guests/build.ts';

const ASKER = 'test:asker';
const WAYS = ['stdio 2025-11-25', 'http 2025-11-25', 'stdio 2026-07-28', 'http 2026-07-28'] as const;
type Way = (typeof WAYS)[number];

async function hostWith(t: TestContext, options: Partial<HostOptions> = {}): Promise<Host> {
  const home = await mkdtemp(join(tmpdir(), 'switchboard-mcp-asking-'));
  const host = await createHost({ home, ...options });
  t.after(async () => {
    await host.close();
    await rm(home, { recursive: true, force: true });
  });
  await host.install((await guest('asker')).path, { as: `${ASKER}@0.1.0` });
  return host;
}

const granted = (host: Host) => host.grant(ASKER, { permissions: [{ kind: 'elicit' }, { kind: 'sample' }] });

async function connect(t: TestContext, host: Host, way: Way, capabilities: ClientCapabilities = {}): Promise<Client> {
  const options: ClientOptions = {
    capabilities,
    ...(way.endsWith('2026-07-28') ? { versionNegotiation: { mode: 'auto' } } : {}),
  };
  const client = new Client({ name: 'tester', version: '1' }, options);
  if (way.startsWith('stdio')) {
    const toServer = new PassThrough();
    const toClient = new PassThrough();
    const served = await serveMcpStream(host, { input: toServer, output: toClient });
    await client.connect(new StdioServerTransport(toClient, toServer));
    t.after(async () => {
      await client.close();
      await served.close();
    });
    return client;
  }
  const http = await startHttp(host, { host: '127.0.0.1', port: 0, token: () => host.token() });
  const requestInit = { headers: { Authorization: `Bearer ${await host.token()}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(http.url), { requestInit }));
  t.after(async () => {
    await client.close();
    await http.close();
  });
  return client;
}

const textOf = (result: CallToolResult): string => {
  const [first] = result.content;
  return first?.type === 'text' ? first.text : '';
};

const call = (client: Client, tool: string, args: object, options = {}): Promise<CallToolResult> =>
  client.callTool({ name: `test_asker_${tool}`, arguments: { ...args } }, options);

const FORM = JSON.stringify({
  message: 'Where to?',
  fields: [
    { name: 'city', title: 'City', required: true, type: { tag: 'text', val: { maxLength: 20 } } },
    { name: 'nights', required: true, type: { tag: 'number', val: { integer: true, minimum: 1 } } },
    {
      name: 'room',
      required: false,
      type: { tag: 'choice', val: { choices: [{ value: 'one', title: 'One bed' }, { value: 'two' }] } },
    },
  ],
});
const REQUEST = JSON.stringify({
  messages: [{ role: 'user', text: 'Hello' }],
  maxTokens: 9,
  stopSequences: [],
  preferences: { hints: ['small'] },
});

for (const way of WAYS) {
  test(`[ask.mcp] ${way}: progress rises, and goes only to who asked for it`, async (t) => {
    const host = await hostWith(t);
    const client = await connect(t, host, way);
    assert.equal(client.getNegotiatedProtocolVersion(), way.split(' ')[1]);
    const seen: Progress[] = [];
    const onprogress = (progress: Progress): void => void seen.push(progress);
    await call(client, 'report', { values: [1, 2, 2, 1, 9], total: 10, message: 'on it' }, { onprogress });
    assert.deepEqual(seen.at(-1), { progress: 9, total: 10, message: 'test:asker: on it' });
    for (const [i, { progress }] of seen.entries()) assert.ok(i === 0 || progress > (seen[i - 1]?.progress ?? 0));
    const before = seen.length;
    await call(client, 'report', { values: [1, 2] });
    assert.equal(seen.length, before);
    const flood: Progress[] = [];
    await call(client, 'flood', { ms: 500 }, { onprogress: (progress: Progress) => void flood.push(progress) });
    assert.ok(flood.length >= 2 && flood.length <= 13, `${flood.length} in half a second`);
  });

  test(`[ask.mcp] ${way}: the person answers a form`, async (t) => {
    const host = await hostWith(t);
    await granted(host);
    const client = await connect(t, host, way, { elicitation: { form: {} } });
    const asked: { message: string; requestedSchema?: unknown }[] = [];
    const answers = [
      { action: 'accept' as const, content: { city: 'Oslo', nights: 2, room: 'one' } },
      { action: 'decline' as const },
      { action: 'cancel' as const },
    ];
    client.setRequestHandler('elicitation/create', ({ params }) => {
      asked.push(params);
      return answers.shift() ?? { action: 'cancel' as const };
    });
    const first = await call(client, 'ask', { form: FORM });
    assert.deepEqual(first.structuredContent, { result: 'accepted {"city":"Oslo","nights":2,"room":"one"}' });
    assert.equal(asked[0]?.message, 'The component test:asker asks: “Where to?”');
    assert.deepEqual(asked[0]?.requestedSchema, {
      type: 'object',
      properties: {
        city: { type: 'string', title: 'City', maxLength: 20 },
        nights: { type: 'integer', minimum: 1 },
        room: {
          type: 'string',
          oneOf: [
            { const: 'one', title: 'One bed' },
            { const: 'two', title: 'two' },
          ],
        },
      },
      required: ['city', 'nights'],
    });
    assert.equal(textOf(await call(client, 'ask-twice', { form: FORM })), 'declined cancelled');
  });

  test(`[ask.mcp] [mcp.manage] ${way}: a component called by switchboard_call asks all the same`, async (t) => {
    const host = await hostWith(t);
    await granted(host);
    const client = await connect(t, host, way, { elicitation: { form: {} } });
    client.setRequestHandler('elicitation/create', () => ({
      action: 'accept' as const,
      content: { city: 'Oslo', nights: 2 },
    }));
    const seen: Progress[] = [];
    const onprogress = (progress: Progress): void => void seen.push(progress);
    const byCall = (fn: string, args: object, component = ASKER): Promise<CallToolResult> =>
      client.callTool(
        { name: 'switchboard_call', arguments: { component, function: fn, arguments: args } },
        { onprogress },
      );
    assert.equal(textOf(await byCall('ask', { form: FORM })), 'accepted {"city":"Oslo","nights":2}');
    await byCall('report', { values: [1, 5], total: 10, message: 'on it' });
    assert.equal(seen.at(-1)?.progress, 5);
    assert.match(textOf(await byCall('ask', { form: FORM }, 'test:nobody')), /component-not-found/);
  });

  test(`[ask.mcp] [ask.checked] ${way}: an answer that does not fit is the component’s error, not its value`, async (t) => {
    const host = await hostWith(t);
    await granted(host);
    const client = await connect(t, host, way, { elicitation: {} });
    client.setRequestHandler('elicitation/create', () => ({
      action: 'accept' as const,
      content: { city: 'Oslo', nights: 2, admin: true },
    }));
    const result = await call(client, 'ask', { form: FORM });
    assert.equal(result.isError, true);
    assert.match(textOf(result), /unavailable: the answer does not fit the form: the form has no field admin/);
  });

  test(`[ask.mcp] ${way}: the client’s model answers`, async (t) => {
    const host = await hostWith(t);
    await granted(host);
    const client = await connect(t, host, way, { sampling: {} });
    let system: string | undefined;
    client.setRequestHandler('sampling/createMessage', ({ params }) => {
      system = params.systemPrompt;
      assert.deepEqual(params.modelPreferences, { hints: [{ name: 'small' }] });
      return {
        role: 'assistant' as const,
        content: { type: 'text' as const, text: 'Hi' },
        model: 'm-1',
        stopReason: 'endTurn',
      };
    });
    const result = await call(client, 'sample', { request: REQUEST });
    assert.deepEqual(JSON.parse(textOf(result)), {
      role: 'assistant',
      text: 'Hi',
      model: 'm-1',
      stopReason: 'endTurn',
    });
    assert.match(system ?? '', /asked by the sandboxed component test:asker/);
  });

  test(`[ask.mcp] ${way}: a client that cannot be asked is not, nor is one of a component without a grant`, async (t) => {
    const host = await hostWith(t);
    const client = await connect(t, host, way, { elicitation: {} });
    let asked = 0;
    client.setRequestHandler('elicitation/create', () => {
      asked += 1;
      return { action: 'decline' as const };
    });
    const denied = await call(client, 'ask', { form: FORM });
    assert.match(
      textOf(denied),
      /^denied: .*was refused ask the person[^]*To fix: switchboard grant test:asker --elicit/,
    );
    await granted(host);
    assert.match(textOf(await call(client, 'sample', { request: REQUEST })), /unavailable: the caller has no model/);
    const opened = await host.grant(ASKER, { permissions: [{ kind: 'net', host: 'forms.example' }] });
    assert.equal(opened.length, 1);
    const link = await call(client, 'open', { message: 'Look', url: 'https://forms.example/' });
    assert.match(textOf(link), /unavailable: the caller cannot ask its person in this way/);
    assert.equal(asked, 0);
    assert.equal(textOf(await call(client, 'ask', { form: FORM })), 'declined');
  });

  test(`[ask.mcp] ${way}: an address is opened by a client that can`, async (t) => {
    const host = await hostWith(t);
    await granted(host);
    await host.grant(ASKER, { permissions: [{ kind: 'net', host: 'forms.example' }] });
    const client = await connect(t, host, way, { elicitation: { url: {} } });
    let url: unknown;
    client.setRequestHandler('elicitation/create', ({ params }) => {
      url = params.mode === 'url' ? params.url : undefined;
      return { action: 'accept' as const };
    });
    const result = await call(client, 'open', { message: 'Look', url: 'https://forms.example/x' });
    assert.equal(textOf(result), 'accepted {}');
    assert.equal(url, 'https://forms.example/x');
  });
}

test('[ask.mcp] [ask.cancel] cancelling the tool call takes the question back', async (t) => {
  const host = await hostWith(t);
  await granted(host);
  for (const way of ['stdio 2025-11-25', 'http 2025-11-25'] as const) {
    const client = await connect(t, host, way, { elicitation: {} });
    const shown = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    client.setRequestHandler('elicitation/create', (_, { mcpReq }) => {
      mcpReq.signal.addEventListener('abort', () => gone.resolve());
      shown.resolve();
      return new Promise(() => {});
    });
    const controller = new AbortController();
    const called = call(client, 'ask', { form: FORM }, { signal: controller.signal });
    const ended = assert.rejects(called);
    await shown.promise;
    controller.abort();
    await ended;
    await gone.promise;
  }
});

test('[ask.mcp] a person who refuses that the model be asked is told apart from a client that cannot', async (t) => {
  const host = await hostWith(t);
  await granted(host);
  const client = await connect(t, host, 'stdio 2025-11-25', { sampling: {} });
  client.setRequestHandler('sampling/createMessage', () => {
    throw Object.assign(new Error('User rejected sampling request'), { code: -1 });
  });
  assert.equal(textOf(await call(client, 'sample', { request: REQUEST })), 'test:asker says: refused');
});

test('[ask.denied] a model can ask for the permission to be asked; a person decides', async (t) => {
  const host = await hostWith(t);
  const client = await connect(t, host, 'stdio 2025-11-25', { elicitation: {} });
  client.setRequestHandler('elicitation/create', () => ({ action: 'decline' as const }));
  const filed = await client.callTool({
    name: 'switchboard_request_permission',
    arguments: { component: ASKER, permissions: ['elicit', 'sample'], reason: 'to plan a trip' },
  });
  assert.equal(filed.isError, undefined, JSON.stringify(filed.content));
  assert.equal((await call(client, 'ask', { form: FORM })).isError, true);
  const request = (await host.approvals('open')).find((open) => open.permissions.length === 2);
  assert.deepEqual(request?.permissions, [{ kind: 'elicit' }, { kind: 'sample' }]);
  await host.decideApproval(request.id, { allow: true });
  assert.equal(textOf(await call(client, 'ask', { form: FORM })), 'declined');
});
