/** `serve --oauth-…` and `--rate` as processes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, ClientCredentialsProvider, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { startAuthorizationServer } from '../fakes/authorization-server.ts';
import { atEnd, MAIN, serveHttp, switchboard, temporaryHome } from './mcp-process.ts';

test('[mcp.oauth] serve --oauth-issuer: a client signs in and calls; its token is in no log', async (t) => {
  const server = await startAuthorizationServer(t);
  const home = await temporaryHome(t);
  const serving = await serveHttp(t, home, '--oauth-issuer', server.issuer, '--oauth-scope', 'tools');
  const authProvider = new ClientCredentialsProvider({
    clientId: 'agent',
    clientSecret: 'hush',
    expectedIssuer: server.issuer,
  });
  const client = new Client({ name: 'tester', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(new URL(serving.url), { authProvider }));
  atEnd(t, () => client.close());
  const count = await client.callTool({ name: 'switchboard_text_count', arguments: { text: 'one two' } });
  assert.equal((count.structuredContent as { words: number }).words, 2);
  const [, payload = ''] = (authProvider.tokens()?.access_token ?? '').split('.');
  assert.ok(payload.length > 20);
  const logs = await switchboard(home, 'logs');
  assert.ok(!`${logs.stdout}${logs.stderr}`.includes(payload));
  const headers = { Authorization: `Bearer ${serving.token}` };
  assert.equal((await fetch(serving.url, { headers })).status, 400, 'the token of the home: no session, but let in');
});

test('[mcp.oauth] serve says what is wrong with its OAuth settings and opens no port', async (t) => {
  const home = await temporaryHome(t);
  const serve = (...args: string[]) => switchboard(home, 'serve', '--port', '0', ...args);
  const clear = await serve('--oauth-issuer', 'http://as.example');
  assert.equal(clear.code, 2);
  assert.match(clear.stderr, /--oauth-issuer "http:\/\/as\.example" must be an https URL/);
  assert.equal((await serve('--oauth-scope', 'tools')).code, 2);
  assert.equal((await serve('--rate', 'fast')).code, 2);
  const open = await serve('--oauth-issuer', 'https://as.example', '--host', '0.0.0.0');
  assert.equal(open.code, 2);
  assert.match(
    open.stderr,
    /--oauth-issuer with --host 0\.0\.0\.0 needs --oauth-audience\nfix: give --oauth-audience URL/,
  );
  for (const option of ['--oauth-issuer', '--oauth-audience', '--oauth-scope', '--host', '--port', '--allow-host']) {
    const stdio = await switchboard(home, 'serve', '--stdio', option, '1');
    assert.equal(stdio.code, 2, option);
    assert.match(stdio.stderr, new RegExp(`${option} is of HTTP and means nothing with --stdio`));
  }
  const server = await startAuthorizationServer(t);
  const away = await serve('--oauth-issuer', `${server.issuer}/nobody`);
  assert.equal(away.code, 1);
  assert.match(away.stderr, /issuer-unavailable/);
});

test('[mcp.rate] serve --rate and serve --stdio --rate hold a client to it', async (t) => {
  const home = await temporaryHome(t);
  const { url, token } = await serveHttp(t, home, '--rate', '1/s');
  const headers = { Authorization: `Bearer ${token}` };
  const statuses: number[] = [];
  for (let i = 0; i < 20; i++) statuses.push((await fetch(url, { headers })).status);
  assert.ok(statuses.includes(429) && statuses.includes(400), statuses.join(' '));
  const client = new Client({ name: 'tester', version: '1' });
  const args = [MAIN, 'serve', '--stdio', '--rate', '1/s', '--home', home];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' }));
  atEnd(t, () => client.close());
  const pings = await Promise.allSettled(Array.from({ length: 20 }, () => client.ping()));
  const refused = pings.flatMap((ping) =>
    ping.status === 'rejected' ? [ping.reason as { code: number; data: object }] : [],
  );
  assert.ok(refused.length >= 8 && refused.length < 20, String(refused.length));
  assert.equal(refused[0]?.code, -32000);
  assert.equal((refused[0]?.data as { code: string }).code, 'rate-limited');
});
