import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from '@modelcontextprotocol/client';
import { createFakeHost, type FakeFunction, type FakeHost } from '#test/fakes/fake-host';
import { fakeHostWithTools } from '#test/fakes/fake-tools';
import { codeOf, httpClients, listChanged, streamClient, toolNames } from '#test/fakes/mcp-clients';

type Found = { readonly [key: string]: unknown };

const ask = async (client: Client, name: string, args: Found = {}): Promise<Found> => {
  const { isError, content, structuredContent } = await client.callTool({
    name: `switchboard_${name}`,
    arguments: { ...args },
  });
  assert.equal(isError, undefined, JSON.stringify(content));
  assert.deepEqual(content, [{ type: 'text', text: JSON.stringify(structuredContent) }]);
  return structuredContent as Found;
};
const names = (found: unknown, key: string): unknown[] => (found as readonly Found[]).map((one) => one[key]);
const isOwn = (name: string): boolean => name.startsWith('switchboard_');

const fn = (id: string, docs: string, properties: Found = {}): FakeFunction => ({
  id,
  docs,
  arguments: { type: 'object', properties, additionalProperties: false },
  result: { type: 'string' },
  run: () => id,
});

function library(): FakeHost {
  const host = createFakeHost();
  host.add('demo:text@1.0.0', [fn('count', 'Counts words.'), fn('old', 'Gone since.')], {}, 'Works on plain text.');
  host.add('demo:text@1.1.0', [fn('count', 'Counts the words of a text.')], {}, 'Works on plain text.');
  host.add(
    'acme:sheets@0.1.0',
    [
      fn('csv-to-json', 'Turns a table into objects.', { delimiter: { type: 'string', description: 'between cells' } }),
      fn('sum', 'Adds up a column.'),
    ],
    {},
    'Spreadsheets: rows, columns, formulas.',
  );
  host.add('acme:weather@2.0.0', [fn('forecast', 'Tomorrow’s weather for a city.')]);
  return host;
}

test('[mcp.manage] components are listed with their digests, a page at a time, older versions too', async (t) => {
  const host = library();
  const { client } = await streamClient(t, host);
  const all = await ask(client, 'list_components');
  assert.deepEqual(names(all['components'], 'component'), [
    'acme:sheets@0.1.0',
    'acme:weather@2.0.0',
    'demo:text@1.1.0',
    'demo:text@1.0.0',
  ]);
  assert.deepEqual((all['components'] as readonly Found[])[3], {
    component: 'demo:text@1.0.0',
    digest: host.digestOf('demo:text@1.0.0'),
    newest: false,
    functions: 2,
    size: 1,
    description: 'Works on plain text.',
  });
  const first = await ask(client, 'list_components', { limit: 3 });
  const second = await ask(client, 'list_components', { limit: 3, cursor: first['nextCursor'] });
  assert.deepEqual(names(second['components'], 'component'), ['demo:text@1.0.0']);
  assert.equal(second['nextCursor'], undefined);
  host.remove('demo:text@1.1.0');
  const after = await ask(client, 'list_components', { cursor: 'demo:later@9.9.9' });
  assert.deepEqual(names(after['components'], 'component'), ['demo:text@1.0.0']);
});

test('[mcp.manage] search ranks names, documentation, function names and parameters', async (t) => {
  const { client } = await streamClient(t, library());
  const first = async (query: string): Promise<unknown> => {
    const { components } = await ask(client, 'search_components', { query });
    return names(components, 'component')[0];
  };
  assert.equal(await first('weather'), 'acme:weather@2.0.0');
  assert.equal(await first('formulas'), 'acme:sheets@0.1.0');
  assert.equal(await first('json'), 'acme:sheets@0.1.0');
  assert.equal(await first('cell delimiter'), 'acme:sheets@0.1.0');
  assert.equal(await first('how many words are in this text'), 'demo:text@1.1.0');
  assert.equal(await first('counting'), 'demo:text@1.1.0');
  const { components } = await ask(client, 'search_components', { query: 'add a column' });
  assert.deepEqual(((components as readonly Found[])[0]?.['matches'] as readonly Found[]).slice(0, 1), [
    {
      function: 'sum',
      tool: 'acme_sheets_sum',
      description: 'Adds up a column.\n\nFunction sum of the sandboxed component acme:sheets@0.1.0.',
    },
  ]);
  assert.deepEqual(await ask(client, 'search_components', { query: 'zzzz ()*!' }), { components: [] });
});

