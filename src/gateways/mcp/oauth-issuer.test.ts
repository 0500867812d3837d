import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { json, startAuthorizationServer } from '#test/fakes/authorization-server';
import { createIssuerFetch } from './oauth-fetch.ts';
import { createIssuerKeys, metadataUrls } from './oauth-issuer.ts';
import { checkOauth } from './oauth-settings.ts';
import { createTokenChecker } from './oauth-token.ts';

const unavailable = { code: 'issuer-unavailable' };
const METADATA = '/.well-known/oauth-authorization-server';

test('[mcp.oauth] metadata is looked for where RFC 8414 and OpenID put it', async (t) => {
  assert.deepEqual(metadataUrls('https://as.example/tenant/'), [
    'https://as.example/.well-known/oauth-authorization-server/tenant',
    'https://as.example/.well-known/openid-configuration/tenant',
    'https://as.example/tenant/.well-known/openid-configuration',
  ]);
  const server = await startAuthorizationServer(t, { path: '/tenant' });
  server.answer(`${METADATA}/tenant`, (_, response) => void response.writeHead(404).end());
  server.answer('/tenant/.well-known/openid-configuration', (_, response) => json(response, server.metadata));
  const keys = createIssuerKeys(server.issuer);
  t.after(() => keys.close());
  assert.equal((await keys.keys()).keys.length, 1);
});

test('[mcp.oauth] keys are kept, asked for again when old or when none fits, and never in a flood', async (t) => {
  const server = await startAuthorizationServer(t);
  let now = 1_000_000;
  const keys = createIssuerKeys(server.issuer, () => now);
  t.after(() => keys.close());
  const checker = createTokenChecker({ issuer: server.issuer, audience: 'urn:x', scopes: [], keys });
  const reads = (): number => server.asked.filter((path) => path === '/keys').length;
  const [one, two] = [await server.token({ aud: 'urn:x' }), await server.token({ aud: 'urn:x', sub: 'bob' })];
  await Promise.all([checker.check(one), checker.check(two)]);
  assert.equal(reads(), 1);
  await server.rotate();
  const after = await server.token({ aud: 'urn:x', sub: 'carol' });
  for (let i = 0; i < 5; i++) await assert.rejects(checker.check(after), { code: 'unauthorized' });
  assert.equal(reads(), 1, 'not within 30 s of the last time');
  now += 31_000;
  assert.equal((await checker.check(after)).label, 'carol (agent)');
  assert.equal(reads(), 2);
  await assert.rejects(checker.check(await server.token({ aud: 'urn:x' }, { kid: 'key-1' })), { code: 'unauthorized' });
  assert.equal(checker.believed(one)?.label, 'alice (agent)', 'checked a moment ago');
  assert.equal(checker.believed(`${one}x`), undefined);
});

test('[mcp.oauth] while the issuer is away the keys at hand serve, for an hour', async (t) => {
  const server = await startAuthorizationServer(t);
  let now = 0;
  const keys = createIssuerKeys(server.issuer, () => now);
  t.after(() => keys.close());
  await keys.keys();
  server.answer('/keys', (_, response) => void response.writeHead(503).end());
  now = 59 * 60_000;
  assert.equal((await keys.keys()).keys.length, 1);
  await assert.rejects(async () => keys.newer(), unavailable);
  now = 61 * 60_000;
  await assert.rejects(keys.keys(), unavailable);
  const asked = server.asked.length;
  await assert.rejects(keys.keys(), unavailable);
  assert.equal(server.asked.length, asked, 'not asked again at once');
  server.answer('/keys', undefined);
  now += 31_000;
  assert.equal((await keys.keys()).keys.length, 1);
});

