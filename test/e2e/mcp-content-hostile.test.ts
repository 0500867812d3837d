/** Components that answer with content, resources and prompts as no client should get them. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { CallToolResult, Client } from '@modelcontextprotocol/client';
import type { Host } from '#host/api';
import { clientOf, hostWithGuests, WAYS } from './mcp-clients.ts';

interface World {
  readonly host: Host;
  readonly client: Client;
  /** The code and the text of a tool's failure. */
  readonly refused: (tool: string, args: { [name: string]: unknown }) => Promise<[string | undefined, string]>;
}

async function world(t: TestContext, way = WAYS[0]): Promise<World> {
  assert.ok(way);
  const host = await hostWithGuests(t, 'mcp-hostile', 'mcp-content');
  const client = await clientOf(t, host, way);
  const refused: World['refused'] = async (tool, args) => {
    const result = await client.callTool({ name: `test_mcp-hostile_${tool}`, arguments: args });
    assert.equal(result.isError, true, JSON.stringify(result).slice(0, 200));
    const [block] = result.content;
    const error = result._meta?.['switchboard/error'] as { code?: string } | undefined;
    return [error?.code, block?.type === 'text' ? block.text : ''];
  };
  return { host, client, refused };
}

/** One page as the server gave it: without a cursor the client would follow them itself. */
const listPage = (client: Client, cursor: string | undefined) =>
  client.listResources({ cursor: cursor ?? Buffer.from('["",null,0,0,0,0]').toString('base64url') });

const linkTo = async (client: Client, uri: string): Promise<CallToolResult['content'][number] | undefined> =>
  (await client.callTool({ name: 'test_mcp-hostile_link-to', arguments: { uri } })).content[0];

for (const way of WAYS.filter(({ mode }) => mode === 'auto')) {
  test(`[mcp.content] ${way.name}: an image larger than may be is refused by size, and the next call answers`, async (t) => {
    const { client, host, refused } = await world(t, way);
    const [code] = await refused('big-image', { bytes: 100_000_000 });
    assert.match(code ?? '', /^(memory-limit|transfer-limit|component-trapped)$/);
    // With limits that let it through, it is still more than clients are sent.
    await host.setLimits('test:mcp-hostile', {
      memory: 512 * 1024 * 1024,
      transfer: 256 * 1024 * 1024,
      timeout: 30_000,
    });
    const [larger, text] = await refused('big-image', { bytes: 20_000_000 });
    assert.equal(larger, 'too-large');
    assert.match(text, /content of more than 8 MiB; 8 MiB is the most that clients are sent/);
    const small = await client.callTool({ name: 'test_mcp-hostile_big-image', arguments: { bytes: 3 } });
    assert.deepEqual(small.content, [{ type: 'image', data: 'AAAA', mimeType: 'image/png' }]);
    assert.equal((await refused('blocks', { count: 1_001 }))[0], 'too-large');
  });
}

