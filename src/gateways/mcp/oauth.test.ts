import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { Client, ClientCredentialsProvider, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { JWTPayload } from 'jose';
import { type AuthorizationServer, startAuthorizationServer } from '#test/fakes/authorization-server';
import type { FakeHost } from '#test/fakes/fake-host';
import { fakeHostWithTools } from '#test/fakes/fake-tools';
import { type HttpOptions, type ServedHttp, startHttp } from './index.ts';
import { OAUTH_RATE } from './rate-limit.ts';

interface Serving {
  readonly host: FakeHost;
  readonly http: ServedHttp;
  readonly server: AuthorizationServer;
}

interface Settings extends Partial<HttpOptions> {
  readonly scopes?: readonly string[];
  readonly audience?: string;
}

async function serve(t: TestContext, { scopes, audience, ...options }: Settings = {}): Promise<Serving> {
  const server = await startAuthorizationServer(t);
  const host = fakeHostWithTools();
  const oauth = { issuer: server.issuer, scopes, audience };
  const http = await startHttp(host, { host: '127.0.0.1', port: 0, token: () => host.token(), oauth, ...options });
  t.after(() => http.close());
  return { host, http, server };
}

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
};

function post(
  { http }: Pick<Serving, 'http'>,
  token: string | undefined,
  body: unknown = INITIALIZE,
  more: { readonly [name: string]: string } = {},
) {
  return fetch(http.url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...more,
    },
    body: JSON.stringify(body),
  });
}

const call = (name: string, id = 2) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } });

test('[mcp.oauth] the metadata says who issues tokens, in both places, without a token', async (t) => {
  const serving = await serve(t, { scopes: ['tools', 'tools:call'] });
  const { origin } = new URL(serving.http.url);
  for (const path of ['', '/mcp']) {
    const answer = await fetch(`${origin}/.well-known/oauth-protected-resource${path}`);
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), {
      resource: serving.http.url,
      authorization_servers: [serving.server.issuer],
      bearer_methods_supported: ['header'],
      scopes_supported: ['tools', 'tools:call'],
      resource_name: 'Switchboard',
    });
  }
  assert.equal((await fetch(`${origin}/.well-known/oauth-protected-resource/other`)).status, 404);
  const changed = await fetch(`${origin}/.well-known/oauth-protected-resource`, { method: 'POST' });
  assert.equal(changed.status, 405);
});

test('[mcp.oauth] without an issuer nothing is said of OAuth', async (t) => {
  const host = fakeHostWithTools();
  const http = await startHttp(host, { host: '127.0.0.1', port: 0, token: () => host.token() });
  t.after(() => http.close());
  assert.equal((await fetch(new URL('/.well-known/oauth-protected-resource', http.url))).status, 404);
  assert.equal((await post({ http }, undefined)).headers.get('www-authenticate'), 'Bearer realm="switchboard"');
});

test('[mcp.oauth] behind a proxy, metadata and challenges have the URL that clients use, and its name is let in', async (t) => {
  const audience = 'https://tools.example/switchboard/mcp';
  const serving = await serve(t, { audience });
  const metadata = 'https://tools.example/.well-known/oauth-protected-resource/switchboard/mcp';
  const refused = await post(serving, undefined);
  assert.equal(refused.headers.get('www-authenticate'), `Bearer resource_metadata="${metadata}"`);
  const local = await fetch(new URL(new URL(metadata).pathname, serving.http.url));
  assert.equal(((await local.json()) as { resource: string }).resource, audience);
  assert.equal((await post(serving, await serving.server.token({ aud: audience }))).status, 200);
  assert.equal((await post(serving, await serving.server.token({ aud: serving.http.url }))).status, 401);
});

test('[mcp.oauth] a token of the issuer for this server serves; the label of its calls says whose it is', async (t) => {
  const serving = await serve(t);
  const token = await serving.server.token({ aud: ['https://elsewhere.example', serving.http.url] });
  const opened = await post(serving, token);
  assert.equal(opened.status, 200);
  await opened.text();
  const session = { 'Mcp-Session-Id': opened.headers.get('mcp-session-id') ?? '' };
  await (await post(serving, token, call('demo_text_nothing'), session)).text();
  assert.deepEqual(serving.host.calls[0]?.options.principal, { kind: 'mcp', label: 'alice (agent) by raw/1' });
  assert.equal((await post(serving, await serving.host.token())).status, 200, 'the static token keeps working');
});

