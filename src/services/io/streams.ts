import type { ServiceInterface } from '#core/services';
import type { Scope } from '../scope.ts';
import { WitError } from '../wit-error.ts';
import { Pollable, type PollSource, READY } from './poll.ts';

/** Where the bytes of an output stream go. */
export interface Sink {
  /** Takes the bytes, which are the guest's memory: what is kept of them is copied. Throws what `streamFailed` made. */
  write(bytes: Uint8Array): void;
  /** What was written so far should be seen now. */
  flush(): void;
  /** How many bytes it takes now: none, or as much as any one write has. Without it, always a full permit. */
  permit?(): number;
  /** For sinks that may be full: ready when `permit` is not 0 or throws. */
  readonly pollable?: PollSource;
  /** The stream was dropped. */
  close?(): void;
}

/** What one write may hold; the contract of wasi:io/streams lets a stream choose. */
const PERMIT = 65_536;
/** What `blocking-write-and-flush` and its kin take, by the same contract. */
const MOST_AT_ONCE = 4096;

/** Where the bytes of an input stream come from. */
export interface Source {
  /**
   * At most `length` bytes, which are the caller's then; an empty array where nothing is there yet; `end` after the
   * last. Throws what `streamFailed` made.
   */
  read(length: number): Uint8Array | 'end';
  /** For sources that may have nothing yet: ready when a read would give bytes, the end or an error. */
  readonly pollable?: PollSource;
  /** The stream was dropped. */
  close?(): void;
}

/** `wasi:io/error.error`: why a stream failed. The code is for the interface whose stream it is. */
export class IoError {
  readonly #text: string;
  readonly code: unknown;

  constructor(text = 'an error of a stream', code?: unknown) {
    this.#text = text;
    this.code = code;
  }

  toDebugString(): string {
    return this.#text;
  }
}

/** What a stream's operation throws when its last operation failed. */
export function streamFailed(text: string, code: unknown): WitError {
  return new WitError({ tag: 'last-operation-failed', val: new IoError(text, code) });
}

/** One read gives no more than this, whatever is asked: it is held twice while it is copied into the guest. */
const MOST_READ = 1024 * 1024;

const EMPTY: Source = { read: () => 'end' };

/** `wasi:io/streams.input-stream`; of no source: at its end. */
export class InputStream {
  readonly #scope: Scope;
  readonly #source: Source;
  #ended = false;

  constructor(scope: Scope, source: Source = EMPTY) {
    scope.opened();
    this.#scope = scope;
    this.#source = source;
  }

