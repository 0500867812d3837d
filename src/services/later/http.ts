/** `wasi:http` of WASI 0.3: requests to what is granted, on the ground of those of 0.2. Incoming requests there are none. */
import type { ServiceInterface } from '#core/services';
import { Children } from '../children.ts';
import { httpError } from '../http/failures.ts';
import type { Fields } from '../http/fields.ts';
import { type FutureTrailers, IncomingBody, type IncomingResponse } from '../http/incoming.ts';
import { fieldsOf, outgoingHandlerInterface } from '../http/index.ts';
import { OutgoingRequest, RequestOptions } from '../http/messages.ts';
import { OutgoingBody } from '../http/outgoing-body.ts';
import type { FutureIncomingResponse } from '../http/incoming.ts';
import type { Scope } from '../scope.ts';
import { WitError } from '../wit-error.ts';
import { drain, type GuestStream, type Outcome, sourceStream, streamError } from './streams.ts';

type TrailersOutcome =
  | { readonly tag: 'ok'; readonly val: Fields | undefined }
  | { readonly tag: 'err'; readonly val: unknown };
/** A guest's future: it is read when it is awaited first, and its writer waits until then. */
type GuestFuture<T> = PromiseLike<T>;
type Duration = bigint | undefined;

const BYTES_AT_ONCE = 65_536n;

/** `wasi:http/types.request-options` of WASI 0.3. */
class Options3 extends RequestOptions {
  getConnectTimeout(): Duration {
    return this.connectTimeout();
  }

  getFirstByteTimeout(): Duration {
    return this.firstByteTimeout();
  }

  getBetweenBytesTimeout(): Duration {
    return this.betweenBytesTimeout();
  }

  clone(): Options3 {
    const copy = new (this.constructor as new () => Options3)();
    copy.setConnectTimeout(this.connectTimeout());
    copy.setFirstByteTimeout(this.firstByteTimeout());
    copy.setBetweenBytesTimeout(this.betweenBytesTimeout());
    return copy;
  }
}

/** `wasi:http/types.request` of WASI 0.3, to be sent. */
class Request3 {
  readonly outgoing: OutgoingRequest;
  readonly contents: GuestStream | undefined;
  readonly trailers: GuestFuture<TrailersOutcome>;
  readonly sent = Promise.withResolvers<Outcome>();
  readonly options: Options3 | undefined;
  readonly #headers: Fields;
  #over = false;

  constructor(
    scope: Scope,
    headers: Fields,
    contents: GuestStream | undefined,
    trailers: GuestFuture<TrailersOutcome>,
    options: Options3 | undefined,
  ) {
    this.#headers = headers.frozen(new Children('request'));
    this.outgoing = new OutgoingRequest(scope, headers);
    this.contents = contents;
    this.trailers = trailers;
    this.options = options;
  }

  getMethod(): ReturnType<OutgoingRequest['method']> {
    return this.outgoing.method();
  }

  setMethod(...args: Parameters<OutgoingRequest['setMethod']>): void {
    this.outgoing.setMethod(...args);
  }

  getPathWithQuery(): string | undefined {
    return this.outgoing.pathWithQuery();
  }

  setPathWithQuery(path: string | undefined): void {
    this.outgoing.setPathWithQuery(path);
  }

  getScheme(): ReturnType<OutgoingRequest['scheme']> {
    return this.outgoing.scheme();
  }

  setScheme(...args: Parameters<OutgoingRequest['setScheme']>): void {
    this.outgoing.setScheme(...args);
  }

  getAuthority(): string | undefined {
    return this.outgoing.authority();
  }

  setAuthority(authority: string | undefined): void {
    this.outgoing.setAuthority(authority);
  }

  getOptions(): Options3 | undefined {
    return this.options?.clone();
  }

  getHeaders(): Fields {
    return this.#headers.frozen(new Children('headers'));
  }

  /** It is sent: what is left of it here goes. */
  taken(): this {
    this.#over = true;
    this.#headers[Symbol.dispose]();
    return this;
  }

  [Symbol.dispose](): void {
    if (this.#over) return;
    this.taken();
    this.options?.[Symbol.dispose]();
    this.contents?.[Symbol.dispose]?.();
    letGo(this.trailers);
    this.outgoing[Symbol.dispose]();
    this.sent.resolve({ tag: 'err', val: { tag: 'connection-terminated' } });
  }
}

/** `wasi:http/types.response` of WASI 0.3, as it came. */
class Response3 {
  readonly #incoming: IncomingResponse;
  readonly #headers: Fields;

  constructor(incoming: IncomingResponse) {
    this.#incoming = incoming;
    this.#headers = incoming.headers().taken();
  }

  getStatusCode(): number {
    return this.#incoming.status();
  }

  getHeaders(): Fields {
    return this.#headers.frozen(new Children('headers'));
  }

  setStatusCode(): never {
    throw new WitError();
  }

  static new = nobodyAsks;