test('[mcp.manage] what the tools do not take is refused as a result that a model can mend', async (t) => {
  const { client } = await streamClient(t, library());
  const wrong: readonly (readonly [string, Found])[] = [
    ['list_components', { limit: 0 }],
    ['list_components', { cursor: 5 }],
    ['search_components', {}],
    ['search_components', { query: 'x'.repeat(501) }],
    ['search_tools', { query: 'a', limit: 26 }],
    ['search_tools', { query: 'a', more: true }],
    ['inspect_component', { component: 'demo:text', functions: 'count' }],
    ['get_policy', {}],
    ['call', { component: 'demo:text' }],
    ['call', { component: 'demo:text', function: 'count', arguments: [1] }],
  ];
  for (const [name, args] of wrong) {
    const result = await client.callTool({ name: `switchboard_${name}`, arguments: args });
    assert.equal(codeOf(result), 'invalid-arguments', `${name} ${JSON.stringify(args)}`);
  }
  const inspect = async (component: string) =>
    codeOf(await client.callTool({ name: 'switchboard_inspect_component', arguments: { component } }));
  assert.equal(await inspect('demo:nobody'), 'component-not-found');
  assert.equal(await inspect('no reference'), 'invalid-reference');
  assert.equal(await inspect('sha256:12'), 'invalid-reference');
  assert.equal(await inspect(`sha256:${'0'.repeat(64)}`), 'component-not-found');
});

test('[mcp.manage] inspect tells functions with schemas, digest and limits, and stays bounded', async (t) => {
  const host = library();
  const long = { v: { type: 'string', description: 'x'.repeat(900) } };
  host.add(
    'big:one@1.0.0',
    Array.from({ length: 300 }, (_, i) => fn(`f${i}`, 'Does it.', long)),
  );
  const { client } = await streamClient(t, host);
  const sheets = await ask(client, 'inspect_component', { component: 'acme:sheets' });
  assert.equal(sheets['digest'], host.digestOf('acme:sheets'));
  assert.equal((sheets['limits'] as Found)['timeout'], 5_000);
  assert.deepEqual((sheets['functions'] as readonly Found[])[1], {
    function: 'sum',
    tool: 'acme_sheets_sum',
    description: 'Adds up a column.',
    needsSession: false,
    wit: 'sum: func()',
    inputSchema: { type: 'object', properties: {}, additionalProperties: false },
    outputSchema: {
      type: 'object',
      properties: { result: { type: 'string' } },
      required: ['result'],
      additionalProperties: false,
    },
  });
  const by = await ask(client, 'inspect_component', { component: host.digestOf('demo:text@1.0.0') });
  assert.deepEqual([by['component'], by['newest']], ['demo:text@1.0.0', false]);
  const big = await ask(client, 'inspect_component', { component: 'big:one' });
  assert.equal(big['truncated'], true);
  assert.equal((big['functions'] as readonly Found[]).length, 300);
  assert.ok(JSON.stringify(big).length < 200_000);
  const chosen = await ask(client, 'inspect_component', { component: 'big:one', functions: ['f299'] });
  assert.deepEqual(names(chosen['functions'], 'function'), ['f299']);
  assert.ok((chosen['functions'] as readonly Found[])[0]?.['inputSchema']);
});

