/** The answers of the HTTP gateway that are not MCP's: pages, refusals, what browsers ask first. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { toSwitchboardError } from '#core/errors';
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

/** Answers with the error, as JSON-RPC; what is not the client's doing stays `Internal error`. */
export function refuse(response: ServerResponse, thrown: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (thrown instanceof RpcError) {
    send(response, rpcError(400, thrown.code, thrown.message));
    return;
  }
  const error = toSwitchboardError(thrown);
  const status =
    { unauthorized: 401, 'profile-not-found': 404, 'invalid-setting': 400, 'origin-refused': 403, 'too-large': 413 }[
      error.code as string
    ] ?? 500;
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="switchboard"');
  // No `Connection: close`: Node would end the socket under a client that is still sending, which then never
  // sees why. It reads the rest and throws it away instead, for as long as the server's request timeout.
  const data = { code: error.code, ...(error.fix === undefined ? {} : { fix: error.fix }) };
  if (status === 500) send(response, rpcError(500, RPC.internal, 'Internal error', { code: error.code }));
  else send(response, rpcError(status, -32000, error.message, data));
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