  read(length: bigint): Uint8Array {
    if (this.#ended) throw closed();
    let bytes: Uint8Array | 'end';
    try {
      bytes = this.#source.read(length > MOST_READ ? MOST_READ : Number(length));
    } catch (thrown) {
      this.#ended = true;
      throw thrown;
    }
    if (bytes !== 'end') return bytes;
    this.#ended = true;
    throw closed();
  }

  blockingRead(length: bigint): Uint8Array | Promise<Uint8Array> {
    const { pollable } = this.#source;
    if (length === 0n || this.#ended || pollable === undefined || pollable.ready()) return this.read(length);
    return Pollable.wait(pollable, this.#scope).then(() => this.read(length));
  }

  skip(length: bigint): bigint {
    return BigInt(this.read(length).length);
  }

  blockingSkip(length: bigint): bigint | Promise<bigint> {
    const bytes = this.blockingRead(length);
    return bytes instanceof Promise ? bytes.then((read) => BigInt(read.length)) : BigInt(bytes.length);
  }

  subscribe(): Pollable {
    return new Pollable(this.#scope, this.#ended ? READY : (this.#source.pollable ?? READY));
  }

  [Symbol.dispose](): void {
    this.#scope.closed();
    this.#source.close?.();
  }
}

/** `wasi:io/streams.output-stream`. */
export class OutputStream {
  readonly #scope: Scope;
  readonly #sink: Sink;
  /** An operation failed: by the contract every later one says `closed`. */
  #failed = false;

  constructor(scope: Scope, sink: Sink) {
    scope.opened();
    this.#scope = scope;
    this.#sink = sink;
  }

  checkWrite(): bigint {
    return BigInt(this.#permit());
  }

  write(bytes: Uint8Array): void {
    atMost(bytes.length, this.#permit());
    this.#write(bytes);
  }

  blockingWriteAndFlush(bytes: Uint8Array): void | Promise<void> {
    atMost(bytes.length, MOST_AT_ONCE);
    return this.#whenRoom(bytes.length, () => {
      this.#write(bytes);
      // A full piece is one of a longer text that had to be cut; flushing would break its last line in two.
      if (bytes.length < MOST_AT_ONCE) this.#flush();
    });
  }

  flush(): void {
    this.#flush();
  }

  blockingFlush(): void | Promise<void> {
    this.#flush();
    return this.#whenRoom(1, () => undefined);
  }

  writeZeroes(length: bigint): void {
    atMost(length, this.#permit());
    this.#write(new Uint8Array(Number(length)));
  }

  blockingWriteZeroesAndFlush(length: bigint): void | Promise<void> {
    atMost(length, MOST_AT_ONCE);
    return this.blockingWriteAndFlush(new Uint8Array(Number(length)));
  }

  splice(source: InputStream, length: bigint): bigint {
    const room = BigInt(this.#permit());
    const bytes = source.read(length < room ? length : room);
    if (bytes.length > 0) this.write(bytes);
    return BigInt(bytes.length);
  }

  blockingSplice(source: InputStream, length: bigint): bigint | Promise<bigint> {
    const spliced = (bytes: Uint8Array): bigint => {
      if (bytes.length > 0) this.#write(bytes);
      return BigInt(bytes.length);
    };
    const read = (): bigint | Promise<bigint> => {
      const room = BigInt(this.#permit());
      const bytes = source.blockingRead(length < room ? length : room);
      return bytes instanceof Promise ? bytes.then(spliced) : spliced(bytes);
    };
    return this.#permit() > 0 || !this.#sink.pollable
      ? read()
      : Pollable.wait(this.#sink.pollable, this.#scope).then(read);
  }

  subscribe(): Pollable {
    return new Pollable(this.#scope, this.#sink.pollable ?? READY);
  }

  [Symbol.dispose](): void {
    this.#scope.closed();
    this.#sink.flush();
    this.#sink.close?.();
  }

  #permit(): number {
    if (this.#failed) throw closed();
    try {
      return Math.min(PERMIT, this.#sink.permit?.() ?? PERMIT);
    } catch (thrown) {
      this.#failed = true;
      throw thrown;
    }
  }

  #write(bytes: Uint8Array): void {
    if (this.#failed) throw closed();
    try {
      this.#sink.write(bytes);
    } catch (thrown) {
      this.#failed = true;
      throw thrown;
    }
  }

  #flush(): void {
    if (this.#failed) throw closed();
    try {
      this.#sink.flush();
    } catch (thrown) {
      this.#failed = true;
      throw thrown;
    }
  }

  #whenRoom(length: number, work: () => void): void | Promise<void> {
    const { pollable } = this.#sink;
    if (pollable === undefined || this.#permit() >= length) return work();
    const again = (): void | Promise<void> => this.#whenRoom(length, work);
    return Pollable.wait(pollable, this.#scope).then(again);
  }
}

function closed(): WitError {
  return new WitError({ tag: 'closed' });
}

/** Traps, as wasi:io/streams wants of a write that is larger than was permitted. */
function atMost(length: number | bigint, most: number): void {
  if (length > most) throw new RangeError(`${length} bytes were written at once; the stream takes ${most}`);
}

/** `wasi:io/error`. */
export const errorInterface: ServiceInterface = { Error: IoError };

/** `wasi:io/streams`. */
export const streamsInterface: ServiceInterface = { InputStream, OutputStream };
