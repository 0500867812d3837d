/** What comes back: the future of a response, the response, its body. */
import type { Readable } from 'node:stream';
import { Pollable, type PollSource } from '../io/poll.ts';
import { InputStream, type Source, streamFailed } from '../io/streams.ts';
import type { Scope } from '../scope.ts';
import { WitError } from '../wit-error.ts';
import type { EgressResponse } from './egress.ts';
import { httpError, type HttpError } from './failures.ts';
import type { Fields } from './fields.ts';

type MakeFields = (entries: readonly (readonly [string, Uint8Array])[]) => Fields;

type Outcome = { readonly response: EgressResponse } | { readonly error: HttpError };

/** `wasi:http/types.future-incoming-response`. */
export class FutureIncomingResponse {
  readonly #scope: Scope;
  readonly #makeFields: MakeFields;
  readonly #source: PollSource;
  #outcome: Outcome | undefined;
  #taken = false;

  constructor(scope: Scope, makeFields: MakeFields, sent: Promise<EgressResponse>) {
    scope.opened();
    this.#scope = scope;
    this.#makeFields = makeFields;
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
    sent.then(
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
    if (this.#outcome && 'response' in this.#outcome && !this.#taken) this.#outcome.response.body.destroy();
  }
}

/** `wasi:http/types.incoming-response`. */
export class IncomingResponse {
  readonly #scope: Scope;
  readonly #makeFields: MakeFields;
  readonly #response: EgressResponse;
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
    return this.#makeFields(this.#response.headers.map(([name, value]) => [name, Buffer.from(value, 'latin1')]));
  }

  consume(): IncomingBody {
    if (this.#consumed) throw new WitError();
    this.#consumed = true;
    return new IncomingBody(this.#scope, this.#makeFields, this.#response);
  }

  [Symbol.dispose](): void {
    this.#scope.closed();
    if (!this.#consumed) this.#response.body.destroy();
  }
}

/** `wasi:http/types.incoming-body`. */
export class IncomingBody {
  readonly #scope: Scope;
  readonly #makeFields: MakeFields;
  readonly #response: EgressResponse;
  #streamed = false;
  #finished = false;

  constructor(scope: Scope, makeFields: MakeFields, response: EgressResponse) {
    scope.opened();
    this.#scope = scope;
    this.#makeFields = makeFields;
    this.#response = response;
  }

  /** The stream can be had once. */
  stream(): InputStream {
    if (this.#streamed) throw new WitError();
    this.#streamed = true;
    return new InputStream(this.#scope, readableSource(this.#response.body));
  }

  static finish(body: IncomingBody): FutureTrailers {
    body.#finished = true;
    const { body: readable, trailers } = body.#response;
    // What was not read is not wanted.
    if (!readable.readableEnded) readable.destroy();
    const entries = Object.entries(trailers).map(([name, value]) => [name, Buffer.from(value, 'latin1')] as const);
    return new FutureTrailers(body.#scope, entries.length === 0 ? undefined : () => body.#makeFields(entries));
  }

  [Symbol.dispose](): void {
    this.#scope.closed();
    if (!this.#finished) this.#response.body.destroy();
  }
}

/** `wasi:http/types.future-trailers`: known as soon as the body was finished. */
export class FutureTrailers {
  readonly #scope: Scope;
  readonly #make: (() => Fields) | undefined;
  #taken = false;

  constructor(scope: Scope, make: (() => Fields) | undefined) {
    scope.opened();
    this.#scope = scope;
    this.#make = make;
  }

  subscribe(): Pollable {
    return new Pollable(this.#scope, { ready: () => true, whenReady: (notify) => (queueMicrotask(notify), () => {}) });
  }

  get(): { readonly tag: string; readonly val?: unknown } {
    if (this.#taken) return { tag: 'err' };
    this.#taken = true;
    return { tag: 'ok', val: { tag: 'ok', val: this.#make?.() } };
  }

  [Symbol.dispose](): void {
    this.#scope.closed();
  }
}

const CUT = Object.assign(new Error('cut'), { code: 'ECONNRESET' });

/** A Node stream as a source that gives what is there. What is not read is not fetched from the network. */
export function readableSource(readable: Readable): Source {
  let failed: unknown;
  readable.on('error', (error) => {
    failed = error;
  });
  let rest: Buffer | undefined;
  const source: PollSource = {
    ready: () =>
      rest !== undefined ||
      failed !== undefined ||
      readable.readableLength > 0 ||
      readable.readableEnded ||
      readable.destroyed,
    whenReady(notify) {
      const events = ['readable', 'end', 'error', 'close'] as const;
      for (const event of events) readable.on(event, notify);
      return () => {
        for (const event of events) readable.off(event, notify);
      };
    },
  };
  return {
    pollable: source,
    read(length) {
      const chunk = rest ?? (readable.read() as Buffer | null);
      if (chunk === null) {
        // One that was destroyed before its end was cut, whether its error has been told yet or not.
        if (failed !== undefined || (readable.destroyed && !readable.readableEnded)) {
          throw streamFailed('the response was cut short', httpError(failed ?? readable.errored ?? CUT));
        }
        return readable.readableEnded ? 'end' : new Uint8Array();
      }
      rest = chunk.length > length ? chunk.subarray(length) : undefined;
      return chunk.length > length ? chunk.subarray(0, length) : chunk;
    },
    close: () => void readable.destroy(),
  };
}
