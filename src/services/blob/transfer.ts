/** Blobs and uploads as the host numbers them, for both interfaces. */
import type { ServiceEnv } from '#core/services';
import type { Source } from '../io/streams.ts';
import { type BlobSink, blobSink, blobSource } from './streams.ts';

/** One read gives no more, whatever is asked. */
const MOST_READ = 1024 * 1024;

export interface OpenedBlob {
  readonly handle: number;
  readonly size: number;
  readonly createdAt: number;
}

/** Numbers of WIT are larger than a size can be. */
const clamped = (value: bigint, most: number): number => (value > BigInt(most) ? most : Number(value));

/** A blob that the host holds open for the running call. */
export class BlobHandle {
  readonly opened: OpenedBlob;
  readonly env: ServiceEnv;
  #users = 1;

  constructor(env: ServiceEnv, opened: OpenedBlob) {
    this.env = env;
    this.opened = opened;
  }

  async read(offset: bigint, length: bigint): Promise<Uint8Array> {
    const { size } = this.opened;
    const at = clamped(offset, size);
    return this.#piece(at, Math.min(size - at, clamped(length, MOST_READ)));
  }

  /** A stream keeps the blob open after its resource was dropped. */
  source(offset: bigint, length: bigint | undefined): Source {
    const { size } = this.opened;
    const at = clamped(offset, size);
    const most = length === undefined ? size - at : clamped(length, size - at);
    const source = blobSource((from, wanted) => this.#piece(from, wanted), at, most);
    this.#users += 1;
    return {
      ...source,
      close: () => {
        source.close?.();
        this.release();
      },
    };
  }

  release(): void {
    this.#users -= 1;
    if (this.#users === 0) forget(this.env, 'close', this.opened.handle);
  }

  async #piece(offset: number, length: number): Promise<Uint8Array> {
    if (length === 0) return new Uint8Array();
    return (await this.env.ask('blob', { op: 'read', handle: this.opened.handle, offset, length })) as Uint8Array;
  }
}

/** An upload of the running call; the host is asked for it with its first bytes, or when it is finished. */
export class UploadHandle {
  readonly env: ServiceEnv;
  readonly sink: BlobSink;
  #handle: Promise<number> | undefined;
  #over = false;

  /** `begin` gives the host's number of it. */
  constructor(env: ServiceEnv, begin: () => Promise<number>) {
    this.env = env;
    this.#begin = begin;
    this.sink = blobSink(
      async (bytes) => {
        await env.ask('blob', { op: 'write', handle: await this.#number(), bytes });
      },
      (bytes) => env.refund(bytes),
    );
  }

  readonly #begin: () => Promise<number>;

  #number(): Promise<number> {
    this.#handle ??= this.#begin();
    return this.#handle;
  }

  /** Returns when there is room for more. Rejects with why the bytes, or earlier ones, could not be kept. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.sink.room();
    this.sink.keep(bytes);
    await this.sink.room();
  }

  /** When everything written has arrived. Rejects with a SwitchboardError. */
  async finish(store: string, name: string): Promise<unknown> {
    this.#over = true;
    await this.sink.drained();
    return this.env.ask('blob', { op: 'finish', handle: await this.#number(), store, name });
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#handle?.then(
      (handle) => forget(this.env, 'abort', handle),
      () => undefined,
    );
  }
}

/** The host ends what is left with the call: nobody waits for this. */
function forget(env: ServiceEnv, op: 'close' | 'abort', handle: number): void {
  env.ask('blob', { op, handle }).catch(() => undefined);
}
