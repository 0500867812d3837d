/** Management tools, annotations and handles over MCP, on a real host with real components. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CallToolResult, Client } from '@modelcontextprotocol/client';
import { parsePermission } from '#core';
import { createHost } from '#host';
import type { Host } from '#host/api';
import { codeOf, httpClients, listChanged, streamClient } from '#test/fakes/mcp-clients';
import { guest } from '#test/guests/build';
import { injectManifest } from '#wit';

const MANIFEST = `
description = "Reads notes and looks things up."

[[permissions.fs]]
guest = "/notes"
mode = "rw"
reason = "the notes it works on"

[[permissions.net]]
host = "api.example.com"
reason = "where it looks \\u202Ethings up"

[[permissions.env]]
name = "REGION"
reason = "which notes"

[[permissions.secret]]
name = "API_KEY"
reason = "to be let in"
`;
const SECRET = 'hunter2-is-the-secret';
const VALUE = 'the-value-of-region';

type Found = { readonly [key: string]: unknown };

async function openHost(t: TestContext): Promise<Host> {
  const home = await mkdtemp(join(tmpdir(), 'switchboard-manage-'));
  const host = await createHost({ home });
  t.after(async () => {
    await host.close();
    await rm(home, { recursive: true, force: true });
  });
  return host;
}

async function withProbe(t: TestContext): Promise<Host> {
  const host = await openHost(t);
  await host.install(injectManifest((await guest('fs-probe')).bytes, MANIFEST), { as: 'test:probe@1.0.0' });
  return host;
}

async function ask(client: Client, name: string, args: Found): Promise<Found> {
  const result = await client.callTool({ name: `switchboard_${name}`, arguments: { ...args } });
  assert.equal(result.isError, undefined, JSON.stringify(result.content));
  return result.structuredContent as Found;
}

test('[mcp.manage] get_policy tells what is granted, requested and missing, and no value of anything', async (t) => {
  const host = await withProbe(t);
  const { client } = await streamClient(t, host);
  await client.listTools(); // From here on the client holds results to the output schemas.
  const component = 'test:probe';
  const before = await ask(client, 'get_policy', { component });
  assert.deepEqual(before, {
    component: 'test:probe@1.0.0',
    granted: [],
    requested: [
      {
        permission: 'fs /notes:rw',
        reason: 'the notes it works on',
        granted: false,
        command: 'switchboard grant test:probe --fs "$PWD":/notes:rw',
      },
      {
        permission: 'net api.example.com',
        reason: 'where it looks \\u{202e}things up',
        granted: false,
        command: 'switchboard grant test:probe --net api.example.com',
      },
      {
        permission: 'env REGION',
        reason: 'which notes',
        granted: false,
        command: 'switchboard grant test:probe --env REGION',
      },
      {
        permission: 'secret API_KEY',
        reason: 'to be let in',
        granted: false,
        command: 'switchboard grant test:probe --secret API_KEY',
      },
    ],
    command: 'switchboard grant test:probe --fs "$PWD":/notes:rw --net api.example.com --env REGION --secret API_KEY',
  });
  await host.setSecret('API_KEY', SECRET);
  await host.grant(component, {
    permissions: [
      { kind: 'fs', host: tmpdir(), guest: '/notes', mode: 'ro' },
      { kind: 'env', name: 'REGION', value: VALUE },
      { kind: 'secret', name: 'API_KEY' },
    ],
  });
  await host.grant(component, { permissions: [{ kind: 'net', host: 'api.example.com' }], principal: 'owner' });
  const after = await ask(client, 'get_policy', { component });
  assert.deepEqual(after['granted'], [
    { permission: 'fs /notes:ro' },
    { permission: 'env REGION' },
    { permission: 'secret API_KEY' },
  ]);
  // What counts for the owner's own calls is missing for a model's.
  assert.equal(after['command'], 'switchboard grant test:probe --net api.example.com');
  const inspected = await ask(client, 'inspect_component', { component });
  assert.deepEqual(
    (inspected['requests'] as readonly Found[]).map(({ permission }) => permission),
    ['fs /notes:rw', 'net api.example.com', 'env REGION', 'secret API_KEY'],
  );
  const told = JSON.stringify([after, inspected, await ask(client, 'list_components', {})]);
  for (const kept of [SECRET, VALUE, tmpdir(), '\u202E']) assert.ok(!told.includes(kept), kept);
});

test('[mcp.manage] call reaches the bytes that a digest names, of an older version too', async (t) => {
  const host = await openHost(t);
  const [echo, kitchen] = [await guest('echo'), await guest('kitchen')];
  await host.install(echo.path, { as: 'test:thing@1.0.0' });
  await host.install(kitchen.path, { as: 'test:thing@2.0.0' });
  const { client } = await streamClient(t, host);
  const { components } = await ask(client, 'list_components', {});
  const older = (components as readonly Found[]).find((one) => one['component'] === 'test:thing@1.0.0');
  assert.equal(older?.['newest'], false);
  await assert.rejects(client.callTool({ name: 'test_thing_echo', arguments: { text: 'a' } }), { code: -32602 });
  const call = (args: Found) => client.callTool({ name: 'switchboard_call', arguments: { ...args } });
  const text = { text: 'hello' };
  const called = await call({ component: older['digest'], function: 'echo', arguments: text });
  assert.deepEqual(called.structuredContent, { result: 'hello' });
  assert.equal(
    codeOf(await call({ component: older['digest'], function: 'echo', arguments: { text: 5 } })),
    'invalid-arguments',
  );
  await host.uninstall('test:thing@1.0.0');
  const gone = await call({ component: older['digest'], function: 'echo', arguments: text });
  assert.equal(codeOf(gone), 'component-not-found');
});

test('[mcp.annotations] hints follow grants as they come, change, expire and go, and clients are told', async (t) => {
  const host = await withProbe(t);
  await host.install((await guest('echo')).path, { as: 'test:echo@1.0.0' });
  const { client } = await streamClient(t, host);
  const hints = async (name = 'test_probe_fetch'): Promise<readonly unknown[]> => {
    const { tools } = await client.listTools({}, { cacheMode: 'bypass' });
    const { readOnlyHint, destructiveHint, openWorldHint } =
      tools.find((tool) => tool.name === name)?.annotations ?? {};
    return [readOnlyHint, destructiveHint, openWorldHint];
  };
  const after = async (change: () => Promise<unknown>): Promise<readonly unknown[]> => {
    const changed = listChanged(client);
    await change();
    await changed;
    return hints();
  };
  const component = 'test:probe';
  const directory = { kind: 'fs', host: tmpdir(), guest: '/notes' } as const;
  const [nothing, writes, reaches] = [
    [true, false, false],
    [false, true, false],
    [false, true, true],
  ];
  assert.deepEqual(await hints(), nothing, 'it imports files and HTTP, and nothing is granted');
  assert.deepEqual(await after(() => host.grant(component, { permissions: [{ ...directory, mode: 'ro' }] })), nothing);
  assert.deepEqual(await after(() => host.grant(component, { permissions: [{ ...directory, mode: 'rw' }] })), writes);
  const net = { permissions: [{ kind: 'net', host: 'api.example.com' }] } as const;
  assert.deepEqual(await after(() => host.grant(component, net)), reaches);
  assert.deepEqual(await hints('test_echo_echo'), nothing, 'of this component only');
  assert.deepEqual(await hints('switchboard_call'), reaches);
  assert.deepEqual(await after(() => host.revoke(component)), nothing);
  const soon = { ...net, expiresAt: Date.now() + 700 };
  assert.deepEqual(await after(() => host.grant(component, soon)), reaches);
  assert.deepEqual(await after(async () => undefined), nothing, 'when it expired');
  assert.deepEqual(await after(() => host.setLimits(component, { reuse: 'session' })), [false, false, false]);
});

test('[mcp.annotations] a component that may write a store, call others or be called later is not read-only', async (t) => {
  const host = await openHost(t);
  await host.install((await guest('store-probe')).path, { as: 'test:keeper@1.0.0' });
  await host.install((await guest('reflector')).path, { as: 'test:reflector@1.0.0' });
  const { client } = await streamClient(t, host);
  const readOnly = async (component: string): Promise<unknown> => {
    const { tools } = await client.listTools({}, { cacheMode: 'bypass' });
    const own = tools.filter(({ name }) => name.startsWith(`test_${component}_`));
    assert.ok(own.length > 0);
    return own[0]?.annotations?.readOnlyHint;
  };
  for (const [component, kind, text, expected] of [
    ['keeper', 'kv', 'notes:ro', true],
    ['keeper', 'kv', 'notes:rw', false],
    ['keeper', 'blob', 'files:ro', true],
    ['keeper', 'blob', 'files:rw', false],
    ['reflector', 'call', 'test:keeper', false],
    ['reflector', 'schedule', '', false],
  ] as const) {
    assert.equal(await readOnly(component), true);
    for (const change of ['grant', 'revoke'] as const) {
      const changed = listChanged(client);
      if (change === 'revoke') await host.revoke(`test:${component}`);
      else await host.grant(`test:${component}`, { permissions: [parsePermission(kind, text)] });
      await changed;
      assert.equal(await readOnly(component), change === 'revoke' || expected, `${kind} ${text}`);
    }
  }
});

test('[mcp.annotations] what is granted to the owner alone, or for one call, is told truly', async (t) => {
  const host = await withProbe(t);
  const { client } = await streamClient(t, host);
  const open = async () => {
    const { tools } = await client.listTools({}, { cacheMode: 'bypass' });
    return tools.find(({ name }) => name === 'test_probe_directories')?.annotations?.openWorldHint;
  };
  const permissions = [{ kind: 'net', host: 'api.example.com' }] as const;
  let changed = listChanged(client);
  await host.grant('test:probe', { permissions, principal: 'owner' });
  await changed;
  assert.equal(await open(), false);
  changed = listChanged(client);
  await host.grant('test:probe', { permissions, once: true });
  await changed;
  assert.equal(await open(), true);
  changed = listChanged(client);
  assert.equal((await client.callTool({ name: 'test_probe_directories' })).isError, undefined);
  await changed;
  assert.equal(await open(), false, 'the call took it');
});

const counters = (name: string): string => `test_kitchen_counters_${name}`;
const value = (result: CallToolResult): unknown => {
  assert.equal(result.isError, undefined, JSON.stringify(result.content));
  return (result.structuredContent as Found)['result'];
};

/** Two clients try everything with each other's handles. */
async function tryEachOther(mine: Client, yours: Client): Promise<void> {
  const call = (client: Client, name: string, args: Found) =>
    client.callTool({ name: counters(name), arguments: { ...args } });
  const [a, b] = [
    value(await call(mine, 'counter_new', { start: 1 })),
    value(await call(yours, 'counter_new', { start: 10 })),
  ];
  for (const handle of [a, b]) assert.match(String(handle), /^h_[\w-]{22}$/);
  assert.notEqual(a, b);
  for (const [client, foreign] of [
    [mine, b],
    [yours, a],
  ] as const) {
    const own = client === mine ? a : b;
    const tries: readonly (readonly [string, Found])[] = [
      ['counter_value', { self: foreign }],
      ['counter_inc', { self: foreign, by: 5 }],
      ['peek', { c: foreign }],
      ['consume', { c: foreign }],
      ['pass', { c: foreign }],
      ['counter_merge', { a: own, b: foreign }],
      ['counter_merge', { a: foreign, b: own }],
    ];
    for (const [name, args] of tries) assert.equal(codeOf(await call(client, name, args)), 'invalid-handle', name);
    const args = { component: 'test:kitchen', function: 'counters.peek', arguments: { c: foreign } };
    assert.equal(codeOf(await client.callTool({ name: 'switchboard_call', arguments: args })), 'invalid-handle');
  }
  // Nothing of it moved or took what is the other's.
  assert.equal(value(await call(mine, 'counter_value', { self: a })), 1);
  assert.equal(value(await call(yours, 'counter_value', { self: b })), 10);
  assert.equal(value(await call(mine, 'alive', {})), 1);
}

