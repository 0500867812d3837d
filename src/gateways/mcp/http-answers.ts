/** The answers of the HTTP gateway that are not MCP's: pages, refusals, what browsers ask first. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorCode, type SwitchboardError, toSwitchboardError } from '#core/errors';
import { dataOf } from './intake.ts';
import { bearerChallenge, bearerError, type ProtectedResource } from './oauth-resource.ts';
import { RPC, RpcError } from './results.ts';

/** Lets pages of this machine (`checkOrigin` has passed) read answers; such as the Inspector's. Fetch standard, CORS protocol. */
export function allowPages(request: IncomingMessage, response: ServerResponse): void {
  const { origin } = request.headers;
  if (origin === undefined) return;
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Vary', 'Origin');
  response.setHeader('Access-Control-Expose-Headers', 'Mcp-Session-Id, WWW-Authenticate');
  if (request.method !== 'OPTIONS') return;
  response.setHeader('Access-Control-Allow-Methods', 'GET, POST, DELETE');
  response.setHeader('Access-Control-Allow-Headers', request.headers['access-control-request-headers'] ?? '');
}

/** `/` says what this is and how to connect, `/healthz` that it is there. Neither needs the token, neither tells a secret. */
export function answerPage(path: string, request: IncomingMessage, response: ServerResponse): void {
  const text = path === '/healthz' ? 'ok\n' : path === '/' ? welcome(request.headers.host ?? '') : undefined;
  const status = text === undefined ? 404 : request.method === 'GET' || request.method === 'HEAD' ? 200 : 405;
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' });
  response.end(status === 200 ? text : status === 404 ? 'not found\n' : 'method not allowed\n');
}

/** `host` has passed `checkHost`. */
function welcome(host: string): string {
  return [
    'Switchboard: sandboxed WebAssembly components as tools, over the Model Context Protocol.',
    '',
    `Endpoint   http://${host}/mcp  (streamable HTTP)`,
    'Header     Authorization: Bearer <token>',
    'Token      switchboard token show',
    '',
    'Without HTTP: let your MCP client run `switchboard serve --stdio`.',
    '',
  ].join('\n');
}

const STATUS: { readonly [C in ErrorCode]?: number } = {
  unauthorized: 401,
  'invalid-setting': 400,
  'origin-refused': 403,
  'insufficient-scope': 403,
  'profile-not-found': 404,
  'too-large': 413,
  'rate-limited': 429,
  busy: 503,
  'issuer-unavailable': 503,
};

/** Seconds. */
function retryAfter({ data }: SwitchboardError): number {
  const ms = typeof data === 'object' && data !== null && 'retryAfterMs' in data ? Number(data.retryAfterMs) : 1_000;
  return Math.max(1, Math.ceil(ms / 1000));
}

/** The metadata of RFC 9728: for anybody, as it is asked for before there is a token. */
export function answerMetadata(request: IncomingMessage, response: ServerResponse, resource: ProtectedResource): void {
  if (request.method === 'OPTIONS') {
    response.writeHead(204).end();
    return;
  }
  const status = request.method === 'GET' || request.method === 'HEAD' ? 200 : 405;
  response.writeHead(status, { 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff' });
  response.end(status === 200 ? resource.metadata : '{}');
}

/** Answers with the error, as JSON-RPC; what is not the client's doing stays `Internal error`. */
export function refuse(response: ServerResponse, thrown: unknown, resource?: ProtectedResource): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (thrown instanceof RpcError) {
    send(response, rpcError(400, thrown.code, thrown.message));
    return;
  }
  const error = toSwitchboardError(thrown);
  const named = bearerError(error);
  const status = named === 'invalid_request' ? 400 : (STATUS[error.code] ?? 500);
  if (status === 401 || named !== undefined) {
    const challenge = resource?.challenge(error) ?? bearerChallenge(error, ['realm="switchboard"']);
    response.setHeader('WWW-Authenticate', challenge);
  }
  if (status === 429 || status === 503) response.setHeader('Retry-After', String(retryAfter(error)));
  // No `Connection: close`: Node would end the socket under a client that is still sending, which then never
  // sees why. It reads the rest and throws it away instead, for as long as the server's request timeout.
  if (status === 500) send(response, rpcError(500, RPC.internal, 'Internal error', { code: error.code }));
  else send(response, rpcError(status, -32000, error.message, dataOf(error)));
}

export interface PlainResponse {
  readonly status: number;
  readonly body: unknown;
}

/** A JSON-RPC error without a request id. */
export function rpcError(status: number, code: number, message: string, data?: unknown): PlainResponse {
  return { status, body: { jsonrpc: '2.0', error: { code, message, data }, id: null } };
}

export function send(response: ServerResponse, { status, body }: PlainResponse): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
