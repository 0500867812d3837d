// oxlint-disable typescript/no-explicit-any -- what a guest's imports are is said by its world
import * as kv from 'switchboard:host/kv@0.1.0';
import { bytesOf, keyOf, textOf } from './text.ts';

const host: any = kv;
const valueOf = (text: string): Uint8Array =>
  text.startsWith('BYTES:') ? new Uint8Array(Number(text.slice(6))) : bytesOf(text);
const maybe = (text: string | undefined): Uint8Array | undefined =>
  text === undefined || text === 'NONE' ? undefined : valueOf(text);
const ttlOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

export const KV: { readonly [op: string]: (...args: string[]) => string } = {
  get(store = '', key = '') {
    const found = host.get(store, keyOf(key));
    return found === undefined || found === null ? 'NONE' : textOf(found);
  },
  exists: (store = '', key = '') => String(host.exists(store, keyOf(key))),
  set(store = '', key = '', value = '', ttl?: string) {
    host.set(store, keyOf(key), valueOf(value), ttlOf(ttl));
    return 'set';
  },
  delete: (store = '', key = '') => String(host.delete(store, keyOf(key))),
  swap: (store = '', key = '', expected?: string, value?: string) =>
    String(host.compareAndSet(store, keyOf(key), maybe(expected), maybe(value), undefined)),
  increment: (store = '', key = '', delta = '1') => String(host.increment(store, keyOf(key), Number(delta))),
  list(store = '', prefix = '', limit = '1000') {
    const all: string[] = [];
    let pages = 0;
    for (let after: string | undefined, more = true; more; pages += 1) {
      const { keys, next } = host.list(store, prefix, after, Number(limit));
      all.push(...keys);
      after = next ?? undefined;
      more = after !== undefined;
    }
    return `${pages}: ${all.join(' ')}`;
  },
  page: (store = '', prefix = '', after = '', limit = '10') => {
    const { keys, next } = host.list(store, prefix, after === '' ? undefined : keyOf(after), Number(limit));
    return `${keys.join(' ')} > ${next ?? 'NONE'}`;
  },
  usage(store = '') {
    const { keys, bytes, mostKeys, mostBytes } = host.usage(store);
    return [keys, bytes, mostKeys, mostBytes].join(' ');
  },
  /** Sets key after key until it is refused; how many were kept, and why no more. */
  fill(store = '', size = '100', most = '100000') {
    const value = new Uint8Array(Number(size));
    for (let i = 0; i < Number(most); i += 1) {
      try {
        host.set(store, `fill-${i}`, value, undefined);
      } catch (thrown) {
        return `${i} ${(thrown as any).payload?.tag ?? (thrown as any).tag}`;
      }
    }
    return `${most} kept`;
  },
  /** Lists the same page again and again. */
  listEndlessly(store = '', times = '1000000') {
    for (let i = 0; i < Number(times); i += 1) host.list(store, '', undefined, 1000);
    return 'done';
  },
  /** Counts up so many times, as others do at the same time. */
  count(store = '', key = '', times = '10') {
    for (let i = 0; i < Number(times); i += 1) host.increment(store, key, 1);
    return 'counted';
  },
};