async function withKitchen(t: TestContext): Promise<Host> {
  const host = await openHost(t);
  await host.install((await guest('kitchen')).path, { as: 'test:kitchen@1.0.0' });
  await host.setLimits('test:kitchen', { reuse: 'session' });
  return host;
}

for (const mode of ['legacy', 'auto'] as const) {
  test(`[mcp.handles] stdio, ${mode}: a handle of one connection is nothing in another`, async (t) => {
    const host = await withKitchen(t);
    const [one, two] = [await streamClient(t, host, {}, mode), await streamClient(t, host, {}, mode)];
    await tryEachOther(one.client, two.client);
  });
}

test('[mcp.handles] HTTP sessions: another’s handles are refused; gone with DELETE, void in the next session', async (t) => {
  const host = await withKitchen(t);
  const { connect } = await httpClients(t, host);
  const [one, two] = [await connect(), await connect()];
  await tryEachOther(one.client, two.client);
  const handle = value(await one.client.callTool({ name: counters('counter_new'), arguments: { start: 7 } }));
  const closed = Promise.withResolvers<void>();
  const stop = host.subscribe(() => closed.resolve(), ['session.closed']);
  const { sessions } = await host.status();
  await one.transport.terminateSession();
  await closed.promise;
  stop();
  assert.equal((await host.status()).sessions, sessions - 1);
  const next = await connect();
  const peek = { name: counters('peek'), arguments: { c: handle } };
  assert.equal(codeOf(await next.client.callTool(peek)), 'invalid-handle');
  assert.equal(codeOf(await two.client.callTool(peek)), 'invalid-handle');
  assert.equal(value(await two.client.callTool({ name: counters('alive') })), 1);
});

