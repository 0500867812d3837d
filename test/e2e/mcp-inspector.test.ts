/** The official Inspector's CLI uses the bundled tools, over stdio and over HTTP. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { serveComposition } from '../conformance/composition.ts';
import { type Ended, MAIN, run, serveHttp, temporaryHome } from './mcp-process.ts';

const INSPECTOR = fileURLToPath(new URL('inspector/node_modules/.bin/mcp-inspector', import.meta.url));
const PAGE = new URL('data/rustdoc-page.html', import.meta.url);
const CSV = new URL('data/planets.csv', import.meta.url);

interface Result {
  readonly tools: readonly { readonly name: string; readonly outputSchema?: object }[];
  readonly structuredContent: { readonly [key: string]: unknown };
  readonly content: readonly { readonly text: string }[];
  readonly isError?: boolean;
}

/** The Inspector keeps its own files below HOME, here the test's home. */
async function inspector<Given = Result>(
  home: string,
  target: readonly string[],
  ...options: string[]
): Promise<Ended & { result: Given }> {
  const catalog = target.includes('--config') ? {} : { MCP_CATALOG_PATH: `${home}/inspector.json` };
  const env = { ...process.env, HOME: home, ...catalog };
  const ended = await run(process.execPath, [INSPECTOR, '--cli', ...target, ...options], env);
  const json = ended.stdout.slice(ended.stdout.indexOf('{'));
  return { ...ended, result: JSON.parse(json === '' ? '{}' : json) as Given };
}

function call(name: string, args: { readonly [name: string]: unknown }): string[] {
  const pairs = Object.entries(args).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return ['--method', 'tools/call', '--tool-name', name, '--tool-arg', ...pairs];
}

test('[mcp.inspector] over stdio it lists the bundled tools, finds nothing wrong with them, and uses them', async (t) => {
  const home = await temporaryHome(t);
  // Keeps the host, and the components installed, for the runs that follow.
  await serveHttp(t, home);
  const target = [process.execPath, MAIN, 'serve', '--stdio', '--home', home];
  const listed = await inspector(home, target, '--method', 'tools/list', '--strict');
  assert.equal(listed.code, 0, listed.stderr);
  const names = listed.result.tools.map((tool) => tool.name);
  for (const name of ['switchboard_text_count', 'switchboard_html_select', 'switchboard_data_query']) {
    assert.ok(names.includes(name), names.join(' '));
  }

  const counted = await inspector(home, target, ...call('switchboard_text_count', { text: 'hello big world' }));
  assert.equal(counted.code, 0, counted.stderr);
  assert.equal(counted.result.structuredContent['words'], 3);

  const html = await readFile(PAGE, 'utf8');
  const selected = await inspector(home, target, ...call('switchboard_html_select', { html, selector: 'main h1' }));
  assert.equal(selected.code, 0, selected.stderr);
  const { elements } = selected.result.structuredContent as { elements: { text: string }[] };
  assert.ok(
    elements.some(({ text }) => text === 'What is rustdoc?'),
    JSON.stringify(elements),
  );

  const wrong = await inspector(home, target, ...call('switchboard_html_select', { html: '<p>', selector: '>>' }));
  assert.notEqual(wrong.code, 0);
  assert.equal(wrong.result.isError, true);
});

test('[mcp.inspector] over HTTP, with the token, it queries a CSV', async (t) => {
  const home = await temporaryHome(t);
  const { url, token } = await serveHttp(t, home);
  const target = [url, '--transport', 'http', '--header', `Authorization: Bearer ${token}`];
  const data = await readFile(CSV, 'utf8');
  const options = {
    'group-by': ['kind'],
    aggregates: [{ function: 'sum', column: 'moons' }],
    'order-by': [{ column: 'sum(moons)', descending: true }],
  };
  const queried = await inspector(home, target, ...call('switchboard_data_query', { data, options }));
  assert.equal(queried.code, 0, queried.stderr);
  assert.deepEqual(queried.result.structuredContent, {
    columns: ['kind', 'sum(moons)'],
    rows: [
      ['gas giant', '241'],
      ['ice giant', '44'],
      ['rocky', '3'],
    ],
    total: 3,
  });
  const wrong = [url, '--transport', 'http', '--header', 'Authorization: Bearer wrong'];
  assert.notEqual((await inspector(home, wrong, '--method', 'tools/list')).code, 0);
});

interface Initialized {
  readonly serverInfo: { readonly name: string };
  readonly protocolVersion: string;
  readonly capabilities: { readonly [name: string]: unknown };
}

