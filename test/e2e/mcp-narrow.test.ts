/** `serve --only`, `--tools`, `--profile` and the verb `profile`, as processes. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { listChanged, toolNames } from '#test/fakes/mcp-clients';
import { atEnd, MAIN, serveHttp, switchboard, temporaryHome } from './mcp-process.ts';

async function stdio(t: TestContext, home: string, ...flags: string[]): Promise<Client> {
  const client = new Client({ name: 'tester', version: '1' });
  const args = [MAIN, 'serve', '--stdio', '--home', home, ...flags];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' }));
  atEnd(t, () => client.close());
  return client;
}

const components = async (client: Client): Promise<readonly string[]> => [
  ...new Set((await toolNames(client)).map((name) => name.split('_').slice(0, 2).join('_'))),
];

test('[mcp.narrow] [cli.profile] stdio clients that share a host are narrowed each by its own flags', async (t) => {
  const home = await temporaryHome(t);
  // The first lends its streams to the host that it starts, the others are pipes to it.
  const text = await stdio(t, home, '--only', 'switchboard:text', '!switchboard_*');
  const set = await switchboard(
    home,
    'profile',
    'set',
    'work',
    '--only',
    'switchboard:data/query*',
    'switchboard:time',
  );
  assert.deepEqual([set.code, set.stderr], [0, '']);
  const [time, work, all] = [
    await stdio(t, home, '--only', 'switchboard_time_*', '--tools', 'search'),
    await stdio(t, home, '--profile', 'work', '--only', '!switchboard:time'),
    await stdio(t, home),
  ];
  const noOwn = (names: readonly string[]) =>
    names.filter((name) => !/^switchboard_(?:list|search|inspect|get|call|request)/.test(name));
  assert.deepEqual(await components(text), []);
  const listed = noOwn(await toolNames(work));
  assert.ok(listed.length > 0 && listed.every((name) => name.startsWith('switchboard_data_query')), listed.join());
  assert.deepEqual(noOwn(await toolNames(time)), []);
  assert.equal((await toolNames(time))[0], 'switchboard_search_tools');
  assert.ok(noOwn(await toolNames(all)).length > 20);
  const slug = { name: 'switchboard_text_slug', arguments: { text: 'A b' } };
  for (const client of [time, work]) await assert.rejects(client.callTool(slug), { code: -32602 });
  assert.deepEqual((await all.callTool(slug)).structuredContent, { result: 'a-b' });
  assert.equal((await time.callTool({ name: 'switchboard_time_now', arguments: {} })).isError, undefined);

  const changed = listChanged(work);
  await switchboard(home, 'profile', 'set', 'work', '--only', 'switchboard:text/slug');
  await changed;
  assert.deepEqual(noOwn(await toolNames(work)), ['switchboard_text_slug']);
});

test('[cli.profile] profiles are set, shown, listed and removed; wrong ones are refused before anything is served', async (t) => {
  const home = await temporaryHome(t);
  const json = async (...args: string[]) => {
    const { code, stdout } = await switchboard(home, ...args, '--output', 'json');
    return { code, out: JSON.parse(stdout) as { readonly error?: { readonly code: string } } };
  };
  const work = { name: 'work', only: ['demo:*', '!demo:x/y*'], tools: 50 };
  const set = ['profile', 'set', 'work', '--only', 'demo:*', '!demo:x/y*', '--tools', '50'];
  assert.deepEqual(await json(...set), { code: 0, out: work });
  assert.deepEqual((await json('profile', 'set', 'quiet', '--tools', 'search')).out, {
    name: 'quiet',
    only: [],
    tools: 'search',
  });
  assert.deepEqual((await json('profile', 'show', 'work')).out, work);
  const list = await switchboard(home, 'profile', 'list');
  assert.equal(list.stdout, 'quiet  everything         search\nwork   demo:* !demo:x/y*  search above 50 tools\n');
  assert.deepEqual((await json('profile', 'remove', 'quiet')).out, { removed: 'quiet' });
  for (const [args, code] of [
    [['profile', 'remove', 'quiet'], 'profile-not-found'],
    [['profile', 'show', 'quiet'], 'profile-not-found'],
    [['profile', 'set', 'a b', '--tools', 'all'], 'invalid-setting'],
    [['profile', 'set', 'a', '--only', 'demo:x@1.0.0'], 'invalid-setting'],
    [['profile', 'set', 'a'], 'invalid-usage'],
    [['profile', 'list', '--tools', 'all'], 'invalid-usage'],
    [['serve', '--port', '0', '--profile', 'quiet'], 'profile-not-found'],
    [['serve', '--port', '0', '--only', 'no good'], 'invalid-setting'],
    [['serve', '--port', '0', '--tools', 'most'], 'invalid-setting'],
  ] as const) {
    const refused = await json(...args);
    assert.deepEqual([refused.code, refused.out.error?.code], [2, code], args.join(' '));
  }
  const stdioRefused = await switchboard(home, 'serve', '--stdio', '--profile', 'quiet');
  assert.equal(stdioRefused.code, 2);
  assert.match(stdioRefused.stderr, /profile-not-found/);
  assert.equal(stdioRefused.stdout, '');
});

test('[mcp.narrow] [cli.profile] serve over HTTP offers what its flags say, and a profile of the client’s less', async (t) => {
  const home = await temporaryHome(t);
  await switchboard(home, 'profile', 'set', 'slug', '--only', '*:*/slug', '--tools', 'all');
  const { url, token, tools, search } = await serveHttp(
    t,
    home,
    '--only',
    'switchboard:text',
    'switchboard:time',
    '--tools',
    '3',
  );
  assert.ok(tools > 5 && tools < 20);
  assert.equal(search, true);
  const connect = async (query: string): Promise<Client> => {
    const client = new Client({ name: 'tester', version: '1' });
    const requestInit = { headers: { Authorization: `Bearer ${token}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(`${url}${query}`), { requestInit }));
    atEnd(t, () => client.close());
    return client;
  };
  const whole = await connect('');
  assert.equal((await toolNames(whole))[0], 'switchboard_search_tools');
  assert.equal((await whole.callTool({ name: 'switchboard_time_now', arguments: {} })).isError, undefined);
  await assert.rejects(whole.callTool({ name: 'switchboard_data_query', arguments: {} }), { code: -32602 });
  const slug = await connect('?profile=slug');
  assert.equal((await toolNames(slug))[0], 'switchboard_text_slug');
  await assert.rejects(slug.callTool({ name: 'switchboard_time_now', arguments: {} }), { code: -32602 });
});
