/** Requests to registries: TLS with one's own authorities, proxies, redirects that keep no credentials. */
import { Agent, type Dispatcher, EnvHttpProxyAgent, request as undiciRequest } from 'undici';
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import { isLoopbackRegistry } from './reference.ts';

export interface TransportOptions {
  /** PEM of authorities that are trusted besides the system's. */
  readonly ca?: string | undefined;
  readonly httpProxy?: string | undefined;
  readonly httpsProxy?: string | undefined;
  readonly noProxy?: string | undefined;
  /** Until an answer begins, and between parts of it; milliseconds. */
  readonly timeoutMs?: number | undefined;
}

export interface Sending {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array | NodeJS.ReadableStream | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Received {
  readonly status: number;
  /** Where it came from, after redirects. */
  readonly url: URL;
  header(name: string): string | undefined;
  /** The whole body as text, at most `most` bytes; more is an error. */
  bytes(most: number): Promise<Buffer>;
  readonly body: AsyncIterable<Buffer>;
  /** Lets the body go unread. */
  discard(): Promise<void>;
}

export interface Transport {
  send(url: URL, sending: Sending): Promise<Received>;
  close(): Promise<void>;
}

const MOST_REDIRECTS = 5;
const CONNECT_MS = 10_000;
const TIMEOUT_MS = 30_000;

export async function createTransport(options: TransportOptions): Promise<Transport> {
  const { ca, timeoutMs = TIMEOUT_MS } = options;
  const tls = ca === undefined ? {} : { ca: [ca, ...(await systemAuthorities())] };
  const common = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs, maxHeaderSize: 32_768 };
  const connect = { timeout: Math.min(CONNECT_MS, timeoutMs), ...tls };
  const direct = new Agent({ ...common, connect });
  const proxied = new EnvHttpProxyAgent({
    ...common,
    connect,
    requestTls: connect,
    proxyTls: connect,
    httpProxy: options.httpProxy ?? '',
    httpsProxy: options.httpsProxy ?? '',
    noProxy: options.noProxy ?? '',
  });
  return {
    send: (url, sending) => follow(url, sending, (at) => (isLoopbackRegistry(at.host) ? direct : proxied)),
    async close() {
      await Promise.all([direct.destroy(), proxied.destroy()]);
    },
  };
}

async function systemAuthorities(): Promise<readonly string[]> {
  const { getCACertificates } = await import('node:tls');
  return getCACertificates('default');
}

/**
 * Sends, and follows redirects of what only reads. Credentials go to the host they are for and to no other; from HTTPS no
 * redirect leads to HTTP.
 */
async function follow(first: URL, sending: Sending, dispatcher: (url: URL) => Dispatcher): Promise<Received> {
  let url = first;
  let headers = { 'user-agent': 'switchboard', ...sending.headers };
  for (let hop = 0; ; hop += 1) {
    const { method, body, signal } = sending;
    const answer = await undiciRequest(url, {
      method,
      headers,
      dispatcher: dispatcher(url),
      ...(body === undefined ? {} : { body: body as Buffer }),
      ...(signal === undefined ? {} : { signal }),
    });
    const location = answer.headers['location'];
    const redirect = [301, 302, 303, 307, 308].includes(answer.statusCode) && typeof location === 'string';
    if (!redirect || (method !== 'GET' && method !== 'HEAD')) return received(url, answer);
    await answer.body.dump({ limit: 65_536 }).catch(() => undefined);
    if (hop >= MOST_REDIRECTS) throw strange(first, `more than ${MOST_REDIRECTS} redirects`);
    const next = parsed(location, url) ?? strange(first, 'a redirect to what is no address');
    if (next instanceof Error) throw next;
    if (next.protocol !== 'https:' && !(next.protocol === 'http:' && url.protocol === 'http:')) {
      throw strange(first, `a redirect from ${url.protocol}// to ${printable(next.protocol, 20)}//`);
    }
    if (next.origin !== url.origin) {
      const { authorization: _secret, ...rest } = headers as Record<string, string>;
      headers = rest as typeof headers;
    }
    url = next;
  }
}

function parsed(location: string, base: URL): URL | undefined {
  const url = URL.canParse(location, base) ? new URL(location, base) : undefined;
  if (url) {
    // What a registry writes there would be sent as credentials.
    url.username = '';
    url.password = '';
  }
  return url;
}

const strange = (url: URL, what: string): SwitchboardError =>
  new SwitchboardError('registry-refused', `${printable(url.host)} answered with ${what}`);

function received(url: URL, answer: Dispatcher.ResponseData): Received {
  const { statusCode, headers, body } = answer;
  return {
    status: statusCode,
    url,
    header(name) {
      const value = headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    async bytes(most) {
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of body as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > most)
          throw new SwitchboardError('too-large', `an answer of ${printable(url.host)} has more than ${most} bytes`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    },
    body: body as AsyncIterable<Buffer>,
    async discard() {
      await body.dump({ limit: 65_536 }).catch(() => undefined);
    },
  };
}