  static consumeBody(response: Response3, outcome: GuestFuture<unknown>): ReturnType<typeof bodyOf> {
    // How the guest fared with it changes nothing.
    letGo(outcome);
    return bodyOf(response.body());
  }

  /** Consumes the response. */
  body(): IncomingBody {
    const body = this.#incoming.consume();
    this[Symbol.dispose]();
    return body;
  }

  [Symbol.dispose](): void {
    this.#headers[Symbol.dispose]();
    this.#incoming[Symbol.dispose]();
  }
}

/** `wasi:http/types` of WASI 0.3. The classes a guest constructs are the instance's own. */
export function httpTypes3(scope: Scope): ServiceInterface {
  return {
    Fields: fieldsOf(scope),
    RequestOptions: class extends Options3 {
      constructor() {
        super(scope);
      }
    },
    Request: class Request extends Request3 {
      static new(
        headers: Fields,
        contents: GuestStream | undefined,
        trailers: GuestFuture<TrailersOutcome>,
        options: Options3 | undefined,
      ): [Request, Promise<Outcome>] {
        const request = new Request(scope, headers, contents, trailers, options);
        return [request, request.sent.promise];
      }

      static consumeBody = nobodyAsks;
    },
    Response: Response3,
  };
}

/** Nobody wants a future's value: it is read, so that who writes it need not wait. */
function letGo(future: GuestFuture<unknown>): void {
  Promise.resolve(future).catch(() => undefined);
}

function nobodyAsks(): never {
  throw new Error('a component is asked for no responses: it makes none, and reads no requests');
}

/** `wasi:http/client` of WASI 0.3. */
export function httpClient3(scope: Scope): ServiceInterface {
  const { handle } = outgoingHandlerInterface(scope) as {
    handle(request: OutgoingRequest, options: RequestOptions | undefined): FutureIncomingResponse;
  };
  return {
    async send(request: Request3): Promise<Response3> {
      const { outgoing, contents, trailers, options, sent } = request.taken();
      const body = contents && outgoing.body();
      let future: FutureIncomingResponse;
      try {
        future = handle(outgoing, options);
      } catch (thrown) {
        contents?.[Symbol.dispose]?.();
        body?.[Symbol.dispose]();
        letGo(trailers);
        if (thrown instanceof WitError) sent.resolve({ tag: 'err', val: thrown.payload });
        throw thrown;
      }
      transmit(body, contents, trailers).then(sent.resolve, (thrown: unknown) =>
        sent.resolve({ tag: 'err', val: httpError(thrown) }),
      );
      try {
        await future.subscribe().block();
        const outcome = future.get()?.val as { readonly tag: string; readonly val: unknown };
        if (outcome.tag === 'err') throw new WitError(outcome.val);
        return new Response3(outcome.val as IncomingResponse);
      } finally {
        future[Symbol.dispose]();
      }
    },
  };
}

/** Sends what the guest writes; says how that went. */
async function transmit(
  body: OutgoingBody | undefined,
  contents: GuestStream | undefined,
  trailers: GuestFuture<TrailersOutcome>,
): Promise<Outcome> {
  if (!body || !contents) {
    await trailers;
    return { tag: 'ok' };
  }
  const output = body.write();
  try {
    await drain(contents, async (bytes) => {
      while (output.checkWrite() < bytes.length) await output.subscribe().block();
      output.write(bytes);
    });
  } catch (thrown) {
    output[Symbol.dispose]();
    body[Symbol.dispose]();
    letGo(trailers);
    return { tag: 'err', val: streamError(thrown)?.code ?? { tag: 'connection-terminated' } };
  }
  output[Symbol.dispose]();
  const given = await trailers;
  if (given.tag === 'err') {
    body[Symbol.dispose]();
    return given;
  }
  try {
    OutgoingBody.finish(body, given.val);
    return { tag: 'ok' };
  } catch (thrown) {
    if (!(thrown instanceof WitError)) throw thrown;
    return { tag: 'err', val: thrown.payload };
  }
}

/** The bytes of a response, and its trailers once they ended. */
function bodyOf(body: IncomingBody): [AsyncIterable<Uint8Array>, Promise<TrailersOutcome>] {
  const input = body.stream();
  const [bytes, ended] = sourceStream(
    async () => {
      try {
        return await input.blockingRead(BYTES_AT_ONCE);
      } catch (thrown) {
        const failed = streamError(thrown);
        if (failed) throw new WitError(failed.code);
        return undefined;
      }
    },
    () => input[Symbol.dispose](),
    (thrown) => thrown.payload,
  );
  const trailers = ended.then(async (outcome): Promise<TrailersOutcome> => {
    const future: FutureTrailers = IncomingBody.finish(body);
    try {
      if (outcome.tag === 'err') return outcome;
      await future.subscribe().block();
      return future.get()?.val as TrailersOutcome;
    } finally {
      future[Symbol.dispose]();
    }
  });
  return [bytes, trailers];
}