for (const [era, revision] of [
  ['legacy', '2025-11-25'],
  ['modern', '2026-07-28'],
] as const) {
  test(`[mcp.inspector] ${revision}: it connects, lists, calls, over stdio and over HTTP`, async (t) => {
    const home = await temporaryHome(t);
    const { url, token } = await serveHttp(t, home);
    const ways = [
      [process.execPath, MAIN, 'serve', '--stdio', '--home', home],
      [url, '--transport', 'http', '--header', `Authorization: Bearer ${token}`],
    ];
    for (const way of ways) {
      const target = [...way, '--protocol-era', era];
      const hello = await inspector<Initialized>(home, target, '--method', 'initialize');
      assert.equal(hello.code, 0, hello.stderr);
      assert.equal(hello.result.protocolVersion, revision);
      assert.equal(hello.result.serverInfo.name, 'switchboard');
      assert.ok(hello.result.capabilities['tools']);
      const listed = await inspector(home, target, '--method', 'tools/list', '--strict');
      assert.equal(listed.code, 0, listed.stderr);
      const slug = await inspector(home, target, ...call('switchboard_text_slug', { text: 'Hello Big World' }));
      assert.deepEqual(slug.result.structuredContent, { result: 'hello-big-world' }, slug.stderr);
      const unknown = await inspector(home, target, ...call('no_such_tool', {}));
      assert.notEqual(unknown.code, 0);
    }
  });
}

test('[mcp.inspector] it sets the level of logs', async (t) => {
  const home = await temporaryHome(t);
  const target = [process.execPath, MAIN, 'serve', '--stdio', '--home', home];
  const set = await inspector(home, target, '--method', 'logging/setLevel', '--log-level', 'warning');
  assert.deepEqual([set.code, set.result], [0, {}], set.stderr);
});

test('[mcp.inspector] it reads the configuration that docs/mcp.md shows, and loads one tool with calls', async (t) => {
  const home = await temporaryHome(t);
  const { url, token } = await serveHttp(t, home);
  const config = join(home, 'mcp.json');
  const args = [MAIN, 'serve', '--stdio', '--home', home];
  await writeFile(
    config,
    JSON.stringify({
      mcpServers: {
        stdio: { command: process.execPath, args },
        http: { type: 'http', url, headers: { Authorization: `Bearer ${token}` } },
      },
    }),
  );
  for (const server of ['stdio', 'http']) {
    const target = ['--config', config, '--server', server];
    const load = ['--load', '--load-requests', '200', '--load-concurrency', '16'];
    const loaded = await inspector<{ requests: number; ok: number }>(
      home,
      target,
      ...call('switchboard_text_count', { text: 'a b' }),
      ...load,
    );
    assert.deepEqual([loaded.code, loaded.result.requests, loaded.result.ok], [0, 200, 200], loaded.stderr);
  }
});

test('[mcp.inspector] it lists and reads resources, gets prompts, and saves an image that a tool answers with', async (t) => {
  const home = await temporaryHome(t);
  const { url } = await serveComposition(t);
  for (const era of ['legacy', 'modern']) {
    const target = [url, '--transport', 'http', '--protocol-era', era];
    const ask = async <Given>(method: string, ...options: string[]): Promise<Given> => {
      const asked = await inspector<Given>(home, target, '--method', method, ...options);
      assert.equal(asked.code, 0, `${method}: ${asked.stderr}`);
      return asked.result;
    };
    const { resources } = await ask<{ resources: { uri: string; mimeType?: string }[] }>('resources/list');
    const text = resources.find(({ mimeType }) => mimeType === 'text/plain');
    assert.ok(text, JSON.stringify(resources));
    const read = await ask<{ contents: { text?: string }[] }>('resources/read', '--uri', text.uri);
    assert.equal(read.contents[0]?.text, 'This is the content of the static text resource.');
    const templates = await ask<{ resourceTemplates: { uriTemplate: string }[] }>('resources/templates/list');
    assert.match(templates.resourceTemplates[0]?.uriTemplate ?? '', /\{id\}/);
    const { prompts } = await ask<{ prompts: { name: string; arguments?: { name: string }[] }[] }>('prompts/list');
    const prompt = prompts.find(({ name }) => name.endsWith('with_arguments'));
    const got = await ask<{ messages: { content: { text: string } }[] }>(
      'prompts/get',
      '--prompt-name',
      prompt?.name ?? '',
      '--prompt-args',
      'arg1=one',
      'arg2=two',
    );
    assert.match(got.messages[0]?.content.text ?? '', /arg1='one', arg2='two'/);
    const file = join(home, `${era}.png`);
    const save = ['--output', file, '--output-format', 'raw'];
    const saved = await inspector(home, target, '--method', 'tools/call', '--tool-name', 'test_image_content', ...save);
    assert.equal(saved.code, 0, saved.stderr);
    assert.equal((await readFile(file)).subarray(1, 4).toString(), 'PNG');
  }
});
