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
  /**
   * What an answer says goes into the cache in the very turn in which it is given: answers come in the order of the
   * questions, and so what is known is always what the last of them says. What a write that failed left is asked anew.
   */
  const learning = <T>(place: StorePlace, key: string, asked: Promise<T>, learn: (answer: T) => void): Promise<T> =>
    asked.then(
      (answer) => {
        learn(answer);
        return answer;
      },
      (error: unknown) => {
        cache.forget(place, key);
        throw error;
      },
    );
  const find = async (place: StorePlace, key: string): Promise<Uint8Array | undefined> => {
    checkKey(key);
    const kept = cache.get(place, key, clock.now());
    if (kept) return kept.value;
    const asked = thread.call('kvGet', place, key, clock.now());
    const found = await learning(place, key, asked, (answer) => {
      cache.set(place, key, answer?.value, answer?.expiresAt ?? undefined);
    });
    return found?.value;
  };
  return {
    get: find,
    exists: async (place, key) => (await find(place, key)) !== undefined,
    async set(place, key, value, { ttl, quota }) {
      checkKey(key);
      checkValue(value);
      const now = clock.now();
      const expiresAt = expiryOf(ttl, now);
      // The caller may change its bytes meanwhile.
      const kept = value.slice();
      const asked = thread.call('kvSet', place, key, { value: kept, expiresAt, quota }, now);
      await learning(place, key, asked, () => cache.set(place, key, kept, expiresAt));
    },
    async delete(place, key) {
      checkKey(key);
      const asked = thread.call('kvDelete', place, key, clock.now());
      return learning(place, key, asked, () => cache.set(place, key, undefined, undefined));
    },
    async compareAndSet(place, key, expected, value, { ttl, quota }) {
      checkKey(key);
      if (value) checkValue(value);
      const now = clock.now();
      const expiresAt = expiryOf(ttl, now);
      const kept = value?.slice();
      const next = kept && { value: kept, expiresAt, quota };
      const asked = thread.call('kvSwap', place, key, expected, next, now);
      return learning(place, key, asked, (swapped) => {
        if (swapped) cache.set(place, key, kept, expiresAt);
      });
    },
    async increment(place, key, delta, quota) {
      checkKey(key);
      const asked = thread.call('kvIncrement', place, key, delta, quota, clock.now());
      const counted = await learning(place, key, asked, ({ sum, expiresAt }) => {
        cache.set(place, key, countText(sum), expiresAt);
      });
      return counted.sum;
    },
    list: async (place, listing) => {
      checkListing(listing);
      return thread.call('kvList', place, listing, clock.now());
    },
    usage: (place) => thread.call('kvUsage', place, clock.now()),
    stores: () => thread.call('kvStores', clock.now()),
    clear: ({ owner, name }) =>
      thread.call('kvClear', owner, name).then((gone) => {
        cache.clear();
        return gone;
      }),
    close: () => thread.close(),
  };
}
