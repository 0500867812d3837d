/** What one client of the HTTP gateway may hold, and that half-open connections are found. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { startAuthorizationServer } from '#test/fakes/authorization-server';
import { fakeHostWithTools } from '#test/fakes/fake-tools';
import { boundConnections } from './http-connections.ts';
import { startHttp } from './index.ts';

const REVISION = '2026-07-28';

async function serve(t: TestContext) {
  const server = await startAuthorizationServer(t);
  const host = fakeHostWithTools();
  const oauth = { issuer: server.issuer };
  const http = await startHttp(host, { host: '127.0.0.1', port: 0, token: () => host.token(), oauth });
  t.after(() => http.close());
  const tokenOf = (sub: string): Promise<string> => server.token({ sub, aud: http.url });
  const stop = new AbortController();
  t.after(() => stop.abort());
  const listen = (token: string): Promise<Response> => {
    const meta = {
      'io.modelcontextprotocol/protocolVersion': REVISION,
      'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const params = { notifications: { toolsListChanged: true }, _meta: meta };
    return fetch(http.url, {
      method: 'POST',
      signal: stop.signal,
      headers: {
        Authorization: `Bearer ${token}`,
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        'MCP-Protocol-Version': REVISION,
        'Mcp-Method': 'subscriptions/listen',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'subscriptions/listen', params }),
    });
  };
  return { host, http, tokenOf, listen };
}

test('[mcp.fair] a client has a share of the subscriptions; past it a typed error, and others subscribe', async (t) => {
  const { host, tokenOf, listen } = await serve(t);
  const [greedy, other] = await Promise.all([tokenOf('greedy'), tokenOf('other')]);
  const open = await Promise.all(Array.from({ length: 32 }, () => listen(greedy)));
  for (const { status, headers } of open) {
    assert.deepEqual([status, headers.get('content-type')], [200, 'text/event-stream']);
  }
  const refused = await listen(greedy);
  assert.equal(refused.status, 503);
  assert.ok(refused.headers.has('retry-after'));
  const { error } = (await refused.json()) as { error: { message: string; data: { code: string } } };
  assert.equal(error.data.code, 'busy');
  assert.match(error.message, /^32 subscriptions are open for this client/);
  for (const token of [other, await host.token()]) assert.equal((await listen(token)).status, 200);
  // One that ends makes room.
  await open[0]?.body?.cancel();
  let again = await listen(greedy);
  while (again.status === 503) again = await listen(greedy);
  assert.equal(again.status, 200);
});

test('[mcp.fair] one client cannot have every connection: past its share of requests it is told so, others are served', async (t) => {
  const { host, http, tokenOf } = await serve(t);
  const stop = new AbortController();
  t.after(() => stop.abort());
  const call = (token: string, name: string): Promise<Response> =>
    fetch(http.url, {
      method: 'POST',
      signal: stop.signal,
      headers: {
        Authorization: `Bearer ${token}`,
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        'MCP-Protocol-Version': REVISION,
        'Mcp-Method': 'tools/call',
        'Mcp-Name': name,
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: {
          name,
          arguments: { text: 'a b' },
          _meta: {
            'io.modelcontextprotocol/protocolVersion': REVISION,
            'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
            'io.modelcontextprotocol/clientCapabilities': {},
          },
        },
      }),
    });
  const greedy = await tokenOf('greedy');
  // Within what it may ask a second.
  for (let sent = 0; sent < 256; sent += 64) {
    for (let i = 0; i < 64; i += 1) call(greedy, 'demo_text_wait').catch(() => undefined);
    while (host.calls.length < sent + 64) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
  const refused = await call(greedy, 'demo_text_count');
  assert.equal(refused.status, 503);
  assert.match(await refused.text(), /256 requests are under way for this client.*"code":"busy"/);
  for (const token of [await tokenOf('other'), await host.token()]) {
    assert.equal((await call(token, 'demo_text_count')).status, 200);
  }
});

test('[mcp.hostile] the system is asked to find peers that are gone without a word', async (t) => {
  const asked = t.mock.method(Socket.prototype, 'setKeepAlive');
  const server = createServer();
  boundConnections(server, 4, 30_000);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const accepted = once(server, 'connection');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  t.after(() => socket.destroy());
  const [theirs] = (await accepted) as [Socket];
  const ours = asked.mock.calls.filter((call) => call.this === theirs);
  assert.deepEqual(
    ours.map((call) => call.arguments),
    [[true, 30_000]],
  );
});
