import { SwitchboardError } from '#core/errors';
import type { BlobInfo, BlobStore, Clock, StorePlace, StoreQuota, StoreUsage } from '#core/ports';
import { checkKey, exceeds, quotaError, utf8Length } from '#core/stores';
import { blobAccounts } from './blob-accounts.ts';
import { checkListing, pageOf } from './store-pages.ts';

interface Kept extends BlobInfo {
  readonly bytes: Uint8Array;
}

interface Store extends StorePlace {
  readonly blobs: Map<string, Kept>;
}

/** Blobs that end with the process. */
export function memoryBlobStore(clock: Clock): BlobStore {
  const stores = new Map<string, Store>();
  const held = blobAccounts<Kept>();
  const idOf = ({ owner, name }: StorePlace): string => `${owner}\0${name}`;
  const find = (place: StorePlace, name: string): Kept | undefined => {
    checkKey(name);
    return stores.get(idOf(place))?.blobs.get(name);
  };
  const usageOf = (store: Store | undefined): StoreQuota => {
    const entries = [...(store?.blobs ?? [])];
    return { keys: entries.length, bytes: entries.reduce((sum, [name, { size }]) => sum + utf8Length(name) + size, 0) };
  };
  return {
    async create(account, most) {
      const pieces: Uint8Array[] = [];
      let size = 0;
      let over = false;
      const end = (): void => {
        over = true;
        held.give(account, size);
      };
      const refuse = (): void => {
        if (over) throw new SwitchboardError('invalid-arguments', 'the blob is finished');
      };
      return {
        async write(bytes) {
          refuse();
          held.take(account, bytes.length, most);
          size += bytes.length;
          pieces.push(bytes.slice());
        },
        async finish(place, name, quota) {
          refuse();
          end();
          const before = find(place, name);
          const store = stores.get(idOf(place)) ?? { ...place, blobs: new Map<string, Kept>() };
          const moreBytes = before ? size - before.size : utf8Length(name) + size;
          if (exceeds({ ...usageOf(store), moreKeys: before ? 0 : 1, moreBytes }, quota))
            throw quotaError(place, quota);
          const info = { size, createdAt: clock.now() };
          store.blobs.set(name, { ...info, bytes: Buffer.concat(pieces) });
          if (before) held.unnamed(before, account);
          stores.set(idOf(place), store);
          return info;
        },
        async abort() {
          if (!over) end();
        },
      };
    },
    async open(place, name) {
      const kept = find(place, name);
      if (!kept) return undefined;
      const { size, createdAt, bytes } = kept;
      held.opened(kept, size);
      let isOpen = true;
      return {
        size,
        createdAt,
        read: async (offset, length) => Uint8Array.from(bytes.subarray(offset, offset + length)),
        async close() {
          if (isOpen) held.closed(kept);
          isOpen = false;
        },
      };
    },
    async info(place, name) {
      const kept = find(place, name);
      return kept && { size: kept.size, createdAt: kept.createdAt };
    },
    async remove(place, name, account = place.owner) {
      const kept = find(place, name);
      if (!kept) return false;
      held.unnamed(kept, account);
      return stores.get(idOf(place))?.blobs.delete(name) ?? false;
    },
    async list(place, listing) {
      checkListing(listing);
      return pageOf(stores.get(idOf(place))?.blobs.keys() ?? [], listing);
    },
    usage: async (place) => usageOf(stores.get(idOf(place))),
    stores: async () =>
      [...stores.values()]
        .filter(({ blobs }) => blobs.size > 0)
        .map((store): StoreUsage => ({ kind: 'blob', owner: store.owner, name: store.name, ...usageOf(store) }))
        .sort((a, b) => (`${a.owner}\0${a.name}` < `${b.owner}\0${b.name}` ? -1 : 1)),
    async clear({ owner, name }, account = owner) {
      let gone = 0;
      for (const [id, store] of stores) {
        if (store.owner !== owner || (name !== undefined && store.name !== name)) continue;
        for (const kept of store.blobs.values()) held.unnamed(kept, account);
        gone += store.blobs.size;
        stores.delete(id);
      }
      return gone;
    },
    close: async () => {},
  };
}
