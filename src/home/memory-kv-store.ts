import type { Clock, KvStore, StorePlace, StoreQuota, StoreUsage } from '#core/ports';
import { checkKey, checkValue, countText, exceeds, expiryOf, incremented, quotaError, utf8Length } from '#core/stores';
import { checkListing, pageOf } from './store-pages.ts';

interface Kept {
  readonly value: Uint8Array;
  readonly expiresAt: number | undefined;
}

interface Store extends StorePlace {
  readonly values: Map<string, Kept>;
  bytes: number;
}

/** Values that end with the process. */
export function memoryKvStore(clock: Clock): KvStore {
  const stores = new Map<string, Store>();
  const idOf = ({ owner, name }: StorePlace): string => `${owner}\0${name}`;
  const sizeOf = (key: string, { value }: Kept): number => utf8Length(key) + value.length;
  const isLive = ({ expiresAt }: Kept): boolean => expiresAt === undefined || expiresAt > clock.now();
  const live = (place: StorePlace, key: string): Kept | undefined => {
    const kept = stores.get(idOf(place))?.values.get(key);
    return kept && isLive(kept) ? kept : undefined;
  };
  const remove = (store: Store | undefined, key: string): void => {
    const kept = store?.values.get(key);
    if (!store || !kept) return;
    store.values.delete(key);
    store.bytes -= sizeOf(key, kept);
  };
  const write = (place: StorePlace, key: string, kept: Kept, quota: StoreQuota): void => {
    const store = stores.get(idOf(place)) ?? { ...place, values: new Map<string, Kept>(), bytes: 0 };
    const change = (): Parameters<typeof exceeds>[0] => {
      const before = store.values.get(key);
      const moreBytes = sizeOf(key, kept) - (before ? sizeOf(key, before) : 0);
      return { keys: store.values.size, bytes: store.bytes, moreKeys: before ? 0 : 1, moreBytes };
    };
    if (exceeds(change(), quota)) {
      for (const [old, one] of store.values) if (!isLive(one)) remove(store, old);
      if (exceeds(change(), quota)) throw quotaError(place, quota);
    }
    remove(store, key);
    store.values.set(key, { ...kept, value: kept.value.slice() });
    store.bytes += sizeOf(key, kept);
    stores.set(idOf(place), store);
  };
  const usageOf = (store: Store | undefined): StoreQuota => {
    const live = [...(store?.values ?? [])].filter(([, kept]) => isLive(kept));
    return { keys: live.length, bytes: live.reduce((sum, [key, kept]) => sum + sizeOf(key, kept), 0) };
  };
  return {
    async get(place, key) {
      checkKey(key);
      return live(place, key)?.value.slice();
    },
    async exists(place, key) {
      checkKey(key);
      return live(place, key) !== undefined;
    },
    async set(place, key, value, { ttl, quota }) {
      checkKey(key);
      checkValue(value);
      write(place, key, { value, expiresAt: expiryOf(ttl, clock.now()) }, quota);
    },
    async delete(place, key) {
      checkKey(key);
      const was = live(place, key) !== undefined;
      remove(stores.get(idOf(place)), key);
      return was;
    },
    async compareAndSet(place, key, expected, value, { ttl, quota }) {
      checkKey(key);
      if (value) checkValue(value);
      const expiresAt = expiryOf(ttl, clock.now());
      const now = live(place, key)?.value;
      const same = now && expected ? Buffer.compare(now, expected) === 0 : now === expected;
      if (!same) return false;
      if (value) write(place, key, { value, expiresAt }, quota);
      else remove(stores.get(idOf(place)), key);
      return true;
    },
    async increment(place, key, delta, quota) {
      checkKey(key);
      const kept = live(place, key);
      const sum = incremented(kept?.value, delta);
      write(place, key, { value: countText(sum), expiresAt: kept?.expiresAt }, quota);
      return sum;
    },
    async list(place, listing) {
      checkListing(listing);
      const values = stores.get(idOf(place))?.values ?? new Map<string, Kept>();
      return pageOf(
        [...values].flatMap(([key, kept]) => (isLive(kept) ? [key] : [])),
        listing,
      );
    },
    usage: async (place) => usageOf(stores.get(idOf(place))),
    stores: async () =>
      [...stores.values()]
        .map((store): StoreUsage => ({ kind: 'kv', owner: store.owner, name: store.name, ...usageOf(store) }))
        .filter(({ keys }) => keys > 0)
        .sort((a, b) => (`${a.owner}\0${a.name}` < `${b.owner}\0${b.name}` ? -1 : 1)),
    async clear({ owner, name }) {
      let gone = 0;
      for (const [id, store] of stores) {
        if (store.owner !== owner || (name !== undefined && store.name !== name)) continue;
        gone += store.values.size;
        stores.delete(id);
      }
      return gone;
    },
    close: async () => {},
  };
}
