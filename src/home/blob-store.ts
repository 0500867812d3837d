/**
 * Blobs as files, their names in SQLite. Files, because a large value is written and read in pieces, at any place,
 * without passing twice through SQLite's log, which the small values' writers would wait behind; and because removing
 * one gives its room back. The order of writes is that of components: temporary file, sync, rename, sync of the
 * directory, then the row; so a row always has its file, and a file without a row is swept when the stores are opened.
 * Fault points: `blobs.before-write`, `.before-sync`, `.before-rename`, `.after-rename`, `.after-row`, and those of the
 * storage thread.
 */
import * as fs from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, SwitchboardError } from '#core/errors';
import type { BlobInfo, BlobReader, BlobStore, BlobWriter, Clock, FaultPoints, Random, StorePlace } from '#core/ports';
import { checkKey } from '#core/stores';
import type { BlobRow } from './blob-sql.ts';
import { homeFailure } from './failures.ts';
import { FILE_MODE, privateDirectory } from './files.ts';
import type { HomePaths } from './layout.ts';
import type { StorageThread } from './storage-thread.ts';
import { checkListing } from './store-pages.ts';

export interface FileBlobStoreOptions {
  readonly paths: HomePaths;
  readonly thread: StorageThread;
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: FaultPoints;
}

export function fileBlobStore({ paths, thread, clock, random, faults }: FileBlobStoreOptions): BlobStore {
  const held = blobAccounts();
  const fileOf = (name: string): string => join(paths.blobs, name);
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw homeFailure(error, paths.home, paths.blobs);
    }
  };
  /** Nothing names it any more; should removing fail, the next start sweeps it. */
  const discard = (name: string | undefined): Promise<void> =>
    name === undefined ? Promise.resolve() : rm(fileOf(name), { force: true }).catch(() => undefined);
  const find = async (place: StorePlace, name: string): Promise<BlobRow | undefined> => {
    checkKey(name);
    return thread.call('blobFind', place, name);
  };
  const infoOf = ({ size, createdAt }: BlobRow): BlobInfo => ({ size, createdAt });

  const create = async (account: string, most: number): Promise<BlobWriter> => {
    // The thread sweeps what it finds when it opens: nothing may be written before.
    await thread.call('blobUsage', { owner: '*', name: '' });
    const file = Buffer.from(random.bytes(16)).toString('hex');
    const temporary = `${fileOf(file)}.tmp`;
    faults.hit('blobs.before-write');
    privateDirectory(paths.blobs);
    const handle = await open(temporary, 'wx', FILE_MODE);
    let size = 0;
    let over = false;
    const drop = async (path: string): Promise<void> => {
      await handle.close().catch(() => undefined);
      await rm(path, { force: true }).catch(() => undefined);
    };
    const end = (): void => {
      over = true;
      held.give(account, size);
    };
    const rest = async (): Promise<void> => {
      await handle.chmod(FILE_MODE);
      faults.hit('blobs.before-sync');
      await handle.sync();
      await handle.close();
      faults.hit('blobs.before-rename');
      await rename(temporary, fileOf(file));
      await syncDirectory(paths.blobs);
      faults.hit('blobs.after-rename');
    };
    return {
      write: (bytes) =>
        guard(async () => {
          if (over) throw new SwitchboardError('invalid-arguments', 'the blob is finished');
          held.take(account, bytes.length, most);
          const at = size;
          size += bytes.length;
          for (let done = 0; done < bytes.length; ) {
            done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
          }
        }),
      finish: (place, name, quota) =>
        guard(async () => {
          if (over) throw new SwitchboardError('invalid-arguments', 'the blob is finished');
          end();
          const row: BlobRow = { file, size, createdAt: clock.now() };
          try {
            checkKey(name);
            await rest();
          } catch (error) {
            await drop(temporary);
            throw error;
          }
          let before: string | undefined;
          try {
            before = await thread.call('blobPut', place, name, row, quota);
          } catch (error) {
            // The row may be there all the same, if the thread failed after its commit: then the file must stay.
            const named = await find(place, name).catch(() => row);
            if (named?.file !== file) await discard(file);
            throw error;
          }
          faults.hit('blobs.after-row');
          await discard(before);
          return infoOf(row);
        }),
      async abort() {
        if (over) return;
        end();
        await drop(temporary);
      },
    };
  };

  const reader = async (row: BlobRow): Promise<BlobReader | undefined> => {
    let handle: FileHandle;
    try {
      handle = await open(fileOf(row.file), fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
    return {
      ...infoOf(row),
      read: (offset, length) =>
        guard(async () => {
          const wanted = Math.max(0, Math.min(length, row.size - offset));
          const buffer = new Uint8Array(wanted);
          let done = 0;
          while (done < wanted) {
            const { bytesRead } = await handle.read(buffer, done, wanted - done, offset + done);
            if (bytesRead === 0) throw damaged(fileOf(row.file));
            done += bytesRead;
          }
          return buffer;
        }),
      close: () => handle.close(),
    };
  };

  return {
    create: (account, most) => guard(() => create(account, most)),
    open: (place, name) =>
      guard(async () => {
        for (let row = await find(place, name); row; ) {
          const opened = await reader(row);
          if (opened) return opened;
          // It was replaced between the row and the file; a row that has no file is damage.
          const again = await find(place, name);
          if (again?.file === row.file) throw damaged(fileOf(row.file));
          row = again;
        }
        return undefined;
      }),
    info: async (place, name) => {
      const row = await find(place, name);
      return row && infoOf(row);
    },
    async remove(place, name) {
      checkKey(name);
      const file = await thread.call('blobRemove', place, name);
      await discard(file);
      return file !== undefined;
    },
    list: async (place, listing) => {
      checkListing(listing);
      return thread.call('blobList', place, listing);
    },
    usage: (place) => thread.call('blobUsage', place),
    stores: () => thread.call('blobStores'),
    async clear({ owner, name }) {
      const files = await thread.call('blobClear', owner, name);
      for (const file of files) await discard(file);
      return files.length;
    },
    close: () => thread.close(),
  };
}

/** What writers under way hold, by account. */
export function blobAccounts() {
  const held = new Map<string, number>();
  return {
    /** Errors: `store-full`. */
    take(account: string, bytes: number, most: number): void {
      const sum = (held.get(account) ?? 0) + bytes;
      if (sum > most) {
        throw new SwitchboardError('store-full', `a store is full: uploads under way may hold ${most} bytes together`);
      }
      held.set(account, sum);
    },
    give(account: string, bytes: number): void {
      const sum = (held.get(account) ?? 0) - bytes;
      if (sum > 0) held.set(account, sum);
      else held.delete(account);
    },
  };
}

function damaged(file: string): SwitchboardError {
  return new SwitchboardError('database-corrupt', `the file ${file} of a blob is gone or shorter than it was written`);
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
