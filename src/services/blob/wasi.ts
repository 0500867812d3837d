/** `wasi:blobstore@0.2.0-draft`: a container is a granted `blob` store of that name, which is there as soon as it is granted. */
import { storeOf } from '#core/store-grants';
import type { ServiceInterface } from '#core/services';
import { InputStream, OutputStream } from '../io/streams.ts';
import { askStore, failureOf, needStore, type StoreFailure } from '../kv/ask.ts';
import type { Page } from '../kv/index.ts';
import type { Scope } from '../scope.ts';
import { WitError } from '../wit-error.ts';
import { BlobHandle, type OpenedBlob, UploadHandle } from './transfer.ts';

interface Info {
  readonly size: number;
  readonly createdAt: number;
}

interface ObjectId {
  readonly container: string;
  readonly object: string;
}

/** The errors of this package are texts. */
const failed = ({ val }: StoreFailure): WitError => new WitError(val);
const PAGE = 1000;
/** What `consume-sync` hands over at once; larger values are streamed. */
const MOST_AT_ONCE = 16 * 1024 * 1024;
const READ = 1024 * 1024;
/** Of one `delete-objects`. */
const MOST_NAMES = 10_000;

const ask = (
  scope: Scope,
  write: boolean,
  question: { readonly op: string; readonly store: string; readonly [name: string]: unknown },
): Promise<unknown> => askStore(scope.env, 'blob', write, question, failed);

function need(scope: Scope, name: string, write: boolean): void {
  const refused = needStore(scope.env, { kind: 'blob', name, write });
  if (refused) throw failed(refused);
}

const wanted = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (thrown) {
    throw thrown instanceof WitError ? thrown : failed(failureOf(thrown));
  }
};

/** `wasi:blobstore/types.outgoing-value`: where it goes is said by `write-data`, before or after its bytes. */
class OutgoingValue {
  readonly #scope: Scope;
  readonly #upload: UploadHandle;
  #target: { readonly store: string; readonly name: string } | undefined;
  #streamed = false;

  constructor(scope: Scope) {
    scope.opened();
    this.#scope = scope;
    this.#upload = new UploadHandle(scope.env, async () => Number(await scope.env.ask('blob', { op: 'begin' })));
  }

  aim(store: string, name: string): void {
    this.#target = { store, name };
  }