test('[mcp.handles] HTTP without sessions (2026-07-28) refuses them by code, whoever made the handle', async (t) => {
  const host = await withKitchen(t);
  const { connect } = await httpClients(t, host);
  const { client: holder } = await connect();
  const handle = value(await holder.callTool({ name: counters('counter_new'), arguments: { start: 3 } }));
  const { client } = await connect('', 'auto');
  for (const [name, args] of [
    ['counter_new', { start: 1 }],
    ['peek', { c: handle }],
    ['make-many', { count: 1 }],
  ] as const) {
    const refused = await client.callTool({ name: counters(name), arguments: args });
    assert.equal(codeOf(refused), 'session-required', name);
    assert.match(JSON.stringify(refused.content), /2025-11-25|stdio/);
  }
  assert.equal(value(await holder.callTool({ name: counters('peek'), arguments: { c: handle } })), 3);
});

test('[mcp.handles] they are counted, and room comes back; the other session has room of its own', async (t) => {
  const host = await withKitchen(t);
  await host.setLimits('test:kitchen', { handles: 3 });
  const { connect } = await httpClients(t, host);
  const [one, two] = [await connect(), await connect()];
  const make = (client: Client, count: number) =>
    client.callTool({ name: counters('make-many'), arguments: { count } });
  const three = value(await make(one.client, 3)) as readonly string[];
  const refused = await make(one.client, 1);
  assert.equal(codeOf(refused), 'handle-limit');
  assert.match(JSON.stringify(refused.content), /switchboard limits/);
  assert.equal((value(await make(two.client, 3)) as unknown[]).length, 3);
  value(await one.client.callTool({ name: counters('consume'), arguments: { c: three[0] } }));
  assert.equal((value(await make(one.client, 1)) as unknown[]).length, 1);
});

