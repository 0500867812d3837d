import type { PollSource } from '../io/poll.ts';

/** A header or a trailer, as it came. */
export type Header = readonly [name: string, value: string];

/** The connection that a body comes by. */
export interface Flow {
  pause(): void;
  resume(): void;
  /** Nobody reads on: the connection is closed. */
  abort(): void;
}

/** What may wait here; then the connection is paused, and what is not read is not fetched. */
const ROOM = 256 * 1024;

/** The bytes of a response's body between the network that writes and the component that reads. */
export class ResponseBody implements AsyncIterable<Uint8Array> {
  private readonly flow: Flow;
  private chunks: Uint8Array[] = [];
  private waiting = 0;
  private paused = false;
  private discarding = false;
  private state: 'open' | 'ended' | 'failed' = 'open';
  private failure: unknown;
  private given: readonly Header[] = [];
  private readonly listeners = new Set<() => void>();

  constructor(flow: Flow) {
    this.flow = flow;
  }

  /** From the network. */
  push(chunk: Uint8Array): void {
    if (this.discarding || this.state !== 'open') return;
    this.chunks.push(chunk);
    this.waiting += chunk.length;
    if (this.waiting >= ROOM && !this.paused) {
      this.paused = true;
      this.flow.pause();
    }
    this.wake();
  }

  end(trailers: readonly Header[]): void {
    if (this.state !== 'open') return;
    this.state = 'ended';
    this.given = trailers;
    this.wake();
  }

  /** What arrived before can still be read. */
  fail(reason: unknown): void {
    if (this.state !== 'open') return;
    this.state = 'failed';
    this.failure = reason;
    this.wake();
  }

  /** At most `most` bytes, which are the caller's then; nothing where none are there yet. Throws why it failed. */
  read(most: number): Uint8Array | 'end' | undefined {
    const chunk = this.chunks[0];
    if (!chunk) {
      if (this.state === 'failed') throw this.failure;
      return this.state === 'ended' ? 'end' : undefined;
    }
    const whole = chunk.length <= most;
    if (whole) this.chunks.shift();
    else this.chunks[0] = chunk.subarray(most);
    const bytes = whole ? chunk : chunk.subarray(0, most);
    this.waiting -= bytes.length;
    if (this.paused && this.waiting < ROOM / 2) this.resume();
    return bytes;
  }

  /** Ready when a read would give bytes, the end or the failure. */
  readonly readable: PollSource = {
    ready: () => this.chunks.length > 0 || this.state !== 'open',
    whenReady: (notify) => this.listen(notify),
  };

  /** Ready when all has arrived, or no more will. */
  readonly settled: PollSource = {
    ready: () => this.state !== 'open',
    whenReady: (notify) => this.listen(notify),
  };

  /** Once settled. Throws why it failed. */
  get trailers(): readonly Header[] {
    if (this.state === 'failed') throw this.failure;
    return this.given;
  }

  /** What comes from now on is thrown away: only the trailers are waited for. */
  discard(): void {
    if (this.discarding) return;
    this.discarding = true;
    this.chunks = [];
    this.waiting = 0;
    if (this.paused) this.resume();
  }

  /** Dropped: what has not come yet is not fetched. */
  destroy(): void {
    if (this.state === 'open') this.flow.abort();
    this.chunks = [];
    this.waiting = 0;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    try {
      for (;;) {
        const bytes = this.read(Number.POSITIVE_INFINITY);
        if (bytes === 'end') return;
        if (bytes) yield bytes;
        else await new Promise<void>((resolve) => void this.listen(resolve));
      }
    } finally {
      this.destroy();
    }
  }

  private resume(): void {
    this.paused = false;
    this.flow.resume();
  }

  private listen(notify: () => void): () => void {
    this.listeners.add(notify);
    return () => this.listeners.delete(notify);
  }

  private wake(): void {
    const listeners = [...this.listeners];
    this.listeners.clear();
    for (const notify of listeners) notify();
  }
}
