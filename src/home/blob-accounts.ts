import { SwitchboardError } from '#core/errors';

/** What lies on the disk besides what stores count, by account: uploads under way, and what only readers still have. */
export interface BlobAccounts<Key> {
  /** Bytes are written. Errors: `store-full` where the account would have more than `most`. */
  take(account: string, bytes: number, most: number): void;
  give(account: string, bytes: number): void;
  /** A blob is about to be opened: counted until `closed`. */
  opened(key: Key, size: number): void;
  closed(key: Key): void;
  /**
   * Nothing names the blob any more. Where it is open the account has its bytes until the last reader has closed it:
   * stops a component that holds what it replaces or removes, and so fills the disk past every quota.
   */
  unnamed(key: Key, account: string): void;
}

export function blobAccounts<Key>(): BlobAccounts<Key> {
  const held = new Map<string, number>();
  const open = new Map<Key, { readonly size: number; readers: number; account?: string }>();
  const change = (account: string, bytes: number): void => {
    const sum = (held.get(account) ?? 0) + bytes;
    if (sum > 0) held.set(account, sum);
    else held.delete(account);
  };
  return {
    take(account, bytes, most) {
      if ((held.get(account) ?? 0) + bytes > most) {
        throw new SwitchboardError(
          'store-full',
          `a store is full: uploads under way, and blobs still open that were replaced or removed, may hold ${most} bytes together`,
        );
      }
      change(account, bytes);
    },
    give: (account, bytes) => change(account, -bytes),
    opened(key, size) {
      const known = open.get(key);
      if (known) known.readers += 1;
      else open.set(key, { size, readers: 1 });
    },
    closed(key) {
      const known = open.get(key);
      if (!known) return;
      known.readers -= 1;
      if (known.readers > 0) return;
      open.delete(key);
      if (known.account !== undefined) change(known.account, -known.size);
    },
    unnamed(key, account) {
      const known = open.get(key);
      if (!known || known.account !== undefined) return;
      known.account = account;
      change(account, known.size);
    },
  };
}
