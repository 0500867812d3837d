/** Content, resources and prompts of real components, over each transport and generation of MCP. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallToolResult, Client } from '@modelcontextprotocol/client';
import type { HostEvent } from '#core';
import { clientOf, hostWithGuests, WAYS } from './mcp-clients.ts';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
const HERE = 'switchboard://test.mcp-content/';

const caller =
  (client: Client, component = 'mcp-content') =>
  (name: string, args: { [name: string]: unknown } = {}): Promise<CallToolResult> =>
    client.callTool({ name: `test_${component}_${name}`, arguments: args });

/** All pages of a list, as a client reads them that follows cursors. */
async function pages<T>(
  read: (cursor: string | undefined) => Promise<{ items: readonly T[]; nextCursor?: string | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    all.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return all;
}

const resourcesOf = (client: Client) =>
  pages(async (cursor) => {
    const page = await client.listResources(cursor === undefined ? { cursor: undefined } : { cursor });
    return { items: page.resources, nextCursor: page.nextCursor };
  });
const promptsOf = (client: Client) =>
  pages(async (cursor) => {
    const page = await client.listPrompts(cursor === undefined ? { cursor: undefined } : { cursor });
    return { items: page.prompts, nextCursor: page.nextCursor };
  });

for (const way of WAYS) {
  test(`[mcp.content] ${way.name}: text, image, sound, resources and links as content blocks`, async (t) => {
    const host = await hostWithGuests(t, 'mcp-content');
    const client = await clientOf(t, host, way);
    const { tools } = await client.listTools();
    const named = (name: string) => tools.find((tool) => tool.name === `test_mcp-content_${name}`);
    assert.equal(named('image')?.outputSchema, undefined);
    assert.ok(named('plain')?.outputSchema);
    assert.ok(!tools.some((tool) => /resources|prompts|completion/.test(tool.name)), 'what serves is no tool');

    const call = caller(client);
    assert.deepEqual((await call('simple-text')).content, [{ type: 'text', text: 'This is text.' }]);
    assert.deepEqual((await call('image')).content, [{ type: 'image', data: PNG, mimeType: 'image/png' }]);
    const mixed = await call('mixed');
    assert.equal(mixed.structuredContent, undefined);
    assert.deepEqual(mixed.content, [
      {
        type: 'text',
        text: 'Zeile 1\nline 2 \u202e\u0007',
        annotations: { audience: ['user'], priority: 0.5, lastModified: '2026-07-28T12:00:00Z' },
      },
      { type: 'image', data: PNG, mimeType: 'image/png' },
      { type: 'audio', data: 'UklGRg==', mimeType: 'audio/wav' },
      {
        type: 'resource',
        resource: { uri: `${HERE}notes://today`, mimeType: 'text/plain', text: 'a note' },
        annotations: { audience: ['assistant'] },
      },
      { type: 'resource', resource: { uri: `${HERE}notes://dot`, blob: 'AAEC' } },
      {
        type: 'resource_link',
        uri: `${HERE}notes://today`,
        name: 'today',
        title: 'Today',
        mimeType: 'text/plain',
        size: 6,
      },
      { type: 'resource_link', uri: 'https://example.com/a?b=1#c', name: 'web' },
    ]);
    const reading = await call('reading', { city: 'Rom' });
    assert.deepEqual(reading.structuredContent, { city: 'Rom', degrees: 21.5 });
    assert.deepEqual(reading.content, [{ type: 'text', text: '21.5° in Rom' }]);
    const only = await call('structured-only');
    assert.deepEqual([only.structuredContent, only.content], [{ n: 1 }, [{ type: 'text', text: '{"n":1}' }]]);
    const explained = await call('explained');
    assert.equal(explained.isError, true);
    assert.deepEqual(explained.content, [{ type: 'text', text: 'test:mcp-content says: the sensor is off' }]);
    const failed = await call('fails');
    assert.deepEqual(
      [failed.isError, failed.content],
      [true, [{ type: 'text', text: 'test:mcp-content says: no such thing' }]],
    );
    assert.deepEqual((await call('plain')).structuredContent, { result: ['a', 'b'] });
  });

  test(`[mcp.resources] ${way.name}: resources and templates, listed in pages and read`, async (t) => {
    const host = await hostWithGuests(t, 'mcp-content');
    await host.install((await host.info('test:mcp-content')).source, { as: 'test:other@1.0.0' });
    const client = await clientOf(t, host, way);
    assert.deepEqual(client.getServerCapabilities()?.resources, { listChanged: true });
    const resources = await resourcesOf(client);
    assert.deepEqual(
      resources.map((resource) => resource.uri),
      ['mcp-content', 'other'].flatMap((name) =>
        ['notes://today', 'notes://dot?size=1&x=%C3%A4'].map((uri) => `switchboard://test.${name}/${uri}`),
      ),
    );
    assert.deepEqual(resources[0], {
      uri: `${HERE}notes://today`,
      name: 'today',
      title: 'Today',
      description: 'What is to be done',
      size: 6,
    });
    assert.deepEqual([resources[1]?.mimeType, resources[1]?.annotations], ['image/png', { priority: 1 }]);
    for (const resource of resources) {
      const { contents } = await client.readResource({ uri: resource.uri });
      assert.equal(contents[0]?.uri, resource.uri, 'a URI leads back to where it came from');
    }
    const dot = await client.readResource({ uri: resources[1]?.uri ?? '' });
    assert.deepEqual(dot.contents[0], { uri: resources[1]?.uri, mimeType: 'image/png', blob: PNG });

    const { resourceTemplates } = await client.listResourceTemplates();
    assert.equal(resourceTemplates.length, 2);
    assert.equal(resourceTemplates[0]?.uriTemplate, `${HERE}weather://{city}/now{?unit}`);
    const expanded = await client.readResource({ uri: `${HERE}weather://S%C3%A3o%20Paulo/now?unit=C` });
    const [{ text = '' } = {}] = expanded.contents as { text?: string }[];
    assert.deepEqual(JSON.parse(text), { uri: 'weather://S%C3%A3o%20Paulo/now?unit=C' }, 'as the template expands');

    for (const uri of [`${HERE}notes://none`, 'switchboard://test.gone/notes://today', 'notes://today', 'file:///']) {
      await assert.rejects(client.readResource({ uri }), (error: { code?: number; data?: unknown }) => {
        assert.deepEqual([error.code, error.data], [-32602, { uri }]);
        return true;
      });
    }
    await assert.rejects(client.readResource({ uri: `${HERE}broken://` }), {
      code: -32603,
      message: 'test:mcp-content says: the disk is on fire',
    });
    await assert.rejects(client.listResources({ cursor: 'nonsense' }), { code: -32602 });
  });

  test(`[mcp.prompts] ${way.name}: prompts listed and rendered, arguments completed`, async (t) => {
    const host = await hostWithGuests(t, 'mcp-content');
    const client = await clientOf(t, host, way);
    assert.deepEqual(client.getServerCapabilities()?.prompts, { listChanged: true });
    assert.deepEqual(client.getServerCapabilities()?.completions, {});
    const prompts = await promptsOf(client);
    assert.equal(prompts.length, 3);
    assert.deepEqual(prompts[0], {
      name: 'test_mcp-content_review',
      title: 'Review code',
      description: 'Asks for a review',
      arguments: [
        { name: 'code', description: 'What to review', required: true },
        { name: 'language', required: false },
      ],
    });
    assert.equal(prompts[1]?.name, 'test_mcp-content_with_parts');
    assert.match(prompts[2]?.name ?? '', /^[a-zA-Z0-9_-]{1,64}$/);
    assert.equal(prompts[2]?.title, 'test:mcp-content A prompt, named freely');

    const review = await client.getPrompt({ name: 'test_mcp-content_review', arguments: { code: '1+1' } });
    assert.equal(review.description, 'A review');
    const content = { type: 'text', text: 'Review this any language:\n1+1' };
    assert.deepEqual(review.messages, [{ role: 'user', content }]);
    const parts = await client.getPrompt({ name: 'test_mcp-content_with_parts' });
    assert.deepEqual(
      parts.messages.map((message) => [message.role, message.content.type]),
      [
        ['user', 'image'],
        ['assistant', 'resource'],
      ],
    );
    const free = await client.getPrompt({ name: prompts[2]?.name ?? '' });
    assert.deepEqual(free.messages[0]?.content, { type: 'text', text: 'freely' });
    const missing = client.getPrompt({ name: 'test_mcp-content_review' });
    await assert.rejects(missing, { code: -32602, message: /the argument code is missing/ });
    for (const name of ['test_mcp-content_none', 'test_gone_review', 'review', 'test_mcp-content_x__y']) {
      await assert.rejects(client.getPrompt({ name }), { code: -32602 });
    }

    const ref = { type: 'ref/prompt', name: 'test_mcp-content_review' } as const;
    const complete = async (name: string, value: string, args?: { [name: string]: string }) =>
      (
        await client.complete({
          ref,
          argument: { name, value },
          ...(args === undefined ? {} : { context: { arguments: args } }),
        })
      ).completion;
    assert.deepEqual(await complete('language', 'Ru'), { values: ['Rust', 'Ruby'], total: 2, hasMore: false });
    assert.deepEqual((await complete('language', 'Ru', { code: 'x' })).values, ['Ruby', 'Rust']);
    const many = await complete('many', 'x');
    assert.deepEqual([many.values.length, many.hasMore], [100, true]);
    const city = await client.complete({
      ref: { type: 'ref/resource', uri: `${HERE}weather://{city}/now{?unit}` },
      argument: { name: 'city', value: 'P' },
    });
    assert.deepEqual(city.completion.values, ['Paris', 'Prague']);
  });

  test(`[mcp.resources] ${way.name}: clients hear when others serve resources and prompts`, async (t) => {
    const host = await hostWithGuests(t, 'mcp-content', 'echo');
    const heard: string[] = [];
    let tell = (): void => {};
    const listen = (what: string) => ({
      autoRefresh: false,
      debounceMs: 0,
      onChanged: () => {
        heard.push(what);
        tell();
      },
    });
    const client = await clientOf(t, host, way, {
      listChanged: { tools: listen('tools'), resources: listen('resources'), prompts: listen('prompts') },
    });
    await client.listTools();
    const until = async (...wanted: string[]): Promise<void> => {
      while (!wanted.every((one) => heard.includes(one))) await new Promise<void>((resolve) => (tell = resolve));
    };
    await host.install((await host.info('test:echo')).source, { as: 'test:echo-two@1.0.0' });
    await until('tools');
    await host.install((await host.info('test:mcp-content')).source, { as: 'test:other@1.0.0' });
    await until('resources', 'prompts');
    assert.deepEqual(heard.filter((what) => what === 'resources').length, 1, 'a component of tools alone changes none');
    await host.uninstall('test:mcp-content');
    heard.length = 0;
    await until('resources', 'prompts');
    assert.ok((await resourcesOf(client)).every((resource) => resource.uri.startsWith('switchboard://test.other/')));
  });
}

test('[mcp.resources] a server of tools alone offers no resources and no prompts', async (t) => {
  const host = await hostWithGuests(t, 'echo');
  for (const way of WAYS) {
    const client = await clientOf(t, host, way);
    const { resources, prompts, completions } = client.getServerCapabilities() ?? {};
    assert.deepEqual([resources, prompts, completions], [undefined, undefined, undefined]);
  }
});

test('[mcp.content] a program gets plain JSON of the same functions', async (t) => {
  const host = await hostWithGuests(t, 'mcp-content');
  assert.deepEqual(await host.call('test:mcp-content', 'image'), [
    { tag: 'image', val: { data: PNG, 'mime-type': 'image/png', annotations: null } },
  ]);
  const read = await host.call('test:mcp-content', 'resources.read', { uri: 'notes://today' });
  assert.deepEqual(read, [{ uri: 'notes://today', 'mime-type': 'text/plain', body: { tag: 'text', val: 'a note' } }]);
});

test('[host.path] resources and prompts pass the call path, with the client as the principal', async (t) => {
  const host = await hostWithGuests(t, 'mcp-content');
  const finished: Extract<HostEvent, { type: 'call.finished' }>[] = [];
  host.subscribe((event) => void (event.type === 'call.finished' && finished.push(event)), ['call.finished']);
  const [way] = WAYS;
  assert.ok(way);
  const client = await clientOf(t, host, way);
  await client.readResource({ uri: `${HERE}notes://today` });
  await client.getPrompt({ name: 'test_mcp-content_with_parts' });
  assert.deepEqual(
    finished.map(({ context, outcome }) => [context.function, context.principal, outcome]),
    ['resources.read', 'prompts.get'].map((fn) => [fn, { kind: 'mcp', label: 'tester/1' }, 'ok']),
  );
});
