import { Children } from '../children.ts';
import type { Scope } from '../scope.ts';
import { WitError } from '../wit-error.ts';
import { type Fields, isForbidden, isToken } from './fields.ts';
import { BodyPipe, OutgoingBody } from './outgoing-body.ts';
import type { Header } from './response-body.ts';

type Tagged = { readonly tag: string; readonly val?: string };

const LONGEST_TEXT = 16 * 1024;

/** A path as RFC 3986 has it, with what else is met and every server takes; never what ends it or changes its meaning. */
const PATH =
  /^(?:\*|(?:\/[\x21\x22\x24-\x3b\x3d\x40-\x5b\x5d\x5f\x61-\x7e]*)?(?:\?[\x21\x22\x24-\x3b\x3d\x3f-\x7e]*)?)$/;
const SCHEME = /^[a-z][a-z0-9+.-]*$/i;
const AUTHORITY = /^(?:[\w.~!$&'()*+,;=:%-]*@)?(?:\[[0-9a-f:.]+\]|[\w.~!$&'()*+,;=%-]+)(?::(?<port>\d{0,5}))?$/i;

/** What outgoing requests and responses share: headers that were given away, a body that can be had once. */
class OutgoingMessage {
  protected readonly scope: Scope;
  protected readonly children: Children;
  readonly #headers: Fields;
  #pipe: BodyPipe | undefined;
  #bodyGiven = false;

  constructor(scope: Scope, headers: Fields, name: string) {
    scope.opened();
    this.scope = scope;
    this.children = new Children(name);
    this.#headers = headers.taken();
  }

  headers(): Fields {
    return this.#headers.frozen(this.children);
  }

  protected fields(): readonly Header[] {
    return this.#headers.entries().map(([name, value]) => [name, Buffer.from(value).toString('latin1')]);
  }

