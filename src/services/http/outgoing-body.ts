import type { PollSource } from '../io/poll.ts';
import { OutputStream, type Sink, streamFailed } from '../io/streams.ts';
import type { Scope } from '../scope.ts';
import { WitError } from '../wit-error.ts';

/** What the guest may be ahead of the network. */
const ROOM = 256 * 1024;

/** The bytes of a request's body between the guest that writes and the network that reads. */
export class BodyPipe implements AsyncIterable<Uint8Array> {
  private readonly scope: Scope;
  private chunks: Uint8Array[] = [];
  private waiting = 0;
  private state: 'open' | 'finished' | 'broken' = 'open';
  private readers: (() => void)[] = [];
  private writers = new Set<() => void>();
  private began = Promise.withResolvers<void>();

  constructor(scope: Scope) {
    this.scope = scope;
  }

  readonly sink: Sink = {
    write: (bytes) => {
      if (this.state !== 'open') throw streamFailed('the request has ended', { tag: 'connection-terminated' });
      if (bytes.length === 0) return;
      this.chunks.push(bytes);
      this.waiting += bytes.length;
      this.wake();
    },
    flush: () => {},
    permit: () => (this.state === 'open' ? Math.max(0, ROOM - this.waiting) : ROOM),
    pollable: {
      ready: () => this.state !== 'open' || this.waiting < ROOM,
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
    return this.state === 'finished' && this.chunks.length === 0;
  }

  finish(): void {
    if (this.state === 'open') this.state = 'finished';
    this.wake();
  }

  /** The guest gave up, or the network did: no more is written, and a reader fails. */
  break(): void {
    if (this.state === 'open') this.state = 'broken';
    this.chunks = [];
    this.wake();
    for (const notify of this.writers) notify();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.chunks.shift();
        if (chunk) {
          this.waiting -= chunk.length;
          this.scope.env.refund(chunk.length);
          for (const notify of this.writers) notify();
          yield chunk;
        } else if (this.state === 'finished') return;
        else if (this.state === 'broken') throw new Error('the component dropped the body before its end');
        else await new Promise<void>((resolve) => this.readers.push(resolve));
      }
    } finally {
      this.break();
    }
  }

  private wake(): void {
    this.began.resolve();
    for (const resolve of this.readers.splice(0)) resolve();
  }
}

/** `wasi:http/types.outgoing-body`. */
export class OutgoingBody {
  readonly #scope: Scope;
  readonly #pipe: BodyPipe;
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
    return new OutputStream(this.#scope, this.#pipe.sink);
  }

  /** Trailers are not sent: HTTP/1.1 servers drop them, and they smuggle what headers may not say. */
  static finish(body: OutgoingBody, trailers: { [Symbol.dispose](): void } | undefined): void {
    if (trailers !== undefined) {
      trailers[Symbol.dispose]();
      body.#pipe.break();
      throw new WitError({ tag: 'HTTP-request-trailer-section-size', val: 0 });
    }
    body.#finished = true;
    body.#pipe.finish();
  }

  [Symbol.dispose](): void {
    this.#scope.closed();
    if (!this.#finished) this.#pipe.break();
  }
}
