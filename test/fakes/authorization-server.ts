/** An OAuth 2.1 authorization server for tests, on loopback: metadata, keys, client credentials, and ways to go wrong. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

export interface AuthorizationServer {
  readonly issuer: string;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  /** Answers a path otherwise; `undefined` takes that back. */
  answer(path: string, handler: Handler | undefined): void;
  /** A new signing key with a new id; the ones before are published no longer. */
  rotate(): Promise<void>;
  /** An access token; undefined claims are left out. */
  token(claims?: JWTPayload, header?: { readonly [name: string]: unknown }): Promise<string>;
  readonly metadata: { readonly [key: string]: unknown };
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface ServerOptions {
  readonly path?: string;
  readonly alg?: string;
  /** What tokens of the token endpoint are for, where the request names no `resource`. */
  readonly audience?: string;
}

export async function startAuthorizationServer(
  t: TestContext,
  { path = '', alg = 'ES256' }: ServerOptions = {},
): Promise<AuthorizationServer> {
  const asked: string[] = [];
  const overrides = new Map<string, Handler>();
  let serial = 0;
  let current: { readonly key: CryptoKey; readonly kid: string; readonly jwk: object };
  const rotate = async (): Promise<void> => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const kid = `key-${++serial}`;
    current = { key: privateKey, kid, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig', alg } };
  };
  await rotate();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://x');
    asked.push(pathname);
    const handler = overrides.get(pathname) ?? routes[pathname];
    if (handler) handler(request, response);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = `${origin}${path}`;
  const metadata = {
    issuer,
    jwks_uri: `${origin}/keys`,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    response_types_supported: ['code'],
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['client_secret_basic'],
    code_challenge_methods_supported: ['S256'],
  };
  const token: AuthorizationServer['token'] = (claims = {}, header = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const whole = { iss: issuer, sub: 'alice', client_id: 'agent', iat: now, exp: now + 300, ...claims };
    return new SignJWT(whole).setProtectedHeader({ alg, kid: current.kid, typ: 'at+jwt', ...header }).sign(current.key);
  };
  const routes: { readonly [path: string]: Handler } = {
    [`/.well-known/oauth-authorization-server${path}`]: (_, response) => json(response, metadata),
    '/keys': (_, response) => json(response, { keys: [current.jwk] }),
    '/token': (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const form = new URLSearchParams(body);
        const claims = { aud: form.get('resource') ?? '', scope: form.get('scope') ?? '' };
        void token(claims).then((access) =>
          json(response, { access_token: access, token_type: 'Bearer', expires_in: 300 }),
        );
      });
    },
  };
  return {
    issuer,
    asked,
    metadata,
    rotate,
    token,
    answer(at, handler) {
      if (handler) overrides.set(at, handler);
      else overrides.delete(at);
    },
  };
}

export function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