  body(): OutgoingBody {
    if (this.#bodyGiven) throw new WitError();
    this.#bodyGiven = true;
    const length = contentLength(this.fields());
    this.#pipe = new BodyPipe(this.scope, Number.isNaN(length) ? undefined : length);
    return new OutgoingBody(this.scope, this.#pipe);
  }

  /** The body is the caller's then. */
  protected takePipe(): BodyPipe | undefined {
    const pipe = this.#pipe;
    this.#pipe = undefined;
    return pipe;
  }

  [Symbol.dispose](): void {
    this.children.end();
    // Nobody will send what is written to it.
    this.#pipe?.break();
    this.#headers[Symbol.dispose]();
    this.scope.closed();
  }
}

/** The one number that content-length is; `undefined` without the header; NaN where it is said twice or is none. */
function contentLength(headers: readonly Header[]): number | undefined {
  const [first, ...more] = headers.filter(([name]) => name.toLowerCase() === 'content-length');
  if (!first) return undefined;
  return more.length === 0 && /^\d{1,15}$/.test(first[1]) ? Number(first[1]) : Number.NaN;
}

/** What is sent of a request. */
export interface RequestParts {
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly headers: readonly Header[];
  readonly body: BodyPipe | undefined;
}

/** `wasi:http/types.outgoing-request`. */
export class OutgoingRequest extends OutgoingMessage {
  readonly #texts = new Map<'method' | 'path' | 'scheme' | 'authority', string>();
  #method: Tagged = { tag: 'get' };
  #scheme: Tagged | undefined;

  constructor(scope: Scope, headers: Fields) {
    super(scope, headers, 'outgoing-request');
  }

  method(): Tagged {
    return this.#method;
  }

  setMethod(method: Tagged): void {
    this.#keep('method', method.val, isToken);
    this.#method = method;
  }

  pathWithQuery(): string | undefined {
    return this.#texts.get('path');
  }

  setPathWithQuery(path: string | undefined): void {
    this.#keep('path', path, (text) => PATH.test(text));
  }

  scheme(): Tagged | undefined {
    return this.#scheme;
  }

  setScheme(scheme: Tagged | undefined): void {
    this.#keep('scheme', scheme?.val, (text) => SCHEME.test(text));
    this.#scheme = scheme;
  }

  authority(): string | undefined {
    return this.#texts.get('authority');
  }

  setAuthority(authority: string | undefined): void {
    this.#keep('authority', authority, isAuthority);
  }

  /** Consumes the request. Throws what cannot be sent as the guest's error. */
  parts(): RequestParts {
    const body = this.takePipe();
    try {
      const authority = this.authority();
      if (authority === undefined) throw new WitError({ tag: 'HTTP-request-URI-invalid' });
      const method = this.#method.tag === 'other' ? (this.#method.val ?? '') : this.#method.tag.toUpperCase();
      if (method === 'CONNECT') throw new WitError({ tag: 'HTTP-request-method-invalid' });
      const headers = this.fields();
      const length = contentLength(headers);
      // Copies of what a server sent may hold headers of the connection.
      if (Number.isNaN(length) || headers.some(([name]) => isForbidden(name))) {
        throw new WitError({ tag: 'HTTP-protocol-error' });
      }
      if (length && !body) throw new WitError({ tag: 'HTTP-request-body-size', val: 0n });
      const scheme = this.#scheme?.tag === 'other' ? (this.#scheme.val ?? '') : (this.#scheme?.tag ?? 'HTTPS');
      const path = this.pathWithQuery() ?? '';
      return {
        method,
        scheme: scheme.toLowerCase(),
        authority,
        path: path === '' || path.startsWith('?') ? `/${path}` : path,
        headers,
        body,
      };
    } catch (thrown) {
      body?.break();
      throw thrown;
    } finally {
      this[Symbol.dispose]();
    }
  }

  override [Symbol.dispose](): void {
    for (const text of this.#texts.values()) this.scope.release(text.length);
    this.#texts.clear();
    super[Symbol.dispose]();
  }

  #keep(
    name: 'method' | 'path' | 'scheme' | 'authority',
    text: string | undefined,
    valid: (text: string) => boolean,
  ): void {
    if (text !== undefined && (text.length > LONGEST_TEXT || !valid(text))) throw new WitError();
    this.scope.hold(text?.length ?? 0);
    this.scope.release(this.#texts.get(name)?.length ?? 0);
    if (text === undefined) this.#texts.delete(name);
    else this.#texts.set(name, text);
  }
}

/** `wasi:http/types.outgoing-response`: nobody asks a component for one. */
export class OutgoingResponse extends OutgoingMessage {
  #status = 200;

  constructor(scope: Scope, headers: Fields) {
    super(scope, headers, 'outgoing-response');
  }

  statusCode(): number {
    return this.#status;
  }

  setStatusCode(status: number): void {
    if (status < 100 || status > 999) throw new WitError();
    this.#status = status;
  }
}

/** `wasi:http/types.request-options`. */
export class RequestOptions {
  readonly #scope: Scope;
  #connect: bigint | undefined;
  #firstByte: bigint | undefined;
  #betweenBytes: bigint | undefined;

  constructor(scope: Scope) {
    scope.opened();
    this.#scope = scope;
  }

  connectTimeout(): bigint | undefined {
    return this.#connect;
  }

  setConnectTimeout(duration: bigint | undefined): void {
    this.#connect = duration;
  }

  firstByteTimeout(): bigint | undefined {
    return this.#firstByte;
  }

  setFirstByteTimeout(duration: bigint | undefined): void {
    this.#firstByte = duration;
  }

  betweenBytesTimeout(): bigint | undefined {
    return this.#betweenBytes;
  }

  setBetweenBytesTimeout(duration: bigint | undefined): void {
    this.#betweenBytes = duration;
  }

  [Symbol.dispose](): void {
    this.#scope.closed();
  }
}

function isAuthority(text: string): boolean {
  const match = AUTHORITY.exec(text);
  return match !== null && Number(match.groups?.['port'] ?? 0) < 65_536;
}
