/** `wasi:filesystem` of WASI 0.3: the descriptors of 0.2, under the same policy, in the forms of 0.3. */
import type { ServiceInterface } from '#core/services';
import { Descriptor } from '../filesystem/descriptor.ts';
import { preopensInterface } from '../filesystem/index.ts';
import type { OutputStream } from '../io/streams.ts';
import type { Scope } from '../scope.ts';
import { WitError } from '../wit-error.ts';
import { drain, type GuestStream, type Outcome, sourceStream, streamError } from './streams.ts';

const BYTES_AT_ONCE = 65_536n;

/** Cases without a value: `error-code` and `descriptor-type` are variants in 0.3. */
type Tag = { readonly tag: string; readonly val?: undefined };
type Stat = { readonly type: string };

const typeTag = (type: string): Tag => (type === 'unknown' ? { tag: 'other', val: undefined } : { tag: type });
const codeTag = (code: unknown): Tag => ({ tag: typeof code === 'string' ? code : 'io' });
const statOf = (stat: unknown): object => ({ ...(stat as object), type: typeTag((stat as Stat).type) });

/** Does what a descriptor of 0.2 does; its error is that of 0.3. */
function run<T>(work: () => T): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (thrown) {
    return Promise.reject(thrown instanceof WitError ? new WitError(codeTag(thrown.payload)) : thrown);
  }
}

/** `wasi:filesystem/types.descriptor` of WASI 0.3. */
class Descriptor3 {
  readonly #inner: Descriptor;

  constructor(inner: Descriptor) {
    this.#inner = inner;
  }

  static inner(of: Descriptor3): Descriptor {
    return of.#inner;
  }

  readViaStream(offset: bigint): [AsyncIterable<Uint8Array>, Promise<Outcome>] {
    return opened(
      () => this.#inner.readViaStream(offset),
      (input) => () => {
        try {
          return input.read(BYTES_AT_ONCE);
        } catch (thrown) {
          const failed = streamError(thrown);
          if (failed) throw new WitError(failed.code);
          return undefined;
        }
      },
    );
  }

  writeViaStream(data: GuestStream, offset: bigint): Promise<Outcome> {
    return written(data, () => this.#inner.writeViaStream(offset));
  }

  appendViaStream(data: GuestStream): Promise<Outcome> {
    return written(data, () => this.#inner.appendViaStream());
  }

  readDirectory(): [AsyncIterable<object>, Promise<Outcome>] {
    return opened(
      () => this.#inner.readDirectory(),
      (entries) => () => {
        const entry = entries.readDirectoryEntry();
        return entry && { type: typeTag(entry.type), name: entry.name };
      },
    );
  }

  getType(): Promise<Tag> {
    return run(() => typeTag(this.#inner.getType()));
  }

  stat(): Promise<object> {
    return run(() => statOf(this.#inner.stat()));
  }

  statAt(...args: Parameters<Descriptor['statAt']>): Promise<object> {
    return run(() => statOf(this.#inner.statAt(...args)));
  }

  openAt(...args: Parameters<Descriptor['openAt']>): Promise<Descriptor3> {
    return run(() => new Descriptor3(this.#inner.openAt(...args)));
  }

  [Symbol.dispose](): void {
    this.#inner[Symbol.dispose]();
  }
}

/** Methods that only wait, and that take descriptors of 0.3 where theirs take those of 0.2. */
const SAME = [
  'advise',
  'syncData',
  'getFlags',
  'setSize',
  'setTimes',
  'sync',
  'createDirectoryAt',
  'setTimesAt',
  'linkAt',
  'readlinkAt',
  'removeDirectoryAt',
  'renameAt',
  'symlinkAt',
  'unlinkFileAt',
  'isSameObject',
  'metadataHash',
  'metadataHashAt',
] as const satisfies readonly (keyof Descriptor)[];

for (const name of SAME) {
  const method = Descriptor.prototype[name] as (...args: unknown[]) => unknown;
  Object.defineProperty(Descriptor3.prototype, name, {
    value(this: Descriptor3, ...args: unknown[]) {
      const inner = Descriptor3.inner(this);
      const own = (inner[name] as typeof method | undefined) ?? method;
      return run(() =>
        own.apply(
          inner,
          args.map((arg) => (arg instanceof Descriptor3 ? Descriptor3.inner(arg) : arg)),
        ),
      );
    },
  });
}

/** A stream over something that was opened for it, or that could not be. */
function opened<S extends Disposable, T>(
  open: () => S,
  reader: (source: S) => () => T | undefined,
): [AsyncIterable<T>, Promise<Outcome>] {
  let source: S | undefined;
  let read: (() => T | undefined) | undefined;
  const next = (): T | undefined => {
    source ??= open();
    read ??= reader(source);
    return read();
  };
  return sourceStream(
    next,
    () => source?.[Symbol.dispose](),
    (thrown) => codeTag(thrown.payload),
  );
}

async function written(data: GuestStream, open: () => OutputStream): Promise<Outcome> {
  let output: OutputStream | undefined;
  try {
    const sink = (output = open());
    await drain(data, (bytes) => sink.write(bytes));
    return { tag: 'ok' };
  } catch (thrown) {
    if (!(thrown instanceof WitError)) throw thrown;
    // Of the descriptor the payload is its code; of a write that failed, an error that holds one.
    const { payload } = thrown;
    return { tag: 'err', val: codeTag(typeof payload === 'string' ? payload : streamError(thrown)?.code) };
  } finally {
    data[Symbol.dispose]?.();
    output?.[Symbol.dispose]();
  }
}

/** `wasi:filesystem/types` of WASI 0.3. */
export const filesystemTypes3: ServiceInterface = { Descriptor: Descriptor3 };

/** `wasi:filesystem/preopens` of WASI 0.3. */
export function preopens3(scope: Scope): ServiceInterface {
  const { getDirectories } = preopensInterface(scope) as { getDirectories(): [Descriptor, string][] };
  return { getDirectories: () => getDirectories().map(([inner, name]) => [new Descriptor3(inner), name]) };
}
