import type { StorePlace } from '#core/ports';

/** Bytes of keys and values, and of what holds them. */
const MOST_BYTES = 16 * 1024 * 1024;
const ENTRY_BYTES = 200;
/** A larger value would push out many small ones, and costs more to copy than to ask for. */
const LARGEST = 64 * 1024;

interface Entry {
  /** Undefined: there is none. */
  readonly value: Uint8Array | undefined;
  readonly expiresAt: number | undefined;
  readonly size: number;
}

/** What is known of stores, the latest used at the end. */
export interface KvCache {
  get(place: StorePlace, key: string, now: number): Pick<Entry, 'value'> | undefined;
  set(place: StorePlace, key: string, value: Uint8Array | undefined, expiresAt: number | undefined): void;
  forget(place: StorePlace, key: string): void;
  clear(): void;
}

export function kvCache(mostBytes: number = MOST_BYTES): KvCache {
  const entries = new Map<string, Entry>();
  let held = 0;
  const idOf = ({ owner, name }: StorePlace, key: string): string => `${owner}\0${name}\0${key}`;
  const drop = (id: string): void => {
    const entry = entries.get(id);
    if (entry === undefined) return;
    entries.delete(id);
    held -= entry.size;
  };
  return {
    get(place, key, now) {
      const id = idOf(place, key);
      const entry = entries.get(id);
      if (entry === undefined) return undefined;
      if (entry.expiresAt !== undefined && entry.expiresAt <= now) {
        drop(id);
        return undefined;
      }
      entries.delete(id);
      entries.set(id, entry);
      return { value: entry.value?.slice() };
    },
    set(place, key, value, expiresAt) {
      const id = idOf(place, key);
      drop(id);
      if (value && value.length > LARGEST) return;
      const size = ENTRY_BYTES + 2 * id.length + (value?.length ?? 0);
      entries.set(id, { value: value?.slice(), expiresAt, size });
      held += size;
      for (const oldest of entries.keys()) {
        if (held <= mostBytes) break;
        drop(oldest);
      }
    },
    forget: (place, key) => drop(idOf(place, key)),
    clear() {
      entries.clear();
      held = 0;
    },
  };
}
