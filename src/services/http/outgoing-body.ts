import { Children } from '../children.ts';
import type { PollSource } from '../io/poll.ts';
import { OutputStream, type Sink, streamFailed } from '../io/streams.ts';
import type { Scope } from '../scope.ts';
import { WitError } from '../wit-error.ts';
import { Blocks } from './blocks.ts';
import type { StreamedBody } from './exchange.ts';
import { Failed, httpError } from './failures.ts';
import type { Fields } from './fields.ts';

/** What the guest may be ahead of the network. */
const ROOM = 256 * 1024;
/** The bytes of a request's body between the guest that writes and the network that reads. */
export class BodyPipe implements StreamedBody {
  private readonly scope: Scope;
  /** What content-length says, where there is one. */
  private readonly declared: number | undefined;
  private written = 0;
  private readonly blocks = new Blocks();
  /** Whether the network has all that was read; it is not known where nothing says so. */
  private hasLeft: () => boolean = () => false;
  private state: 'open' | 'finished' | 'broken' = 'open';
  private failure: unknown;
  private reader: (() => void) | undefined;
  private readonly writers = new Set<() => void>();
  private readonly began = Promise.withResolvers<void>();
  private hasBegun = false;

  constructor(scope: Scope, declared: number | undefined) {
    this.scope = scope;
    this.declared = declared;
  }

  readonly sink: Sink = {
    write: (bytes) => {
      this.mustBeOpen();
      if (bytes.length === 0) return;
      this.written += bytes.length;
      if (this.declared !== undefined && this.written > this.declared) {
        this.break(this.wrongSize());
        this.mustBeOpen();
      }
      this.blocks.add(bytes);
      // It counts no longer as handed over: it is kept here, and there is room for little of it.
      this.scope.env.refund(bytes.length);
      this.wake();
    },
    flush: () => {},
    permit: () => {
      this.mustBeOpen();
      return this.blocks.length < ROOM ? ROOM : 0;
    },
    pollable: {
      ready: () => this.state !== 'open' || this.blocks.length < ROOM,
      whenReady: (notify) => {
        this.writers.add(notify);
        return () => this.writers.delete(notify);
      },
    } satisfies PollSource,
  };

  /** Settles with the first bytes, or the end: whether there is a body at all is known then. */
  get settled(): Promise<void> {
    return this.began.promise;
  }

  get isEmpty(): boolean {
    return this.state === 'finished' && this.blocks.length === 0;
  }

  /** Throws `Failed`, and ends the request, when it is not as long as was said. */
  finish(): void {
    if (this.state === 'open' && this.declared !== undefined && this.written !== this.declared) {
      const failed = this.wrongSize();
      this.break(failed);
      throw failed;
    }
    if (this.state === 'open') this.state = 'finished';
    this.wake();
  }

  /** The guest gave up, or the network did: no more is written, and a reader fails with the reason. */
  break(reason: unknown = new Failed({ tag: 'HTTP-protocol-error' })): void {
    if (this.state === 'open') {
      this.state = 'broken';
      this.failure = reason;
    }
    this.blocks.clear();
    this.wake();
    this.wakeWriters();
  }

  readBy(hasLeft: () => boolean): void {
    this.hasLeft = hasLeft;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    try {
      for (;;) {
        if (this.hasLeft()) this.blocks.sent();
        const chunk = this.blocks.take();
        if (chunk) {
          this.wakeWriters();
          yield chunk;
        } else if (this.state === 'finished') return;
        else if (this.state === 'broken') throw this.failure;
        else
          await new Promise<void>((resolve) => {
            this.reader = resolve;
          });
      }
    } finally {
      this.break(new Failed({ tag: 'connection-terminated' }));
    }
  }

  private mustBeOpen(): void {
    if (this.state === 'open') return;
    throw streamFailed(
      'the request has ended',
      this.failure === undefined ? { tag: 'connection-terminated' } : httpError(this.failure),
    );
  }

  private wrongSize(): Failed {
    return new Failed({ tag: 'HTTP-request-body-size', val: BigInt(this.written) });
  }

  private wakeWriters(): void {
    if (this.state === 'open' && this.blocks.length >= ROOM) return;
    // One that still cannot go on listens again: it must not be met again by this loop.
    const writers = [...this.writers];
    this.writers.clear();
    for (const notify of writers) notify();
  }

  private wake(): void {
    if (!this.hasBegun) {
      this.hasBegun = true;
      this.began.resolve();
    }
    const { reader } = this;
    this.reader = undefined;
    reader?.();
  }
}

/** `wasi:http/types.outgoing-body`. */
export class OutgoingBody {
  readonly #scope: Scope;
  readonly #pipe: BodyPipe;
  readonly #children = new Children('outgoing-body');
  #written = false;
  #finished = false;

  constructor(scope: Scope, pipe: BodyPipe) {
    scope.opened();
    this.#scope = scope;
    this.#pipe = pipe;
  }

  /** The stream can be had once. */
  write(): OutputStream {
    if (this.#written) throw new WitError();
    this.#written = true;
    return new OutputStream(this.#scope, { ...this.#pipe.sink, close: this.#children.add() });
  }

  /** Consumes the body. Trailers are refused: the HTTP client below cannot send any. */
  static finish(body: OutgoingBody, trailers: Fields | undefined): void {
    body.#children.end();
    body.#finished = true;
    body.#scope.closed();
    const size = trailers
      ?.taken()
      .entries()
      .reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    trailers?.[Symbol.dispose]();
    try {
      if (size) throw new Failed({ tag: 'HTTP-request-trailer-section-size', val: size });
      body.#pipe.finish();
    } catch (thrown) {
      body.#pipe.break(thrown);
      throw new WitError(httpError(thrown));
    }
  }

  [Symbol.dispose](): void {
    this.#children.end();
    this.#scope.closed();
    if (!this.#finished) this.#pipe.break();
  }
}
