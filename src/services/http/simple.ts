import { errnoOf } from '#core/errors';
import { printable } from '#core/reference';
import type { ServiceInterface } from '#core/services';
import type { Scope } from '../scope.ts';
import { WitError } from '../wit-error.ts';
import { createEgress, type Egress, type EgressResponse } from './egress.ts';
import { httpError, Refused } from './failures.ts';
import { checkHeader } from './fields.ts';

interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array | undefined;
  readonly timeoutMs: number | undefined;
  readonly maxBytes: bigint | undefined;
  readonly redirects: number | undefined;
}

const METHOD = /^[A-Z]{1,20}$/;
const MOST_BYTES = 16 * 1024 * 1024;
const MOST_REDIRECTS = 10;
const LONGEST_URL = 16 * 1024;
/** Said to one origin, and to no other that it redirects to. */
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** `switchboard:host/http`: a whole request and its whole response, under the same policy as `wasi:http`. */
export function simpleHttpInterface(scope: Scope): ServiceInterface {
  let egress: Egress | undefined;
  return {
    async send(asked: Request): Promise<object> {
      egress ??= createEgress(scope.env);
      try {
        return await follow(egress, asked);
      } catch (thrown) {
        throw thrown instanceof WitError ? thrown : new WitError(failure(thrown));
      }
    },
  };
}

async function follow(egress: Egress, asked: Request): Promise<object> {
  let url = checkedUrl(asked.url);
  let { method, body } = asked;
  let headers = asked.headers;
  if (!METHOD.test(method) || method === 'CONNECT' || method === 'TRACE') throw invalid('the method is not accepted');
  for (const [name, value] of headers) {
    // The length is that of the body; another would let what follows pass for a request of its own.
    if (name.toLowerCase() === 'content-length' || !checkHeader(name, value)) {
      throw invalid(`the header ${printable(name, 64)} is not accepted`);
    }
  }
  const redirects = Math.min(asked.redirects ?? 5, MOST_REDIRECTS);
  for (let followed = 0; ; followed += 1) {
    const timeout = asked.timeoutMs === 0 ? undefined : asked.timeoutMs;
    const response = await egress.request({
      method,
      url,
      headers,
      body,
      connectTimeout: timeout,
      firstByteTimeout: timeout,
      betweenBytesTimeout: timeout,
    });
    const target = response.headers.find(([name]) => name.toLowerCase() === 'location')?.[1];
    const redirected = [301, 302, 303, 307, 308].includes(response.status) && target !== undefined;
    if (!redirected || redirects === 0) return await whole(response, url, asked.maxBytes);
    response.body.destroy();
    if (followed === redirects) throw new WitError({ tag: 'failed', val: `more than ${redirects} redirects` });
    const next = checkedUrl(target, url);
    if (response.status === 303 || (response.status < 303 && method === 'POST')) {
      [method, body] = [method === 'HEAD' ? 'HEAD' : 'GET', undefined];
      headers = headers.filter(([name]) => !name.toLowerCase().startsWith('content-'));
    }
    if (next.origin !== url.origin) headers = headers.filter(([name]) => !CREDENTIALS.has(name.toLowerCase()));
    url = next;
  }
}

async function whole(response: EgressResponse, url: URL, maxBytes: bigint | undefined): Promise<object> {
  const most = maxBytes === undefined || maxBytes > MOST_BYTES ? MOST_BYTES : Number(maxBytes);
  const chunks: Uint8Array[] = [];
  let length = 0;
  let truncated = false;
  for await (const chunk of response.body) {
    chunks.push(chunk.subarray(0, most - length));
    length += chunk.length;
    truncated = length > most;
    if (truncated) break;
  }
  response.body.destroy();
  return { status: response.status, url: url.href, headers: response.headers, body: Buffer.concat(chunks), truncated };
}

function checkedUrl(text: string, base?: URL): URL {
  if (text.length > LONGEST_URL || !URL.canParse(text, base)) throw invalid('the URL is not valid');
  const url = new URL(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw invalid('only http and https are spoken');
  if (url.username !== '' || url.password !== '') throw invalid('a URL with credentials is not accepted');
  url.hash = '';
  return url;
}

const invalid = (why: string): WitError => new WitError({ tag: 'invalid', val: why });

function failure(thrown: unknown): { readonly tag: string; readonly val?: string } {
  if (thrown instanceof Refused) return { tag: 'denied', val: thrown.denial.reason };
  const code = errnoOf(thrown) ?? '';
  const { tag } = httpError(thrown);
  if (tag.endsWith('timeout')) return { tag: 'timeout' };
  const why = code === '' && tag !== 'internal-error' ? tag : code;
  return { tag: 'failed', val: why === '' ? 'the request failed' : `the request failed (${why})` };
}
