import type { Scope } from '../scope.ts';
import { WitError } from '../wit-error.ts';
import { type Fields, isToken } from './fields.ts';
import { BodyPipe, OutgoingBody } from './outgoing-body.ts';

type Tagged = { readonly tag: string; readonly val?: string };

const LONGEST_TEXT = 16 * 1024;

/** What outgoing requests and responses share: headers that were given away, a body that can be had once. */
class OutgoingMessage {
  protected readonly scope: Scope;
  readonly #headers: Fields;
  /** The body, once the guest asked for it. */
  protected pipe: BodyPipe | undefined;

  constructor(scope: Scope, headers: Fields) {
    scope.opened();
    this.scope = scope;
    this.#headers = headers;
  }

  headers(): Fields {
    return this.#headers.frozen();
  }

  protected fields(): readonly (readonly [string, string])[] {
    return this.#headers.entries().map(([name, value]) => [name, Buffer.from(value).toString('latin1')]);
  }

  body(): OutgoingBody {
    if (this.pipe) throw new WitError();
    this.pipe = new BodyPipe(this.scope);
    return new OutgoingBody(this.scope, this.pipe);
  }

  [Symbol.dispose](): void {
    this.#headers[Symbol.dispose]();
    this.scope.closed();
  }
}

/** What is sent of a request. */
export interface RequestParts {
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: BodyPipe | undefined;
}

/** `wasi:http/types.outgoing-request`. */
export class OutgoingRequest extends OutgoingMessage {
  readonly #texts = new Map<'method' | 'path' | 'scheme' | 'authority', string>();
  #method: Tagged = { tag: 'get' };
  #scheme: Tagged | undefined;

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
    this.#keep('path', path, isPrintable);
  }

  scheme(): Tagged | undefined {
    return this.#scheme;
  }

  setScheme(scheme: Tagged | undefined): void {
    this.#keep('scheme', scheme?.val, (text) => /^[a-z][a-z0-9+.-]*$/i.test(text));
    this.#scheme = scheme;
  }

  authority(): string | undefined {
    return this.#texts.get('authority');
  }

  setAuthority(authority: string | undefined): void {
    this.#keep('authority', authority, (text) => isPrintable(text) && !/[/?#]/.test(text));
  }

  /** Throws `HTTP-request-URI-invalid` and its kin as the guest's error. */
  parts(): RequestParts {
    const authority = this.authority();
    if (authority === undefined || authority === '') throw new WitError({ tag: 'HTTP-request-URI-invalid' });
    const scheme = this.#scheme?.tag === 'other' ? (this.#scheme.val ?? '') : (this.#scheme?.tag ?? 'HTTPS');
    return {
      method: this.#method.tag === 'other' ? (this.#method.val ?? '') : this.#method.tag.toUpperCase(),
      scheme: scheme.toLowerCase(),
      authority,
      path: this.pathWithQuery() ?? '/',
      headers: this.fields(),
      body: this.pipe,
    };
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

function isPrintable(text: string): boolean {
  return !/[\p{Cc} ]/u.test(text);
}