test('[mcp.oauth] the official client signs in by itself, in both generations', async (t) => {
  for (const mode of ['legacy', 'auto'] as const) {
    const serving = await serve(t, { scopes: ['tools'] });
    const authProvider = new ClientCredentialsProvider({
      clientId: 'agent',
      clientSecret: 'hush',
      expectedIssuer: serving.server.issuer,
    });
    const client = new Client({ name: 'tester', version: '1' }, { versionNegotiation: { mode } });
    await client.connect(new StreamableHTTPClientTransport(new URL(serving.http.url), { authProvider }));
    t.after(() => client.close());
    assert.ok((await client.listTools()).tools.length > 0);
    await client.callTool({ name: 'demo_text_nothing' });
    assert.equal(serving.host.calls[0]?.options.principal?.label, 'alice (agent) by tester/1', mode);
    assert.ok(serving.server.asked.includes('/token'));
  }
});

const now = (): number => Math.floor(Date.now() / 1000);
const CLAIMS: readonly [string, (url: string) => JWTPayload, RegExp][] = [
  ['expired', (aud) => ({ aud, exp: now() - 60 }), /has expired/],
  ['without exp', (aud) => ({ aud, exp: undefined }), /refused for its exp/],
  ['not yet valid', (aud) => ({ aud, nbf: now() + 120 }), /refused for its nbf/],
  ['from the future', (aud) => ({ aud, iat: now() + 120 }), /from the future/],
  ['for another server', () => ({ aud: 'https://other.example/mcp' }), /not for this server/],
  ['for nobody', () => ({}), /not for this server/],
  ['for a prefix of this server', (aud) => ({ aud: aud.replace('/mcp', '') }), /not for this server/],
  ['of another issuer', (aud) => ({ aud, iss: 'https://evil.example' }), /refused for its iss/],
];
for (const [what, claims, message] of CLAIMS) {
  test(`[mcp.oauth] a token ${what} is refused`, async (t) => {
    const serving = await serve(t);
    const answer = await post(serving, await serving.server.token(claims(serving.http.url)));
    assert.equal(answer.status, 401);
    const challenge = answer.headers.get('www-authenticate') ?? '';
    assert.match(
      challenge,
      /^Bearer resource_metadata="http:\/\/127\.0\.0\.1:\d+\/\.well-known\/oauth-protected-resource\/mcp", error="invalid_token", error_description="/,
    );
    const { error } = (await answer.json()) as { error: { message: string; data: { code: string } } };
    assert.match(error.message, message);
    assert.equal(error.data.code, 'unauthorized');
  });
}

test('[mcp.oauth] within the leeway of clocks a token counts', async (t) => {
  const serving = await serve(t);
  const claims = { aud: serving.http.url, exp: now() - 5, nbf: now() + 5, iat: now() + 5 };
  assert.equal((await post(serving, await serving.server.token(claims))).status, 200);
});

test('[mcp.oauth] forged signatures are refused and no part of a token is told', async (t) => {
  const serving = await serve(t);
  const { server, http } = serving;
  const other = await startAuthorizationServer(t);
  const good = await server.token({ aud: http.url });
  const [header = '', payload = '', signature = ''] = good.split('.');
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const keys = (await (await fetch(`${server.issuer}/keys`)).json()) as { keys: unknown[] };
  const hs = `${encode({ alg: 'HS256', kid: 'key-1' })}.${payload}`;
  const hmac = createHmac('sha256', JSON.stringify(keys.keys[0])).update(hs).digest('base64url');
  const forged: { readonly [what: string]: string } = {
    'alg none': `${encode({ alg: 'none' })}.${payload}.`,
    'alg None': `${encode({ alg: 'None' })}.${payload}.${signature}`,
    'HS256 with the public key': `${hs}.${hmac}`,
    'another payload': `${header}.${encode({ iss: server.issuer, aud: http.url, sub: 'root', exp: now() + 99 })}.${signature}`,
    'no signature': `${header}.${payload}.`,
    'a key of its own': `${encode({ alg: 'ES256', jwk: keys.keys[0] })}.${payload}.${signature}`,
    'the key of another': await other.token({ aud: http.url, iss: server.issuer }),
    'another kind of token': await server.token({ aud: http.url }, { typ: 'logout+jwt' }),
    'no JWT': 'opaque-secret-token',
    'dots only': '...',
    JWE: 'a.b.c.d.e',
    '9 KB': `${header}.${'A'.repeat(9000)}.${signature}`,
  };
  for (const [what, token] of Object.entries(forged)) {
    const answer = await post(serving, token);
    assert.equal(answer.status, 401, what);
    const said = `${await answer.text()}${JSON.stringify([...answer.headers])}`;
    assert.match(said, /invalid_token/, what);
    for (const part of token.split('.')) if (part.length > 8) assert.ok(!said.includes(part), what);
  }
  assert.equal(serving.host.calls.length, 0);
});