  /** The stream can be had once. */
  outgoingValueWriteBody(): OutputStream {
    if (this.#streamed) throw new WitError();
    this.#streamed = true;
    return new OutputStream(this.#scope, this.#upload.sink);
  }

  static async finish(value: OutgoingValue): Promise<void> {
    value.#scope.closed();
    const target = value.#target;
    if (!target) {
      value.#upload.abort();
      throw new WitError('the value was given to no container: write-data comes before finish');
    }
    await wanted(value.#upload.finish(target.store, target.name));
  }

  [Symbol.dispose](): void {
    this.#scope.closed();
    this.#upload.abort();
  }
}

/** `wasi:blobstore/types.incoming-value`: a part of an object, as it was when it was asked for. */
class IncomingValue {
  readonly #scope: Scope;
  readonly #blob: BlobHandle;
  readonly #from: number;
  readonly #length: number;

  constructor(scope: Scope, blob: BlobHandle, from: number, length: number) {
    scope.opened();
    this.#scope = scope;
    this.#blob = blob;
    this.#from = from;
    this.#length = length;
  }

  static async incomingValueConsumeSync(value: IncomingValue): Promise<Uint8Array> {
    value.#scope.closed();
    const size = value.#length;
    try {
      if (size > MOST_AT_ONCE) throw new WitError(`${size} bytes are too many at once; consume them as a stream`);
      const whole = new Uint8Array(size);
      for (let done = 0; done < size; ) {
        const piece = await wanted(value.#blob.read(BigInt(value.#from + done), BigInt(Math.min(READ, size - done))));
        if (piece.length === 0) throw new WitError('the object is shorter than it was');
        whole.set(piece, done);
        done += piece.length;
      }
      return whole;
    } finally {
      value.#blob.release();
    }
  }

  static incomingValueConsumeAsync(value: IncomingValue): InputStream {
    value.#scope.closed();
    const source = value.#blob.source(BigInt(value.#from), BigInt(value.#length));
    value.#blob.release();
    return new InputStream(value.#scope, source);
  }

  size(): bigint {
    return BigInt(this.#length);
  }

  [Symbol.dispose](): void {
    this.#scope.closed();
    this.#blob.release();
  }
}

/** `wasi:blobstore/container.stream-object-names`. */
class StreamObjectNames {
  readonly #scope: Scope;
  readonly #store: string;
  #page: string[] = [];
  #after: string | undefined;
  #more = true;

  constructor(scope: Scope, store: string) {
    scope.opened();
    this.#scope = scope;
    this.#store = store;
  }

  /** At most a page, which is at least one name where there are any. */
  async readStreamObjectNames(length: bigint): Promise<readonly [readonly string[], boolean]> {
    const most = length > PAGE ? PAGE : Number(length);
    if (this.#page.length === 0 && this.#more && most > 0) {
      const question = { op: 'list', store: this.#store, prefix: '', after: this.#after, limit: PAGE };
      const { keys, more } = (await ask(this.#scope, false, question)) as Page;
      this.#page = [...keys];
      this.#more = more;
      this.#after = keys.at(-1) ?? this.#after;
    }
    const names = this.#page.splice(0, most);
    return [names, this.#page.length === 0 && !this.#more];
  }

  async skipStreamObjectNames(count: bigint): Promise<readonly [bigint, boolean]> {
    const [names, end] = await this.readStreamObjectNames(count);
    return [BigInt(names.length), end];
  }

  [Symbol.dispose](): void {
    this.#scope.closed();
  }
}

/** `wasi:blobstore/container.container`. */
class Container {
  readonly #scope: Scope;
  readonly #store: string;

  constructor(scope: Scope, store: string) {
    scope.opened();
    this.#scope = scope;
    this.#store = store;
  }

  name(): string {
    return this.#store;
  }

  info(): object {
    return { name: this.#store, createdAt: 0n };
  }

  /** Both ends are inclusive. */
  async getData(name: string, start: bigint, end: bigint): Promise<IncomingValue> {
    const found = await ask(this.#scope, false, { op: 'open', store: this.#store, name });
    if (found === undefined) throw noObject();
    const blob = new BlobHandle(this.#scope.env, found as OpenedBlob);
    const { size } = blob.opened;
    const from = start > BigInt(size) ? size : Number(start);
    const to = end >= BigInt(size) ? size : Number(end) + 1;
    return new IncomingValue(this.#scope, blob, from, Math.max(0, to - from));
  }

  writeData(name: string, data: OutgoingValue): void {
    need(this.#scope, this.#store, true);
    data.aim(this.#store, name);
  }

  listObjects(): StreamObjectNames {
    need(this.#scope, this.#store, false);
    return new StreamObjectNames(this.#scope, this.#store);
  }

  async deleteObject(name: string): Promise<void> {
    await ask(this.#scope, true, { op: 'remove', store: this.#store, name });
  }

  async deleteObjects(names: readonly string[]): Promise<void> {
    if (names.length > MOST_NAMES) throw new WitError(`at most ${MOST_NAMES} names at once`);
    await Promise.all(names.map((name) => this.deleteObject(name)));
  }

  async hasObject(name: string): Promise<boolean> {
    return (await ask(this.#scope, false, { op: 'info', store: this.#store, name })) !== undefined;
  }

  async objectInfo(name: string): Promise<object> {
    const info = (await ask(this.#scope, false, { op: 'info', store: this.#store, name })) as Info | undefined;
    if (!info) throw noObject();
    const { size, createdAt } = info;
    return { name, container: this.#store, createdAt: BigInt(createdAt), size: BigInt(size) };
  }

  async clear(): Promise<void> {
    await ask(this.#scope, true, { op: 'clear', store: this.#store });
  }

  [Symbol.dispose](): void {
    this.#scope.closed();
  }
}

const noObject = (): WitError => new WitError('there is no object of that name');

/** `wasi:blobstore/types`. */
export function blobstoreTypesInterface(scope: Scope): ServiceInterface {
  class OutgoingValueOfInstance extends OutgoingValue {
    static newOutgoingValue(): OutgoingValue {
      return new OutgoingValueOfInstance(scope);
    }
  }
  return { OutgoingValue: OutgoingValueOfInstance, IncomingValue };
}

/** `wasi:blobstore/container`. */
export const blobstoreContainerInterface: ServiceInterface = { Container, StreamObjectNames };

/** `wasi:blobstore/blobstore`. */
export function blobstoreInterface(scope: Scope): ServiceInterface {
  const get = (name: string, write: boolean): Container => {
    need(scope, name, write);
    return new Container(scope, name);
  };
  const copy = async (from: ObjectId, to: ObjectId): Promise<void> => {
    need(scope, from.container, false);
    const question = { op: 'copy', store: to.container, name: to.object, from: from.container, source: from.object };
    if ((await ask(scope, true, question)) === undefined) throw noObject();
  };
  return {
    createContainer: (name: string) => get(name, true),
    getContainer: (name: string) => get(name, false),
    async deleteContainer(name: string): Promise<void> {
      await ask(scope, true, { op: 'clear', store: name });
    },
    containerExists: (name: string) => storeOf(scope.env.policy, 'blob', name) !== undefined,
    copyObject: copy,
    async moveObject(from: ObjectId, to: ObjectId): Promise<void> {
      need(scope, from.container, true);
      await copy(from, to);
      if (from.container === to.container && from.object === to.object) return;
      await ask(scope, true, { op: 'remove', store: from.container, name: from.object });
    },
  };
}