test('[mcp.content] media types, times, priorities and structured JSON are validated', async (t) => {
  const { client, refused } = await world(t);
  for (const mime of [
    '',
    'png',
    'text/html',
    'image/',
    'image/png\r\nx: y',
    'image/png; a',
    `image/${'x'.repeat(300)}`,
  ]) {
    const [code, text] = await refused('typed-image', { 'mime-type': mime });
    assert.equal(code, 'invalid-result', mime);
    assert.match(text, /content\[0\]\.mime-type is "/);
    assert.doesNotMatch(text, /\r|\n/);
  }
  for (const json of ['', '{', '[]', '"x"', 'null', '{"a":1}x']) {
    assert.equal((await refused('structured', { json }))[0], 'invalid-result', json);
  }
  assert.equal((await refused('deep', { depth: 1_000_000 }))[0], 'invalid-result');
  for (const [priority, time] of [
    [2, '2026-07-28T12:00:00Z'],
    ['NaN', '2026-07-28T12:00:00Z'],
    [0.5, 'yesterday'],
    [0.5, '2026-13-45T12:00:00Z'],
  ]) {
    const args = { priority, 'last-modified': time };
    assert.equal((await refused('annotated', args))[0], 'invalid-result', JSON.stringify(args));
  }
  const own = await client.callTool({
    name: 'test_mcp-hostile_structured',
    arguments: { json: '{"__proto__":{"polluted":1},"a":1}' },
  });
  assert.equal(own.isError, undefined);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

test('[mcp.resources] no component names a file of the machine or the resource of another', async (t) => {
  const { client, refused } = await world(t);
  const own = 'switchboard://test.mcp-hostile/';
  for (const uri of ['file:///etc/passwd', 'switchboard://test.mcp-content/notes://today', 'javascript:alert(1)']) {
    assert.deepEqual(await linkTo(client, uri), { type: 'resource_link', uri: `${own}${uri}`, name: 'x' });
  }
  for (const uri of [
    '',
    '/etc/passwd',
    '../x',
    'x y:z',
    'a:b c',
    'a:\u0000',
    'a:%zz',
    'ä:b',
    `a:${'b'.repeat(3_000)}`,
  ]) {
    assert.equal((await refused('link-to', { uri }))[0], 'invalid-result', uri);
  }
  const { contents } = await client.readResource({ uri: `${own}anything:x` });
  assert.deepEqual(contents, [{ uri: `${own}file:///etc/passwd`, text: 'asked for anything:x' }]);
  await assert.rejects(client.readResource({ uri: `${own}trap://` }), (error: { code?: number; data?: unknown }) => {
    const { code } = (error.data as { 'switchboard/error'?: { code?: string } })['switchboard/error'] ?? {};
    assert.deepEqual([error.code, code], [-32603, 'component-error']);
    return true;
  });
});

test('[mcp.resources] 10,000 resources and a list without an end come in pages, and hide nobody else’s', async (t) => {
  const { client } = await world(t);
  const seen = new Set<string>();
  const failed = new Set<string>();
  let cursor: string | undefined;
  let requests = 0;
  do {
    const page = await listPage(client, cursor);
    assert.ok(page.resources.length <= 1_000);
    for (const { uri } of page.resources) seen.add(uri);
    for (const { code, message } of (page._meta?.['switchboard/failed'] ?? []) as { code: string; message: string }[]) {
      failed.add(`${code} ${message}`);
    }
    cursor = page.nextCursor;
    requests++;
  } while (cursor !== undefined && requests < 64);
  assert.equal(cursor, undefined, 'it ends');
  const hostile = [...seen].filter((uri) => uri.startsWith('switchboard://test.mcp-hostile/'));
  assert.equal(hostile.length, 10_000, 'as many as one component may list');
  assert.equal(seen.size - hostile.length, 2, 'those of the other component');
  assert.ok([...seen].every((uri) => URL.canParse(uri)));
  assert.ok(
    [...failed].some((text) => text.startsWith('too-large its list is longer than 10000')),
    [...failed].join(),
  );
  assert.ok([...failed].some((text) => text.startsWith('invalid-result resources[1].uri is "not a uri"')));
  const { resourceTemplates } = await client.listResourceTemplates();
  assert.deepEqual(
    resourceTemplates.filter((one) => one.uriTemplate.includes('hostile')).map((one) => one.uriTemplate),
    ['switchboard://test.mcp-hostile/ok://{a}'],
  );
});

test('[mcp.prompts] names of prompts are fit for clients, and no prompt takes the place of another', async (t) => {
  const { client } = await world(t);
  const { prompts } = await client.listPrompts({ cursor: undefined });
  const own = prompts.filter((prompt) => prompt.name.startsWith('test_mcp-hostile_'));
  assert.equal(own.length, 3, 'without the one that has no name, and the one whose argument nobody could give');
  for (const prompt of prompts) {
    assert.match(prompt.name, /^[a-zA-Z0-9_-]{1,64}$/);
    assert.doesNotMatch(JSON.stringify(prompt), /\\u001b|\u202e/);
  }
  const lengths = await Promise.all(
    own.map(async ({ name }) => (await client.getPrompt({ name })).description?.replace('a[31m ', '')),
  );
  assert.deepEqual(lengths, ['12', '18', '100000'], 'each name leads to its own prompt');
  const flood = client.getPrompt({ name: 'test_mcp-hostile_bad-argument' });
  await assert.rejects(flood, { code: -32603, message: /more than 100 messages/ });
});

for (const way of WAYS) {
  test(`[limit.cancel] ${way.name}: a read that never ends is cancelled, and ends at its limit`, async (t) => {
    const { client, host } = await world(t, way);
    const uri = 'switchboard://test.mcp-hostile/endless://';
    await host.setLimits('test:mcp-hostile', { timeout: 60_000 });
    const decided = Promise.withResolvers<void>();
    const finished = Promise.withResolvers<string>();
    host.subscribe((event) => {
      if (event.type === 'call.decided') decided.resolve();
      if (event.type === 'call.finished') finished.resolve(event.outcome);
    });
    const cancel = new AbortController();
    const reading = client.readResource({ uri }, { signal: cancel.signal });
    await decided.promise;
    cancel.abort();
    await assert.rejects(reading);
    assert.equal(await finished.promise, 'cancelled');
    await host.setLimits('test:mcp-hostile', { timeout: 100 });
    await assert.rejects(client.readResource({ uri }), { code: -32603, message: /^timeout: / });
  });
}

test('[mcp.resources] state lasts for a session where the owner says so, for a read where not', async (t) => {
  const [way] = WAYS;
  assert.ok(way);
  const { client, host } = await world(t, way);
  const other = await clientOf(t, host, way);
  const uri = 'switchboard://test.mcp-hostile/count://';
  const count = async (from: Client): Promise<unknown> => {
    const [first] = (await from.readResource({ uri })).contents;
    return first && 'text' in first ? first.text : undefined;
  };
  assert.deepEqual([await count(client), await count(client)], ['1', '1']);
  await host.setLimits('test:mcp-hostile', { reuse: 'session' });
  assert.deepEqual([await count(client), await count(client), await count(other)], ['1', '2', '1']);
});