test('[mcp.oauth] RSA, Ed25519 and several keys without ids serve too', async (t) => {
  for (const alg of ['RS256', 'PS256', 'EdDSA']) {
    const server = await startAuthorizationServer(t, { alg });
    const other = await startAuthorizationServer(t, { alg });
    const key = async (of: AuthorizationServer): Promise<object> => {
      const { keys } = (await (await fetch(`${of.issuer}/keys`)).json()) as { keys: { kid?: string }[] };
      return { ...keys[0], kid: undefined };
    };
    const both = JSON.stringify({ keys: [await key(other), await key(server), { kty: 'oct', k: 'AAAA' }] });
    server.answer('/keys', (_, response) => void response.end(both));
    const host = fakeHostWithTools();
    const oauth = { issuer: server.issuer };
    const http = await startHttp(host, { host: '127.0.0.1', port: 0, token: () => host.token(), oauth });
    t.after(() => http.close());
    const token = await server.token({ aud: http.url }, { kid: undefined });
    assert.equal((await post({ http }, token)).status, 200, alg);
  }
});

test('[mcp.oauth] a token without a scope is told which, with 403', async (t) => {
  const serving = await serve(t, { scopes: ['tools', 'tools:call'] });
  const aud = serving.http.url;
  const refused = await post(serving, await serving.server.token({ aud, scope: 'tools other' }));
  assert.equal(refused.status, 403);
  assert.match(
    refused.headers.get('www-authenticate') ?? '',
    /^Bearer resource_metadata="[^"]+", scope="tools tools:call", error="insufficient_scope", error_description="[^"]+"$/,
  );
  const { error } = (await refused.json()) as { error: { data: { code: string } } };
  assert.equal(error.data.code, 'insufficient-scope');
  assert.equal((await post(serving, await serving.server.token({ aud, scope: 'tools:call x tools' }))).status, 200);
  assert.equal((await post(serving, await serving.server.token({ aud, scp: ['tools', 'tools:call'] }))).status, 200);
  assert.match((await post(serving, undefined)).headers.get('www-authenticate') ?? '', /scope="tools tools:call"$/);
});

