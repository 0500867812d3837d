import type { ServiceInterface } from '#core/services';
import type { Scope } from '../scope.ts';
import { askStore, type StoreQuestion } from './ask.ts';

type Bytes = Uint8Array | undefined;

/** `switchboard:host/kv`. Values live with the host; every function asks it. */
export function kvInterface({ env }: Scope): ServiceInterface {
  const read = (question: StoreQuestion): Promise<unknown> => askStore(env, 'kv', false, question);
  const write = async (question: StoreQuestion, sent = 0): Promise<unknown> => {
    const answer = await askStore(env, 'kv', true, question);
    // It is in the store now, and nowhere else.
    if (sent > 0) env.refund(sent);
    return answer;
  };
  return {
    get: (store: string, key: string) => read({ op: 'get', store, key }),
    exists: (store: string, key: string) => read({ op: 'exists', store, key }),
    set: (store: string, key: string, value: Uint8Array, ttl: bigint | undefined) =>
      write({ op: 'set', store, key, value, ttl: milliseconds(ttl) }, value.length),
    delete: (store: string, key: string) => write({ op: 'delete', store, key }),
    compareAndSet: (store: string, key: string, expected: Bytes, value: Bytes, ttl: bigint | undefined) => {
      const sent = (expected?.length ?? 0) + (value?.length ?? 0);
      return write({ op: 'swap', store, key, expected, value, ttl: milliseconds(ttl) }, sent);
    },
    increment: (store: string, key: string, delta: bigint) => write({ op: 'increment', store, key, delta }),
    async list(store: string, prefix: string, after: string | undefined, limit: number) {
      const { keys, more } = (await read({ op: 'list', store, prefix, after, limit })) as Page;
      return { keys, next: more ? keys.at(-1) : undefined };
    },
    async usage(store: string) {
      const usage = (await read({ op: 'usage', store })) as { readonly [name: string]: number };
      return Object.fromEntries(Object.entries(usage).map(([name, value]) => [name, BigInt(value)]));
    },
  };
}

export interface Page {
  readonly keys: readonly string[];
  readonly more: boolean;
}

const milliseconds = (ttl: bigint | undefined): number | undefined => (ttl === undefined ? undefined : Number(ttl));
