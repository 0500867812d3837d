import type { ServiceInterface } from '#core/services';
import { InputStream, OutputStream } from '../io/streams.ts';
import { askStore, failureOf, type StoreFailure } from '../kv/ask.ts';
import type { Page } from '../kv/index.ts';
import type { Scope } from '../scope.ts';
import { WitError } from '../wit-error.ts';
import { BlobHandle, type OpenedBlob, UploadHandle } from './transfer.ts';

interface Info {
  readonly size: number;
  readonly createdAt: number;
}

const failed = (failure: StoreFailure): WitError => new WitError(failure);
const told = ({ size, createdAt }: Info): object => ({ size: BigInt(size), createdAt: BigInt(createdAt) });

/** `switchboard:host/blob.blob`. */
class Blob {
  readonly #scope: Scope;
  readonly #handle: BlobHandle;

  /** `blob-streams.read`. */
  static stream(blob: Blob, offset: bigint, length: bigint | undefined): InputStream {
    return new InputStream(blob.#scope, blob.#handle.source(offset, length));
  }

  constructor(scope: Scope, opened: OpenedBlob) {
    scope.opened();
    this.#scope = scope;
    this.#handle = new BlobHandle(scope.env, opened);
  }

  size(): bigint {
    return BigInt(this.#handle.opened.size);
  }

  async read(offset: bigint, length: bigint): Promise<Uint8Array> {
    try {
      return await this.#handle.read(offset, length);
    } catch (thrown) {
      throw failed(failureOf(thrown));
    }
  }

  [Symbol.dispose](): void {
    this.#scope.closed();
    this.#handle.release();
  }
}

/** `switchboard:host/blob.upload`. */
class Upload {
  readonly #scope: Scope;
  readonly #handle: UploadHandle;
  readonly #store: string;
  readonly #name: string;

  /** `blob-streams.write`. */
  static stream(upload: Upload): OutputStream {
    return new OutputStream(upload.#scope, upload.#handle.sink);
  }

  constructor(scope: Scope, store: string, name: string, handle: number) {
    scope.opened();
    this.#scope = scope;
    this.#store = store;
    this.#name = name;
    this.#handle = new UploadHandle(scope.env, () => Promise.resolve(handle));
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#handle.write(bytes);
    } catch (thrown) {
      throw failed(failureOf(thrown));
    }
  }

  static async finish(upload: Upload): Promise<object> {
    upload.#scope.closed();
    try {
      return told((await upload.#handle.finish(upload.#store, upload.#name)) as Info);
    } catch (thrown) {
      throw failed(failureOf(thrown));
    }
  }

  [Symbol.dispose](): void {
    this.#scope.closed();
    this.#handle.abort();
  }
}

/** `switchboard:host/blob`. */
export function blobInterface(scope: Scope): ServiceInterface {
  const { env } = scope;
  const found = <T>(answer: T | undefined): T => {
    if (answer === undefined) throw new WitError({ tag: 'not-found' });
    return answer;
  };
  return {
    Blob,
    Upload,
    async open(store: string, name: string): Promise<Blob> {
      const opened = await askStore(env, 'blob', false, { op: 'open', store, name });
      return new Blob(scope, found(opened as OpenedBlob | undefined));
    },
    async create(store: string, name: string): Promise<Upload> {
      const handle = await askStore(env, 'blob', true, { op: 'create', store, name });
      return new Upload(scope, store, name, Number(handle));
    },
    async stat(store: string, name: string): Promise<object> {
      return told(found((await askStore(env, 'blob', false, { op: 'info', store, name })) as Info | undefined));
    },
    delete: (store: string, name: string) => askStore(env, 'blob', true, { op: 'remove', store, name }),
    async list(store: string, prefix: string, after: string | undefined, limit: number): Promise<object> {
      const { keys, more } = (await askStore(env, 'blob', false, { op: 'list', store, prefix, after, limit })) as Page;
      return { names: keys, next: more ? keys.at(-1) : undefined };
    },
  };
}

/** `switchboard:host/blob-streams`. */
export const blobStreamsInterface: ServiceInterface = {
  read: (blob: Blob, offset: bigint, length: bigint | undefined) => Blob.stream(blob, offset, length),
  write: (upload: Upload) => Upload.stream(upload),
};
