import type { Clock, KvStore, StorePlace } from '#core/ports';
import { checkKey, checkValue, countText, expiryOf } from '#core/stores';
import { kvCache } from './kv-cache.ts';
import type { StorageThread } from './storage-thread.ts';
import { checkListing } from './store-pages.ts';

/**
 * Values in SQLite, behind a cache: a value that was read or written lately is answered without the thread. That is
 * exact, as the thread has the database for this process alone and answers in order.
 */
export function sqliteKvStore(thread: StorageThread, clock: Clock): KvStore {
  const cache = kvCache();
  thread.onLost(() => cache.clear());
  const find = async (place: StorePlace, key: string): Promise<Uint8Array | undefined> => {
    checkKey(key);
    const kept = cache.get(place, key, clock.now());
    if (kept) return kept.value;
    const found = await thread.call('kvGet', place, key, clock.now());
    cache.set(place, key, found?.value, found?.expiresAt ?? undefined);
    return found?.value;
  };
  /** What a write that failed left is asked for anew. */
  const writing = async <T>(place: StorePlace, key: string, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      cache.forget(place, key);
      throw error;
    }
  };
  return {
    get: find,
    exists: async (place, key) => (await find(place, key)) !== undefined,
    async set(place, key, value, { ttl, quota }) {
      checkKey(key);
      checkValue(value);
      const now = clock.now();
      const expiresAt = expiryOf(ttl, now);
      await writing(place, key, thread.call('kvSet', place, key, { value, expiresAt, quota }, now));
      cache.set(place, key, value, expiresAt);
    },
    async delete(place, key) {
      checkKey(key);
      const was = await writing(place, key, thread.call('kvDelete', place, key, clock.now()));
      cache.set(place, key, undefined, undefined);
      return was;
    },
    async compareAndSet(place, key, expected, value, { ttl, quota }) {
      checkKey(key);
      if (value) checkValue(value);
      const now = clock.now();
      const expiresAt = expiryOf(ttl, now);
      const next = value && { value, expiresAt, quota };
      const swapped = await writing(place, key, thread.call('kvSwap', place, key, expected, next, now));
      if (swapped) cache.set(place, key, value, expiresAt);
      return swapped;
    },
    async increment(place, key, delta, quota) {
      checkKey(key);
      const work = thread.call('kvIncrement', place, key, delta, quota, clock.now());
      const { sum, expiresAt } = await writing(place, key, work);
      cache.set(place, key, countText(sum), expiresAt);
      return sum;
    },
    list: async (place, listing) => {
      checkListing(listing);
      return thread.call('kvList', place, listing, clock.now());
    },
    usage: (place) => thread.call('kvUsage', place),
    stores: () => thread.call('kvStores'),
    async clear({ owner, name }) {
      const gone = await thread.call('kvClear', owner, name);
      cache.clear();
      return gone;
    },
    close: () => thread.close(),
  };
}