test('[mcp.manage] call goes the way of a direct tool: results, errors, session, cancellation, principal', async (t) => {
  const host = fakeHostWithTools();
  host.add('demo:text@0.9.0', [fn('older', 'Was once.')]);
  const { client } = await streamClient(t, host);
  const call = (name: string, args: Found = {}, component = 'demo:text') =>
    client.callTool({ name: 'switchboard_call', arguments: { component, function: name, arguments: args } });
  const direct = (name: string, args: Found = {}) =>
    client.callTool({ name: `demo_text_${name}`, arguments: { ...args } });

  for (const [name, args] of [
    ['count', { text: 'a b' }],
    ['upper', { text: 'a' }],
    ['find', {}],
    ['guest-error', {}],
    ['guest-record', {}],
    ['limit', {}],
    ['arguments', {}],
    ['counter.new', {}],
  ] as const) {
    assert.deepEqual(await call(name, args), await direct(name.replaceAll('.', '_'), args), name);
  }
  assert.deepEqual((await call('nothing')).structuredContent, {});
  await assert.rejects(call('bug'), { code: -32603 });
  assert.equal(host.openSessions.size, 1, 'both ways use the one session of the connection');
  const upper = host.calls.filter(({ fn: id }) => id === 'upper');
  assert.deepEqual(upper[0]?.options.principal, { kind: 'mcp', label: 'tester/1' });

  const digest = host.digestOf('demo:text@1.0.0');
  assert.deepEqual((await call('upper', { text: 'a' }, digest)).structuredContent, { result: 'A' });
  const older = host.digestOf('demo:text@0.9.0');
  for (const component of [older, 'demo:text@0.9.0', older]) {
    assert.deepEqual((await call('older', {}, component)).structuredContent, { result: 'older' });
  }
  assert.equal(host.calls.at(-1)?.component, 'demo:text@0.9.0');
  assert.equal(codeOf(await call('older')), 'unknown-function');
  assert.equal(codeOf(await call('upper', {}, `sha256:${'f'.repeat(64)}`)), 'component-not-found');

  const stop = new AbortController();
  const args = { component: digest, function: 'wait' };
  const waiting = client.callTool({ name: 'switchboard_call', arguments: args }, { signal: stop.signal });
  await host.called('wait');
  stop.abort();
  await assert.rejects(waiting);
  const { signal } = host.calls.find((one) => one.fn === 'wait')?.options ?? {};
  if (!signal?.aborted) await new Promise<void>((resolve) => signal?.addEventListener('abort', resolve));
});

test('[mcp.manage] call without a session refuses handles by code, as the tool does', async (t) => {
  const { connect } = await httpClients(t, fakeHostWithTools());
  const { client } = await connect('', 'auto');
  const args = { component: 'demo:text', function: 'counter.new' };
  assert.equal(codeOf(await client.callTool({ name: 'switchboard_call', arguments: args })), 'session-required');
  assert.equal(codeOf(await client.callTool({ name: 'demo_text_counter_new' })), 'session-required');
});

test('[mcp.annotations] switchboard_call is what the tools are together', async (t) => {
  const host = library();
  const { client } = await streamClient(t, host);
  const hints = async () => {
    const { tools } = await client.listTools({}, { cacheMode: 'bypass' });
    return tools.find(({ name }) => name === 'switchboard_call')?.annotations;
  };
  assert.deepEqual(await hints(), { readOnlyHint: true, destructiveHint: false, openWorldHint: false });
  const changed = listChanged(client);
  host.add('demo:state@1.0.0', [fn('next', 'Counts on.')], { reuse: 'session' });
  await changed;
  assert.equal((await hints())?.readOnlyHint, false);
});

