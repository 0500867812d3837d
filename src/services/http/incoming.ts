/** What comes back: the future of a response, the response, its body, its trailers. */
import { Children } from '../children.ts';
import { Pollable, type PollSource } from '../io/poll.ts';
import { InputStream, type Source, streamFailed } from '../io/streams.ts';
import type { Scope } from '../scope.ts';
import { WitError } from '../wit-error.ts';
import type { EgressResponse } from './exchange.ts';
import { httpError, type HttpError } from './failures.ts';
import type { Fields } from './fields.ts';
import type { Header, ResponseBody } from './response-body.ts';

/** Fields as they came, a child of the resource that gives them. */
export type MakeFields = (entries: readonly Header[], parent: Children) => Fields;

type Outcome = { readonly response: EgressResponse } | { readonly error: HttpError };

/** A promise of a response, and how to tell that nobody waits for it any more. */
export interface Sent {
  readonly response: Promise<EgressResponse>;
  cancel(): void;
}

/** `wasi:http/types.future-incoming-response`. */
export class FutureIncomingResponse {
  readonly #scope: Scope;
  readonly #makeFields: MakeFields;
  readonly #source: PollSource;
  readonly #cancel: () => void;
  #outcome: Outcome | undefined;
  #taken = false;

  constructor(scope: Scope, makeFields: MakeFields, sent: Sent) {
    scope.opened();
    this.#scope = scope;
    this.#makeFields = makeFields;
    this.#cancel = () => sent.cancel();
    const listeners = new Set<() => void>();
    this.#source = {
      ready: () => this.#outcome !== undefined,
      whenReady: (notify) => {
        listeners.add(notify);
        return () => listeners.delete(notify);
      },
    };
    const settle = (outcome: Outcome): void => {
      this.#outcome = outcome;
      for (const notify of listeners) notify();
    };
    sent.response.then(
      (response) => settle({ response }),
      (thrown: unknown) => settle({ error: httpError(thrown) }),
    );
  }

  subscribe(): Pollable {
    return new Pollable(this.#scope, this.#source);
  }

  /** Nothing yet; then once the response or why there is none; then an error. */
  get(): { readonly tag: string; readonly val?: unknown } | undefined {
    if (this.#outcome === undefined) return undefined;
    if (this.#taken) return { tag: 'err' };
    this.#taken = true;
    if ('error' in this.#outcome) return { tag: 'ok', val: { tag: 'err', val: this.#outcome.error } };
    const response = new IncomingResponse(this.#scope, this.#makeFields, this.#outcome.response);
    return { tag: 'ok', val: { tag: 'ok', val: response } };
  }

  [Symbol.dispose](): void {
    this.#scope.closed();
    if (!this.#taken) this.#cancel();
  }
}

/** `wasi:http/types.incoming-response`. */
export class IncomingResponse {
  readonly #scope: Scope;
  readonly #makeFields: MakeFields;
  readonly #response: EgressResponse;
  readonly #children = new Children('incoming-response');
  #consumed = false;

  constructor(scope: Scope, makeFields: MakeFields, response: EgressResponse) {
    scope.opened();
    this.#scope = scope;
    this.#makeFields = makeFields;
    this.#response = response;
  }

  status(): number {
    return this.#response.status;
  }

  headers(): Fields {
    return this.#makeFields(this.#response.headers, this.#children);
  }

  consume(): IncomingBody {
    if (this.#consumed) throw new WitError();
    this.#consumed = true;
    return new IncomingBody(this.#scope, this.#makeFields, this.#response.body);
  }

  [Symbol.dispose](): void {
    this.#children.end();
    this.#scope.closed();
    if (!this.#consumed) this.#response.body.destroy();
  }
}

/** `wasi:http/types.incoming-body`. */
export class IncomingBody {
  readonly #scope: Scope;
  readonly #makeFields: MakeFields;
  readonly #body: ResponseBody;
  readonly #children = new Children('incoming-body');
  #streamed = false;

  constructor(scope: Scope, makeFields: MakeFields, body: ResponseBody) {
    scope.opened();
    this.#scope = scope;
    this.#makeFields = makeFields;
    this.#body = body;
  }

  /** The stream can be had once. */
  stream(): InputStream {
    if (this.#streamed) throw new WitError();
    this.#streamed = true;
    return new InputStream(this.#scope, sourceOf(this.#body, this.#children.add()));
  }

  /** Consumes the body. What was not read of it is thrown away once the trailers are asked for. */
  static finish(body: IncomingBody): FutureTrailers {
    body.#children.end();
    body.#scope.closed();
    return new FutureTrailers(body.#scope, body.#makeFields, body.#body);
  }

  [Symbol.dispose](): void {
    this.#children.end();
    this.#scope.closed();
    this.#body.destroy();
  }
}

/** `wasi:http/types.future-trailers`: known when all of the body has arrived. */
export class FutureTrailers {
  readonly #scope: Scope;
  readonly #makeFields: MakeFields;
  readonly #body: ResponseBody;
  readonly #children = new Children('future-trailers');
  #taken = false;

  constructor(scope: Scope, makeFields: MakeFields, body: ResponseBody) {
    scope.opened();
    this.#scope = scope;
    this.#makeFields = makeFields;
    this.#body = body;
  }

  subscribe(): Pollable {
    this.#body.discard();
    return new Pollable(this.#scope, this.#body.settled);
  }

  /** Nothing yet; then once the trailers, if there were any, or why they did not come; then an error. */
  get(): { readonly tag: string; readonly val?: unknown } | undefined {
    this.#body.discard();
    if (!this.#body.settled.ready()) return undefined;
    if (this.#taken) return { tag: 'err' };
    this.#taken = true;
    let trailers: readonly Header[];
    try {
      ({ trailers } = this.#body);
    } catch (thrown) {
      return { tag: 'ok', val: { tag: 'err', val: httpError(thrown) } };
    }
    const fields = trailers.length === 0 ? undefined : this.#makeFields(trailers, this.#children);
    return { tag: 'ok', val: { tag: 'ok', val: fields } };
  }

  [Symbol.dispose](): void {
    this.#children.end();
    this.#scope.closed();
    this.#body.destroy();
  }
}

function sourceOf(body: ResponseBody, close: () => void): Source {
  return {
    pollable: body.readable,
    read(length) {
      try {
        return body.read(length) ?? new Uint8Array();
      } catch (thrown) {
        throw streamFailed('the response was cut short', httpError(thrown));
      }
    },
    close,
  };
}
