/** The official Inspector's CLI uses the bundled tools, over stdio and over HTTP. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
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
async function inspector(
  home: string,
  target: readonly string[],
  ...options: string[]
): Promise<Ended & { result: Result }> {
  const env = { ...process.env, HOME: home, MCP_CATALOG_PATH: `${home}/inspector.json` };
  const ended = await run(process.execPath, [INSPECTOR, '--cli', ...target, ...options], env);
  const json = ended.stdout.slice(ended.stdout.indexOf('{'));
  return { ...ended, result: JSON.parse(json === '' ? '{}' : json) as Result };
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
