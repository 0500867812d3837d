/** `switchboard serve` and `serve --stdio` as processes, used by the official SDK's client. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { HostEvent } from '#core';
import { connectHost } from '#gateways/control/index';
import { createHost } from '#host';
import { guest } from '../guests/build.ts';
import { atEnd, hostGone, MAIN, serveHttp, stop, switchboard, temporaryHome } from './mcp-process.ts';

const CSV = new URL('data/planets.csv', import.meta.url);

async function connectStdio(t: TestContext, home: string, mode: 'legacy' | 'auto' = 'legacy') {
  const client = new Client({ name: 'tester', version: '1' }, { versionNegotiation: { mode } });
  const args = [MAIN, 'serve', '--stdio', '--home', home];
  const transport = new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' });
  await client.connect(transport);
  atEnd(t, () => client.close());
  return { client, transport };
}

for (const mode of ['legacy', 'auto'] as const) {
  test(`[mcp.stdio] an SDK client (${mode}) uses the bundled tools of a new home`, async (t) => {
    const home = await temporaryHome(t);
    const { client } = await connectStdio(t, home, mode);
    const { tools } = await client.listTools();
    const names = tools.map((tool) => tool.name);
    for (const name of ['switchboard_text_count', 'switchboard_html_select', 'switchboard_data_query'])
      assert.ok(names.includes(name), name);
    const count = await client.callTool({ name: 'switchboard_text_count', arguments: { text: 'one two three' } });
    assert.equal((count.structuredContent as { words: number }).words, 3);
    await client.close();
    await hostGone(home);
  });
}

test('[mcp.stdio] [mcp.list-changed] clients share one host and hear of what another verb installs', async (t) => {
  const home = await temporaryHome(t);
  const one = await connectStdio(t, home);
  const two = await connectStdio(t, home);
  const status = JSON.parse(await readFile(join(home, 'host.json'), 'utf8')) as { pid: number };
  const changed = [one, two].map(
    ({ client }) =>
      new Promise<void>((resolve) =>
        client.setNotificationHandler('notifications/tools/list_changed', () => resolve()),
      ),
  );
  const { path } = await guest('echo');
  const installed = await switchboard(home, 'install', path, '--as', 'test:echo@1.0.0');
  assert.equal(installed.code, 0, installed.stderr);
  await Promise.all(changed);
  const called = await two.client.callTool({ name: 'test_echo_echo', arguments: { text: 'hi' } });
  assert.deepEqual(called.structuredContent, { result: 'hi' });
  const after = JSON.parse(await readFile(join(home, 'host.json'), 'utf8')) as { pid: number };
  assert.equal(after.pid, status.pid);
});

test('[mcp.stdio] messages of any size arrive whole, one after another and together', async (t) => {
  const home = await temporaryHome(t);
  await (await guestHome(home)).close();
  // The first lends its streams to the host, the second is a pipe to it.
  for (const { client } of [await connectStdio(t, home), await connectStdio(t, home)]) {
    const echo = async (text: string): Promise<void> => {
      const { structuredContent } = await client.callTool({ name: 'test_echo_echo', arguments: { text } });
      assert.ok((structuredContent as { result: string }).result === text, `${text.length} characters`);
    };
    const text = (length: number, salt: number): string =>
      Array.from({ length }, (_, i) => 'abcdefghij'[(i * 7 + salt + (i >> 8)) % 10]).join('');
    for (const length of [60_000, 65_536, 200_000, 3_000_000]) await echo(text(length, length));
    await Promise.all(Array.from({ length: 60 }, (_, i) => echo(text(i * 1_777, i))));
  }
});

test('[mcp.stdio] a result too large for a line is refused, and the connection goes on', async (t) => {
  const home = await temporaryHome(t);
  await (await guestHome(home)).close();
  const { client } = await connectStdio(t, home);
  const echo = (text: string) => client.callTool({ name: 'test_echo_echo', arguments: { text } });
  const refused = await echo('x'.repeat(5_000_000));
  assert.equal((refused._meta?.['switchboard/error'] as { code: string }).code, 'too-large');
  assert.deepEqual((await echo('hi')).structuredContent, { result: 'hi' });
});

async function guestHome(home: string) {
  const host = await createHost({ home });
  await host.install((await guest('echo')).path, { as: 'test:echo@1.0.0' });
  return host;
}

test('[limit.cancel] a stdio client that is killed in the middle of a call stops the call', async (t) => {
  const home = await temporaryHome(t);
  const { client, transport } = await connectStdio(t, home);
  const observer = await connectHost(home);
  atEnd(t, () => observer.close());
  await observer.install((await guest('hostile')).path, { as: 'test:hostile@1.0.0' });
  await observer.setLimits('test:hostile', { timeout: 60_000 });
  const decided = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<HostEvent>();
  observer.subscribe((event) => {
    if (event.type === 'call.decided') decided.resolve();
    if (event.type === 'call.finished') finished.resolve(event);
  });
  client.callTool({ name: 'test_hostile_spin' }).catch(() => {});
  await decided.promise;
  process.kill(transport.pid ?? 0, 'SIGKILL');
  const event = await finished.promise;
  assert.ok(event.type === 'call.finished');
  assert.equal(event.outcome, 'cancelled');
});

test('[mcp.http] serve answers an SDK client that has the token, refuses others, and ends on Ctrl-C', async (t) => {
  const home = await temporaryHome(t);
  const { child, url, token } = await serveHttp(t, home);
  const refused = await fetch(url, { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } });
  assert.equal(refused.status, 401);
  for (const mode of ['legacy', 'auto'] as const) {
    const client = new Client({ name: 'tester', version: '1' }, { versionNegotiation: { mode } });
    const requestInit = { headers: { Authorization: `Bearer ${token}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
    const text = await readFile(CSV, 'utf8');
    const count = await client.callTool({ name: 'switchboard_text_count', arguments: { text } });
    assert.equal((count.structuredContent as { lines: number }).lines, 9);
    if (mode === 'legacy') await client.close();
    else atEnd(t, () => client.close());
  }
  const begun = performance.now();
  assert.equal(await stop(child), 0);
  assert.ok(performance.now() - begun < 2_000);
  await assert.rejects(fetch(url));
});