test('[mcp.handles] no handle can be told from others: they are all different and say nothing of their number', async (t) => {
  const host = await withKitchen(t);
  const { client } = await streamClient(t, host);
  const many = value(await client.callTool({ name: counters('make-many'), arguments: { count: 500 } })) as string[];
  assert.equal(new Set(many).size, 500);
  // 128 bits each: of 500 no two share their first 5 characters, but once in 4,000 runs or so; none are in order.
  assert.ok(new Set(many.map((handle) => handle.slice(0, 7))).size >= 499);
  assert.notDeepEqual(many, many.toSorted());
});

test('[mcp.narrow] resources and prompts of components that are not offered are not there', async (t) => {
  const host = await openHost(t);
  await host.install((await guest('mcp-content')).path, { as: 'test:pages@1.0.0' });
  await host.install((await guest('echo')).path, { as: 'test:echo@1.0.0' });
  const all = (await streamClient(t, host, { only: ['test:pages'] })).client;
  const { resources } = await all.listResources({ cursor: undefined });
  const { prompts } = await all.listPrompts({ cursor: undefined });
  const [resource] = resources;
  const [prompt] = prompts;
  assert.ok(resource && prompt);
  // A component whose functions alone are offered serves nothing else.
  for (const only of [['test:echo'], ['!test:pages'], ['test:pages/image'], ['test:pages', '!*:*/read', '!*:*/get']]) {
    const { client } = await streamClient(t, host, { only });
    const { resources: some, prompts: others } = client.getServerCapabilities() ?? {};
    assert.deepEqual([some, others], [undefined, undefined], only.join());
    await assert.rejects(client.request({ method: 'resources/read', params: { uri: resource.uri } }), only.join());
    await assert.rejects(client.request({ method: 'prompts/get', params: { name: prompt.name } }), only.join());
  }
  await host.install((await guest('mcp-content')).path, { as: 'test:other@1.0.0' });
  const { client } = await streamClient(t, host, { only: ['test:other'] });
  const mine = (await client.listResources({ cursor: undefined })).resources;
  assert.ok(mine.length > 0 && mine.every(({ uri }) => !uri.includes('test.pages')));
  await assert.rejects(client.readResource({ uri: resource.uri }));
  await assert.rejects(client.getPrompt({ name: prompt.name }));
  assert.ok(
    (await client.listPrompts({ cursor: undefined })).prompts.every(({ name }) => name.startsWith('test_other')),
  );
});

test('[mcp.manage] content comes through switchboard_call as through the tool, of older versions too', async (t) => {
  const host = await openHost(t);
  await host.install((await guest('mcp-content')).path, { as: 'test:pages@1.0.0' });
  const { client } = await streamClient(t, host);
  await client.listTools();
  const call = (name: string) =>
    client.callTool({ name: 'switchboard_call', arguments: { component: 'test:pages@1.0.0', function: name } });
  const direct = await client.callTool({ name: 'test_pages_image' });
  assert.equal(direct.content[0]?.type, 'image');
  assert.deepEqual(await call('image'), { ...direct, structuredContent: {} });
  await host.install((await guest('echo')).path, { as: 'test:pages@2.0.0' });
  assert.deepEqual((await call('image')).content, direct.content);
  const inspected = await ask(client, 'inspect_component', { component: 'test:pages@1.0.0', functions: ['image'] });
  assert.equal((inspected['functions'] as readonly Found[])[0]?.['outputSchema'], undefined);
});