test('[mcp.narrow] what a connection is not offered is unknown to it, whichever way it asks', async (t) => {
  const host = library();
  const { client } = await streamClient(t, host, { only: ['demo:text', 'acme:sheets/sum'] });
  assert.deepEqual(
    (await toolNames(client)).filter((name) => !isOwn(name)),
    ['acme_sheets_sum', 'demo_text_count'],
  );
  for (const name of ['acme_weather_forecast', 'acme_sheets_csv-to-json']) {
    await assert.rejects(client.callTool({ name }), { code: -32602, message: /Unknown tool/ });
  }
  const answer = async (name: string, args: Found) =>
    codeOf(await client.callTool({ name: `switchboard_${name}`, arguments: { ...args } }));
  const hidden = { component: 'acme:weather' };
  assert.equal(await answer('call', { ...hidden, function: 'forecast' }), 'component-not-found');
  assert.equal(
    await answer('call', { component: host.digestOf('acme:weather'), function: 'forecast' }),
    'component-not-found',
  );
  assert.equal(await answer('call', { component: 'acme:sheets', function: 'csv-to-json' }), 'unknown-function');
  assert.equal(await answer('inspect_component', hidden), 'component-not-found');
  assert.equal(await answer('get_policy', hidden), 'component-not-found');
  assert.equal(
    await answer('request_permission', { ...hidden, permissions: ['net a.example'], reason: 'r' }),
    'component-not-found',
  );
  const told = await Promise.all([
    ask(client, 'list_components'),
    ask(client, 'search_components', { query: 'weather csv json forecast delimiter' }),
    ask(client, 'search_tools', { query: 'weather csv json forecast delimiter' }),
    ask(client, 'inspect_component', { component: 'acme:sheets' }),
  ]);
  const sheets = await client.callTool({
    name: 'switchboard_call',
    arguments: { component: 'acme:sheets', function: 'nope' },
  });
  assert.doesNotMatch(JSON.stringify([told, sheets]), /acme:weather|forecast|csv/);
  assert.equal(host.calls.length, 0);
  assert.equal(await answer('call', { component: 'acme:sheets', function: 'sum' }), undefined);
  // What a pattern takes out of an older version is out of reach there too.
  assert.equal(await answer('call', { component: 'demo:text@1.0.0', function: 'old' }), undefined);
});

test('[mcp.narrow] own tools can be taken out, and connections of one host are narrowed each for itself', async (t) => {
  const host = library();
  const [one, two, bare] = await Promise.all([
    streamClient(t, host, { only: ['demo:*', '!switchboard_call', '!switchboard_get*'] }),
    streamClient(t, host, { only: ['acme:weather'] }, 'auto'),
    streamClient(t, host, { only: ['demo:text/count', '!switchboard_*'] }),
  ]);
  assert.deepEqual(await toolNames(bare.client), ['demo_text_count']);
  const names1 = await toolNames(one.client);
  assert.ok(!names1.includes('switchboard_call') && names1.includes('switchboard_list_components'));
  for (const name of ['switchboard_call', 'switchboard_get_policy']) {
    await assert.rejects(one.client.callTool({ name, arguments: {} }), { code: -32602 });
  }
  assert.deepEqual(
    (await two.client.listTools()).tools.map(({ name }) => name).filter((name) => !isOwn(name)),
    ['acme_weather_forecast'],
  );
  const changed = listChanged(one.client);
  host.add('demo:more@1.0.0', [fn('a', 'More.')]);
  await changed;
  assert.ok((await toolNames(one.client)).includes('demo_more_a'));
});

test('[mcp.narrow] a profile is followed as it changes; one that is gone offers nothing', async (t) => {
  const host = library();
  await host.setProfile({ name: 'work', only: ['demo:text'] });
  const { client } = await streamClient(t, host, { profile: 'work' });
  const offered = async () => (await toolNames(client)).filter((name) => !isOwn(name));
  assert.deepEqual(await offered(), ['demo_text_count']);
  let changed = listChanged(client);
  await host.setProfile({ name: 'work', only: ['acme:weather'], tools: 'all' });
  // From now on, not only from when the client was told.
  await assert.rejects(client.callTool({ name: 'demo_text_count' }), { code: -32602 });
  await changed;
  assert.deepEqual(await offered(), ['acme_weather_forecast']);
  changed = listChanged(client);
  await host.removeProfile('work');
  await changed;
  assert.deepEqual(await toolNames(client), []);
  for (const name of ['acme_weather_forecast', 'switchboard_list_components']) {
    await assert.rejects(client.callTool({ name }), { code: -32602 });
  }
});

