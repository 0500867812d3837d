import type { ServiceInterface } from '#core/services';
import type { Scope } from '../scope.ts';
import { WitError } from '../wit-error.ts';
import { Pollable, READY } from './poll.ts';

/** Where the bytes of an output stream go. It takes them at once: output is never waited for. */
export interface Sink {
  write(bytes: Uint8Array): void;
  /** What was written so far should be seen now. */
  flush(): void;
}

/** What one write may hold; the contract of wasi:io/streams lets a stream choose. */
const PERMIT = 65_536;
/** What `blocking-write-and-flush` and its kin take, by the same contract. */
const MOST_AT_ONCE = 4096;

/** `wasi:io/error.error`: no stream here fails, so that none is ever made. */
export class IoError {
  toDebugString(): string {
    return 'an error of a stream';
  }
}

/** `wasi:io/streams.input-stream` at its end: there is nothing to read. */
export class InputStream {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    scope.opened();
    this.#scope = scope;
  }

  read(_length: bigint): Uint8Array {
    throw closed();
  }

  blockingRead(_length: bigint): Uint8Array {
    throw closed();
  }

  skip(_length: bigint): bigint {
    throw closed();
  }

  blockingSkip(_length: bigint): bigint {
    throw closed();
  }

  subscribe(): Pollable {
    return new Pollable(this.#scope, READY);
  }

  [Symbol.dispose](): void {
    this.#scope.closed();
  }
}

/** `wasi:io/streams.output-stream`. */
export class OutputStream {
  readonly #scope: Scope;
  readonly #sink: Sink;

  constructor(scope: Scope, sink: Sink) {
    scope.opened();
    this.#scope = scope;
    this.#sink = sink;
  }

  checkWrite(): bigint {
    return BigInt(PERMIT);
  }

  write(bytes: Uint8Array): void {
    atMost(bytes.length, PERMIT);
    this.#sink.write(bytes);
  }

  blockingWriteAndFlush(bytes: Uint8Array): void {
    atMost(bytes.length, MOST_AT_ONCE);
    this.#sink.write(bytes);
    // A full piece is one of a longer text that had to be cut; flushing would break its last line in two.
    if (bytes.length < MOST_AT_ONCE) this.#sink.flush();
  }

  flush(): void {
    this.#sink.flush();
  }

  blockingFlush(): void {
    this.#sink.flush();
  }

  writeZeroes(length: bigint): void {
    atMost(length, PERMIT);
    this.#sink.write(new Uint8Array(Number(length)));
  }

  blockingWriteZeroesAndFlush(length: bigint): void {
    atMost(length, MOST_AT_ONCE);
    this.blockingWriteAndFlush(new Uint8Array(Number(length)));
  }

  splice(source: InputStream, length: bigint): bigint {
    const bytes = source.read(length < BigInt(PERMIT) ? length : BigInt(PERMIT));
    this.write(bytes);
    return BigInt(bytes.length);
  }

  blockingSplice(source: InputStream, length: bigint): bigint {
    return this.splice(source, length);
  }

  subscribe(): Pollable {
    return new Pollable(this.#scope, READY);
  }

  [Symbol.dispose](): void {
    this.#scope.closed();
    this.#sink.flush();
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