test('[mcp.oauth] metadata that is not the issuer’s own, or leads elsewhere, is refused', async (t) => {
  const inside = createServer((_, response) => json(response, { keys: [] })).listen(0, '127.0.0.1');
  await once(inside, 'listening');
  t.after(() => inside.close());
  let reached = false;
  inside.on('request', () => (reached = true));
  const elsewhere = `http://127.0.0.1:${(inside.address() as AddressInfo).port}/keys`;
  const server = await startAuthorizationServer(t);
  const wrong: { readonly [what: string]: unknown } = {
    'another issuer': { ...server.metadata, issuer: `${server.issuer}/` },
    'no issuer': { ...server.metadata, issuer: undefined },
    'no keys': { ...server.metadata, jwks_uri: undefined },
    'keys at another loopback port': { ...server.metadata, jwks_uri: elsewhere },
    'keys at a metadata service': { ...server.metadata, jwks_uri: 'https://169.254.169.254/latest' },
    'keys at a private address': { ...server.metadata, jwks_uri: 'https://10.0.0.1/keys' },
    'keys at a private address in IPv6': { ...server.metadata, jwks_uri: 'https://[::ffff:192.168.0.1]/keys' },
    'keys at localhost by name': { ...server.metadata, jwks_uri: 'https://localhost:1/keys' },
    'keys in a file': { ...server.metadata, jwks_uri: 'file:///etc/passwd' },
    'keys over http': { ...server.metadata, jwks_uri: 'http://keys.example/' },
    'keys with a password': { ...server.metadata, jwks_uri: 'https://a:b@keys.example/' },
    'a list': [],
    nothing: null,
  };
  for (const [what, metadata] of Object.entries(wrong)) {
    server.answer(METADATA, (_, response) => json(response, metadata));
    const keys = createIssuerKeys(server.issuer);
    await assert.rejects(keys.keys(), unavailable, what);
    await keys.close();
  }
  server.answer(METADATA, (_, response) => void response.writeHead(302, { Location: elsewhere }).end());
  const keys = createIssuerKeys(server.issuer);
  await assert.rejects(keys.keys(), unavailable, 'a redirect');
  await keys.close();
  assert.equal(reached, false);
});

test('[mcp.oauth] a name that resolves to a private address is not connected to', async (t) => {
  const fetchJson = createIssuerFetch('https://as.example');
  t.after(() => fetchJson.close());
  await assert.rejects(fetchJson('https://ip6-localhost.localhost./'), unavailable);
  await assert.rejects(fetchJson('https://2130706433/'), /not public/);
});

test('[mcp.oauth] documents are bounded in size and time, and must be JSON', async (t) => {
  const server = await startAuthorizationServer(t);
  const fetchJson = createIssuerFetch(server.issuer);
  t.after(() => fetchJson.close());
  server.answer('/large', (_, response) => void response.end(`{"a":"${'x'.repeat(300 * 1024)}"}`));
  server.answer('/html', (_, response) => void response.end('<html>'));
  server.answer('/slow', (_, response) => {
    response.write('{');
    const timer = setInterval(() => response.write(' '), 50);
    response.on('close', () => clearInterval(timer));
  });
  await assert.rejects(fetchJson(`${server.issuer}/large`), unavailable);
  await assert.rejects(fetchJson(`${server.issuer}/html`), unavailable);
  const begun = performance.now();
  await assert.rejects(fetchJson(`${server.issuer}/slow`), unavailable);
  assert.ok(performance.now() - begun < 8_000);
});

test('[mcp.oauth] settings that could not work, or would go over the wire in the clear, are refused', () => {
  const issuer = 'https://as.example';
  checkOauth({ issuer: 'http://localhost:8080/realm', audience: 'https://x.example/mcp', scopes: ['a', 'b:c'] });
  for (const settings of [
    { issuer: 'http://as.example' },
    { issuer: 'http://localhost.evil.example' },
    { issuer: 'as.example' },
    { issuer: 'https://u:p@as.example' },
    { issuer: 'https://as.example?x=1' },
    { issuer: 'https://as.example#x' },
    { issuer, audience: 'switchboard' },
    { issuer, audience: 'https://x.example/mcp#part' },
    { issuer, scopes: ['a"b'] },
    { issuer, scopes: ['a b'] },
    { issuer, scopes: ['a\nb'] },
  ]) {
    assert.throws(() => checkOauth(settings), { code: 'invalid-usage' }, JSON.stringify(settings));
  }
});
