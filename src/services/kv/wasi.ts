/** `wasi:keyvalue@0.2.0-draft` and `-draft2`: a bucket is a granted `kv` store of that name. */
import type { ServiceInterface } from '#core/services';
import type { Scope } from '../scope.ts';
import { WitError } from '../wit-error.ts';
import { askStore, needStore, type StoreFailure } from './ask.ts';
import type { Page } from './index.ts';

type WasiError = { readonly tag: 'no-such-store' | 'access-denied' } | { readonly tag: 'other'; readonly val: string };

/** `access-denied` without more: what is missing is told to the owner, not to the guest. */
const errorOf = ({ tag, val }: StoreFailure): WasiError =>
  tag === 'denied' ? { tag: 'access-denied' } : { tag: 'other', val };
const wasiError = (failure: StoreFailure): WitError => new WitError(errorOf(failure));
const swapError = (failure: StoreFailure): WitError => new WitError({ tag: 'store-error', val: errorOf(failure) });

/** Pages of a list that a bucket remembers the end of: cursors are numbers, and stay true while keys come and go. */
const MOST_CURSORS = 64;
const PAGE = 1000;
/** Of one batch: keys, bytes of the values that it reads, and how many are asked for at once. */
const MOST_KEYS = 10_000;
const MOST_BYTES = 16 * 1024 * 1024;
const AT_ONCE = 16;

class Bucket {
  readonly scope: Scope;
  readonly store: string;
  #cursors = new Map<bigint, string>();
  #cursor = 0n;

  constructor(scope: Scope, store: string) {
    scope.opened();
    this.scope = scope;
    this.store = store;
  }

  get(key: string): Promise<unknown> {
    return this.ask(false, { op: 'get', key });
  }

  async set(key: string, value: Uint8Array): Promise<void> {
    await this.ask(true, { op: 'set', key, value });
    this.scope.env.refund(value.length);
  }

  async delete(key: string): Promise<void> {
    await this.ask(true, { op: 'delete', key });
  }

  exists(key: string): Promise<unknown> {
    return this.ask(false, { op: 'exists', key });
  }

  /** The first draft has numbers as cursors, the second texts: a number in digits is lowered as either. */
  async listKeys(cursor: bigint | string | undefined): Promise<object> {
    const after = cursor === undefined ? undefined : this.#after(cursor);
    const { keys, more } = (await this.ask(false, { op: 'list', prefix: '', after, limit: PAGE })) as Page;
    const last = keys.at(-1);
    if (!more || last === undefined) return { keys, cursor: undefined };
    this.#cursor += 1n;
    this.#cursors.set(this.#cursor, last);
    for (const oldest of this.#cursors.keys()) {
      if (this.#cursors.size <= MOST_CURSORS) break;
      this.#cursors.delete(oldest);
    }
    return { keys, cursor: String(this.#cursor) };
  }

  #after(cursor: bigint | string): string {
    const digits = String(cursor);
    const after = /^\d{1,20}$/.test(digits) ? this.#cursors.get(BigInt(digits)) : undefined;
    if (after === undefined) throw wasiError({ tag: 'invalid', val: 'the cursor is not of this bucket, or too old' });
    return after;
  }

  ask(
    write: boolean,
    question: { readonly op: string; readonly [name: string]: unknown },
    fail = wasiError,
  ): Promise<unknown> {
    return askStore(this.scope.env, 'kv', write, { ...question, store: this.store }, fail);
  }

  [Symbol.dispose](): void {
    this.scope.closed();
  }
}

/** `wasi:keyvalue/atomics.cas` of the second draft: the value as it was when the handle was made. */
class Cas {
  readonly bucket: Bucket;
  readonly key: string;
  readonly value: Uint8Array | undefined;

  constructor(bucket: Bucket, key: string, value: Uint8Array | undefined) {
    bucket.scope.opened();
    bucket.scope.hold(value?.length ?? 0);
    this.bucket = bucket;
    this.key = key;
    this.value = value;
  }

  static async new(bucket: Bucket, key: string): Promise<Cas> {
    return new Cas(bucket, key, (await bucket.get(key)) as Uint8Array | undefined);
  }

  current(): Uint8Array | undefined {
    return this.value;
  }

  [Symbol.dispose](): void {
    this.bucket.scope.release(this.value?.length ?? 0);
    this.bucket.scope.closed();
  }
}

/** `wasi:keyvalue/store`. The empty identifier is the store `default`. */
export function keyvalueStoreInterface(scope: Scope): ServiceInterface {
  return {
    Bucket,
    open(identifier: string): Bucket {
      const name = identifier === '' ? 'default' : identifier;
      const refused = needStore(scope.env, { kind: 'kv', name, write: false });
      if (refused) throw wasiError(refused);
      return new Bucket(scope, name);
    },
  };
}

/** `wasi:keyvalue/atomics`. */
export const keyvalueAtomicsInterface: ServiceInterface = {
  Cas,
  increment: (bucket: Bucket, key: string, delta: bigint) => bucket.ask(true, { op: 'increment', key, delta }),
  async swap(cas: Cas, value: Uint8Array): Promise<void> {
    const { bucket, key, value: expected } = cas;
    // The handle was given away with the call: it ends here, however the call does.
    cas[Symbol.dispose]();
    const swapped = await bucket.ask(true, { op: 'swap', key, expected, value }, swapError);
    bucket.scope.env.refund(value.length);
    if (!swapped) throw new WitError({ tag: 'cas-failed', val: await Cas.new(bucket, key) });
  },
};

/**
 * What `work` makes of each, in their order, a few at a time: what is asked for at once is held at once, several times.
 * The first failure ends it, and begins nothing more.
 */
async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  if (items.length > MOST_KEYS) throw wasiError({ tag: 'invalid', val: `a batch has at most ${MOST_KEYS} keys` });
  const made: R[] = [];
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < items.length && !failed; i = next++) made[i] = await work(items[i] as T);
  };
  const stop = (thrown: unknown): never => {
    failed = true;
    throw thrown;
  };
  const workers = Array.from({ length: Math.min(AT_ONCE, items.length) }, () => worker().catch(stop));
  const settled = await Promise.allSettled(workers);
  for (const one of settled) if (one.status === 'rejected') throw one.reason;
  return made;
}

/** `wasi:keyvalue/batch`. */
export const keyvalueBatchInterface: ServiceInterface = {
  async getMany(bucket: Bucket, keys: readonly string[]) {
    let held = 0;
    return each(keys, async (key) => {
      const value = (await bucket.get(key)) as Uint8Array | undefined;
      held += value?.length ?? 0;
      // The same key may be there many times.
      if (held > MOST_BYTES) {
        throw wasiError({ tag: 'invalid', val: `the values of a batch have at most ${MOST_BYTES} bytes together` });
      }
      return value === undefined ? undefined : [key, value];
    });
  },
  async setMany(bucket: Bucket, pairs: readonly (readonly [string, Uint8Array])[]): Promise<void> {
    await each(pairs, ([key, value]) => bucket.set(key, value));
  },
  async deleteMany(bucket: Bucket, keys: readonly string[]): Promise<void> {
    await each(keys, (key) => bucket.delete(key));
  },
};
