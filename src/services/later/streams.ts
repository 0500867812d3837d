import { IoError } from '../io/streams.ts';
import { WitError } from '../wit-error.ts';

/** A guest's stream as generated code hands it to an import. */
export interface GuestStream {
  read(options: { readonly count: number }): Promise<{ readonly value: unknown; readonly done: boolean }>;
  [Symbol.dispose]?(): void;
}

/** A `result<_, E>` as a future carries it. */
export type Outcome = { readonly tag: 'ok' } | { readonly tag: 'err'; readonly val: unknown };

/** What is read of a guest's stream at once. */
const BYTES_AT_ONCE = 65_536;

/** Hands a guest's bytes to `take` until its stream ends, then drops it. What `take` throws ends it early. */
export async function drain(stream: GuestStream, take: (bytes: Uint8Array) => unknown): Promise<void> {
  try {
    for (;;) {
      const { value, done } = await stream.read({ count: BYTES_AT_ONCE });
      if (value !== undefined) await take(value as Uint8Array);
      if (done) return;
    }
  } finally {
    stream[Symbol.dispose]?.();
  }
}

/**
 * What a guest reads as a stream, and beside it how that ended. `next` gives undefined after the last item; what it
 * throws is the error case. `close` is called once, however it ends; a guest may never read on.
 */
export function sourceStream<T>(
  next: () => T | undefined | Promise<T | undefined>,
  close: () => void,
  errorOf: (thrown: WitError) => unknown,
): [AsyncIterable<T>, Promise<Outcome>] {
  const ended = Promise.withResolvers<Outcome>();
  let over = false;
  const end = (outcome: Outcome): void => {
    if (over) return;
    over = true;
    close();
    ended.resolve(outcome);
  };
  const iterator: AsyncIterator<T> = {
    async next() {
      if (over) return { value: undefined, done: true };
      try {
        const value = await next();
        if (value !== undefined) return { value, done: false };
        end({ tag: 'ok' });
      } catch (thrown) {
        if (!(thrown instanceof WitError)) throw thrown;
        end({ tag: 'err', val: errorOf(thrown) });
      }
      return { value: undefined, done: true };
    },
    return() {
      end({ tag: 'ok' });
      return Promise.resolve({ value: undefined, done: true });
    },
  };
  return [{ [Symbol.asyncIterator]: () => iterator }, ended.promise];
}

/** What `wasi:io/streams` threw: undefined at the end, else the code of its error. */
export function streamError(thrown: unknown): { readonly code: unknown } | undefined {
  if (!(thrown instanceof WitError)) throw thrown;
  const { tag, val } = thrown.payload as { readonly tag: string; readonly val?: unknown };
  return tag === 'closed' ? undefined : { code: val instanceof IoError ? val.code : undefined };
}
