/** Answers that are errors, in the form of the OCI distribution specification: `{"errors": [{code, message, detail}]}`. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** The codes of the specification, with their usual status. */
const STATUS = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 400,
  UNAUTHORIZED: 401,
  DENIED: 403,
  UNSUPPORTED: 405,
  TOOMANYREQUESTS: 429,
  UNKNOWN: 500,
} as const;

export type RefusalCode = keyof typeof STATUS;

export interface RefusalOptions {
  readonly status?: number | undefined;
  readonly detail?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Thrown by handlers; becomes the answer. The message is for people and holds nothing of a stranger unescaped. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly status: number;
  readonly detail: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: RefusalCode, message: string, options: RefusalOptions = {}) {
    super(message);
    this.code = code;
    this.status = options.status ?? STATUS[code];
    this.detail = options.detail;
    this.headers = options.headers ?? {};
  }
}

/** Writes a JSON document as the whole answer. */
export function sendJson(
  response: ServerResponse,
  status: number,
  document: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(JSON.stringify(document));
  response.writeHead(status, { 'content-type': 'application/json', ...headers, 'content-length': body.length });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** How much of a body that is refused is let in, and for how long, so that its sender comes to read why. */
const LINGER_BYTES = 16 * 1024 * 1024;
const LINGER_MS = 5_000;

/** Writes a refusal. Of a body that is on its way the rest is thrown away; the connection ends where there is much of it. */
export function sendRefusal(response: ServerResponse, refusal: Refusal, unread: boolean): void {
  const { code, message, detail, status, headers } = refusal;
  const error = { code, message, ...(detail === undefined ? {} : { detail }) };
  if (unread) linger(response.req);
  sendJson(response, status, { errors: [error] }, headers);
}

function linger(request: IncomingMessage): void {
  const timer = setTimeout(() => request.socket.destroy(), LINGER_MS).unref();
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > LINGER_BYTES) request.socket.destroy();
  });
  request.once('close', () => clearTimeout(timer));
  request.resume();
}