test('[mcp.narrow] over HTTP a client names a profile, which narrows what the server offers', async (t) => {
  const host = library();
  await host.setProfile({ name: 'numbers', only: ['acme:sheets', 'demo:text'] });
  await host.setProfile({ name: 'sky', only: ['acme:weather'], tools: 'search' });
  const { connect, url } = await httpClients(t, host, { only: ['acme:*'] });
  for (const mode of ['legacy', 'auto'] as const) {
    const { client } = await connect('?profile=numbers', mode);
    const listed = (await client.listTools()).tools.map(({ name }) => name);
    assert.deepEqual(
      listed.filter((name) => !isOwn(name)),
      ['acme_sheets_csv-to-json', 'acme_sheets_sum'],
      mode,
    );
    await assert.rejects(client.callTool({ name: 'acme_weather_forecast' }), { code: -32602 });
    await assert.rejects(client.callTool({ name: 'demo_text_count' }), { code: -32602 });
    const plain = await connect('', mode);
    assert.ok((await plain.client.listTools()).tools.some(({ name }) => name === 'acme_weather_forecast'));
    const sky = await connect('?profile=sky', mode);
    assert.deepEqual(
      (await sky.client.listTools()).tools.filter(({ name }) => !isOwn(name)),
      [],
    );
    await assert.rejects(connect('?profile=nobody', mode));
  }
  const headers = {
    Authorization: `Bearer ${await host.token()}`,
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
  };
  const post = (query: string, message: object, more: Found = {}) =>
    fetch(`${url}${query}`, {
      method: 'POST',
      headers: { ...headers, ...more },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }),
    });
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } };
  const nobody = await post('?profile=nobody', { method: 'initialize', params });
  assert.equal(nobody.status, 404);
  assert.equal(((await nobody.json()) as { error: { data: { code: string } } }).error.data.code, 'profile-not-found');
  assert.equal((await post('?profile=../x', { method: 'initialize', params })).status, 400);
  const opened = await post('?profile=sky', { method: 'initialize', params });
  const id = opened.headers.get('mcp-session-id') ?? '';
  assert.ok(id);
  await opened.text();
  // A session is of the endpoint that opened it: its id does not reach around the profile.
  for (const query of ['', '?profile=numbers']) {
    const other = await post(query, { method: 'tools/list' }, { 'Mcp-Session-Id': id });
    assert.equal(other.status, 404);
  }
  const same = await post('?profile=sky', { method: 'tools/list' }, { 'Mcp-Session-Id': id });
  assert.equal(same.status, 200);
  await same.text();
});

function large(): FakeHost {
  const host = createFakeHost();
  const verbs = ['read', 'write', 'list', 'delete', 'rename', 'copy', 'watch', 'lock', 'share', 'sign'];
  const things = ['file', 'mail', 'invoice', 'calendar', 'contact', 'photo', 'song', 'ticket', 'branch', 'server'];
  for (const [i, place] of ['home', 'office', 'cloud', 'phone', 'archive'].entries()) {
    const functions = things.flatMap((thing) =>
      verbs.map((verb) =>
        fn(`${verb}-${thing}`, `Can ${verb} a ${thing} ${place === 'home' ? 'at home' : `in the ${place}`}.`, {
          name: { type: 'string', description: `The name of the ${thing}, as people say it` },
        }),
      ),
    );
    host.add(`many:${place}@1.0.${i}`, functions);
  }
  return host;
}