test('[mcp.oauth] a token in the query or twice in the head is refused, whatever else is sent', async (t) => {
  const serving = await serve(t);
  const token = await serving.server.token({ aud: serving.http.url });
  for (const bearer of [undefined, token, await serving.host.token()]) {
    const url = `${serving.http.url}?access_token=${token}`;
    const headers = bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` };
    const answer = await fetch(url, { method: 'POST', headers, body: '{}' });
    assert.equal(answer.status, 400);
    assert.match(answer.headers.get('www-authenticate') ?? '', /error="invalid_request"/);
  }
});

test('[mcp.oauth] what is wrong with a request decides between 401, 400 and 403, as RFC 6750 says', async (t) => {
  const serving = await serve(t, { scopes: ['tools'] });
  const lacking = await serving.server.token({ aud: serving.http.url, scope: 'other' });
  const cases: readonly (readonly [string | undefined, number, string?])[] = [
    [undefined, 401],
    ['Basic YTpi', 401],
    ['Bearer', 400, 'invalid_request'],
    ['Bearer a b', 400, 'invalid_request'],
    ['Bearer ä', 400, 'invalid_request'],
    ['Bearer nobodys', 401, 'invalid_token'],
    [`Bearer ${lacking}`, 403, 'insufficient_scope'],
  ];
  for (const [authorization = '', status, error] of cases) {
    const more: { [name: string]: string } = authorization === '' ? {} : { Authorization: authorization };
    const answer = await post(serving, undefined, INITIALIZE, more);
    assert.equal(answer.status, status, authorization);
    const challenge = answer.headers.get('www-authenticate') ?? '';
    assert.match(challenge, /^Bearer resource_metadata="[^"]+", scope="tools"/);
    assert.equal(/, error="(\w+)", error_description="[^"]+"$/.exec(challenge)?.[1], error, authorization);
    assert.equal(challenge.includes('error'), error !== undefined, authorization);
  }
});

test('[mcp.oauth] a server that others can reach is told which URL tokens must be for', async (t) => {
  const server = await startAuthorizationServer(t);
  const host = fakeHostWithTools();
  for (const address of ['0.0.0.0', '::', '192.0.2.1', 'tools.example']) {
    const oauth = { issuer: server.issuer };
    await assert.rejects(startHttp(host, { host: address, port: 0, token: () => host.token(), oauth }), {
      code: 'invalid-usage',
      message: /needs --oauth-audience/,
    });
  }
  const http = await startHttp(host, {
    host: '0.0.0.0',
    port: 0,
    token: () => host.token(),
    oauth: { issuer: server.issuer, audience: 'https://tools.example/mcp' },
  });
  t.after(() => http.close());
  const token = await server.token({ aud: 'https://tools.example/mcp' });
  assert.equal((await post({ http }, token)).status, 200);
});

test('[mcp.oauth] a session is its subject’s: nobody else, with whatever token, can use or end it', async (t) => {
  const serving = await serve(t);
  const aud = serving.http.url;
  const alice = await serving.server.token({ aud });
  const opened = await post(serving, alice);
  const session = { 'Mcp-Session-Id': opened.headers.get('mcp-session-id') ?? '' };
  const others = [
    await serving.server.token({ aud, sub: 'mallory' }),
    await serving.server.token({ aud, client_id: 'other' }),
    await serving.host.token(),
  ];
  for (const token of others) {
    assert.equal((await post(serving, token, call('demo_text_nothing'), session)).status, 404);
    const headers = { ...session, Authorization: `Bearer ${token}`, Accept: 'text/event-stream' };
    for (const method of ['GET', 'DELETE']) assert.equal((await fetch(aud, { method, headers })).status, 404, method);
  }
  const renewed = await serving.server.token({ aud, jti: 'a later token' });
  assert.equal((await post(serving, renewed, call('demo_text_nothing'), session)).status, 200);
});

test('[mcp.oauth] a standing stream ends with its token', async (t) => {
  const serving = await serve(t);
  // Past its time already, within the leeway of 30 s: two seconds are left.
  const token = await serving.server.token({ aud: serving.http.url, exp: now() - 28 });
  const opened = await post(serving, token);
  const headers = {
    'Mcp-Session-Id': opened.headers.get('mcp-session-id') ?? '',
    Authorization: `Bearer ${token}`,
    Accept: 'text/event-stream',
  };
  const stream = await fetch(serving.http.url, { headers });
  assert.equal(stream.status, 200);
  await assert.rejects(stream.text());
  assert.equal((await post(serving, token)).status, 401);
});

test('[mcp.rate] one that signed in may ask so often, and others go on', async (t) => {
  assert.deepEqual(OAUTH_RATE, { perSecond: 100, burst: 200 });
  const serving = await serve(t, { rate: { perSecond: 2, burst: 20 } });
  const aud = serving.http.url;
  const [alice, bob] = [await serving.server.token({ aud }), await serving.server.token({ aud, sub: 'bob' })];
  const flood = await Promise.all(Array.from({ length: 200 }, () => post(serving, alice, call('x'))));
  const limited = flood.filter(({ status }) => status === 429);
  assert.ok(limited.length > 100 && limited.length <= 180, String(limited.length));
  const [first] = limited;
  assert.match(first?.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
  const { error } = (await first?.json()) as { error: { code: number; data: { code: string; retryAfterMs: number } } };
  assert.deepEqual([error.code, error.data.code], [-32000, 'rate-limited']);
  assert.ok(error.data.retryAfterMs > 0);
  assert.equal((await post(serving, bob)).status, 200);
  assert.equal((await post(serving, await serving.host.token())).status, 200);
});

test('[mcp.rate] guessing tokens is slowed down, and those that are known go on', async (t) => {
  const serving = await serve(t);
  const known = await serving.server.token({ aud: serving.http.url });
  assert.equal((await post(serving, known)).status, 200);
  const guesses = await Promise.all(Array.from({ length: 400 }, (_, i) => post(serving, `x.y.${i}`)));
  assert.ok(guesses.some(({ status }) => status === 429));
  assert.equal((await post(serving, known)).status, 200);
  assert.equal((await post(serving, await serving.host.token())).status, 200);
});
