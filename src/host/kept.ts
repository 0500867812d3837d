/** What components keep, for the owner to see and to remove. */
import { parseReference, SHARED_OWNER, type StoreKind, type StoreUsage } from '#core';
import type { Home } from '#home';
import type { Host } from './api.ts';
import type { EventHub } from './events.ts';

export type Kept = Pick<Host, 'stores' | 'storeKeys' | 'clearStores'>;

/** A home that nothing was ever kept in is not asked: asking starts the thread of the stores. */
export function createKept(home: Pick<Home, 'kv' | 'blobs' | 'keepsStores'>, events: EventHub): Kept {
  const ownerOf = (owner: string): string => (owner === SHARED_OWNER ? owner : parseReference(owner).name);
  const storeOf = (kind: StoreKind) => (kind === 'kv' ? home.kv : home.blobs);
  const list = async (owner?: string): Promise<readonly StoreUsage[]> => {
    if (!home.keepsStores()) return [];
    const all = [...(await home.kv.stores()), ...(await home.blobs.stores())];
    return owner === undefined ? all : all.filter((one) => one.owner === owner);
  };
  return {
    stores: (owner) => list(owner === undefined ? undefined : ownerOf(owner)),
    async storeKeys({ owner, kind, name }, listing) {
      if (!home.keepsStores()) return { keys: [], more: false };
      return storeOf(kind).list({ owner: ownerOf(owner), name }, listing);
    },
    async clearStores({ owner, kind, name, key }) {
      const place = { owner: ownerOf(owner), ...(name === undefined ? {} : { name }) };
      if (!home.keepsStores()) return 0;
      const one = name === undefined || key === undefined ? undefined : { place: { ...place, name }, key };
      let removed: number;
      if (!one) removed = await storeOf(kind).clear(place);
      else if (kind === 'kv') removed = Number(await home.kv.delete(one.place, one.key));
      else removed = Number(await home.blobs.remove(one.place, one.key));
      if (removed > 0) events.emit({ type: 'store.removed', kind, ...place, keys: removed });
      return removed;
    },
  };
}