for (const mode of ['legacy', 'auto'] as const) {
  test(`[mcp.search] ${mode}: 500 tools do not flood a context; search finds them, and they can be called`, async (t) => {
    const host = large();
    const { client } = await streamClient(t, host, { tools: 100 }, mode);
    const { tools, nextCursor } = await client.listTools();
    assert.equal(nextCursor, undefined);
    assert.deepEqual(
      tools.filter(({ name }) => !isOwn(name)),
      [],
    );
    assert.equal(tools[0]?.name, 'switchboard_search_tools');
    assert.match(tools[0].description ?? '', /There are 500 more tools/);
    assert.ok(JSON.stringify(tools).length < 12_000, `${JSON.stringify(tools).length} bytes`);

    const found = await ask(client, 'search_tools', { query: 'sign an invoice at the office' });
    const [best] = found['tools'] as readonly Found[];
    assert.equal(best?.['name'], 'many_office_sign-invoice');
    assert.deepEqual([best?.['component'], best?.['function']], ['many:office@1.0.1', 'sign-invoice']);
    assert.deepEqual(((best?.['inputSchema'] as Found)['properties'] as Found)['name'], {
      type: 'string',
      description: 'The name of the invoice, as people say it',
    });
    assert.equal((found['tools'] as readonly Found[]).length, 8);
    assert.equal(found['total'], 500);
    assert.ok(JSON.stringify(found).length < 8_000);

    const byName = await client.callTool({ name: 'many_office_sign-invoice', arguments: {} });
    assert.deepEqual(byName.structuredContent, { result: 'sign-invoice' });
    const { component, function: wanted } = best;
    const byCall = await client.callTool({ name: 'switchboard_call', arguments: { component, function: wanted } });
    assert.deepEqual(byCall.structuredContent, byName.structuredContent);
  });
}

test('[mcp.search] above the threshold or always; below it, and in mode all, tools are listed', async (t) => {
  const host = large();
  const listed = async (tools: 'all' | 'search' | number | undefined) =>
    (await toolNames((await streamClient(t, host, { tools })).client)).filter((name) => !isOwn(name)).length;
  assert.deepEqual([await listed('all'), await listed(undefined), await listed('search')], [500, 500, 0]);
  assert.deepEqual([await listed(499), await listed(500)], [0, 500]);
  // What counts is what the connection is offered.
  const { client } = await streamClient(t, host, { only: ['many:home'], tools: 100 });
  assert.equal((await toolNames(client)).filter((name) => !isOwn(name)).length, 100);
  assert.ok(!(await toolNames(client)).includes('switchboard_search_tools'));
  const changed = listChanged(client);
  host.add(
    'many:home@2.0.0',
    Array.from({ length: 101 }, (_, i) => fn(`f${i}`, 'One of many.')),
  );
  await changed;
  assert.equal((await toolNames(client))[0], 'switchboard_search_tools');
});

test('[mcp.search] lists and searches are made once per change, not per request', async (t) => {
  const host = large();
  const { client } = await streamClient(t, host, { tools: 'search' });
  await ask(client, 'search_tools', { query: 'song' });
  const before = host.lists();
  for (let i = 0; i < 20; i++) {
    await toolNames(client);
    await ask(client, 'search_tools', { query: 'rename a song' });
    await ask(client, 'list_components');
  }
  assert.equal(host.lists(), before);
});

test('[mcp.search] one tool with a huge schema does not hide the best match or flood the answer', async (t) => {
  const host = createFakeHost();
  const huge = (name: string): FakeFunction =>
    fn(
      name,
      `Does ${name}.`,
      Object.fromEntries(
        Array.from({ length: 1_500 }, (_, i) => [`p${i}`, { type: 'string', description: 'x'.repeat(60) }]),
      ),
    );
  host.add('huge:one@1.0.0', [huge('alpha'), huge('beta'), huge('gamma')]);
  const { client } = await streamClient(t, host, { tools: 'search' });
  const found = await ask(client, 'search_tools', { query: 'huge beta' });
  assert.equal((found['tools'] as readonly Found[])[0]?.['name'], 'huge_one_beta');
  assert.equal(found['truncated'], true);
});
