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
import type {
  BlobInfo,
  BlobReader,
  BlobStore,
  BlobWriter,
  Clock,
  FaultPoints,
  Random,
  StorePlace,
  StoreQuota,
} from '#core/ports';
import { checkKey } from '#core/stores';
import { blobAccounts } from './blob-accounts.ts';
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
  const held = blobAccounts<string>();
  const fileOf = (name: string): string => join(paths.blobs, name);
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw homeFailure(error, paths.home, paths.blobs);
    }
  };
  /** Nothing names it any more; should removing fail, the next start sweeps it. */
  const discard = (name: string, account?: string): Promise<void> => {
    if (account !== undefined) held.unnamed(name, account);
    return rm(fileOf(name), { force: true }).catch(() => undefined);
  };
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
    const settle = async (place: StorePlace, name: string, quota: StoreQuota): Promise<BlobInfo> => {
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
      if (before !== undefined) await discard(before, account);
      return infoOf(row);
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
          over = true;
          // Until it is the store's, or gone, it is an upload: otherwise those that are being finished count nowhere.
          try {
            return await settle(place, name, quota);
          } finally {
            held.give(account, size);
          }
        }),
      async abort() {
        if (over) return;
        over = true;
        await drop(temporary);
        held.give(account, size);
      },
    };
  };

  /**
   * A row that a reader is about to be made of. Counted in the very turn of the answer: answers come in the order of the
   * questions, so whoever takes the row's name away later finds it counted.
   */
  const findOpened = (place: StorePlace, name: string): Promise<BlobRow | undefined> =>
    thread.call('blobFind', place, name).then((row) => {
      if (row) held.opened(row.file, row.size);
      return row;
    });

  /** Of a row that is counted as open; undefined where its file is gone. */
  const reader = async (row: BlobRow): Promise<BlobReader | undefined> => {
    let handle: FileHandle;
    try {
      handle = await open(fileOf(row.file), fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
    } catch (error) {
      held.closed(row.file);
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
    let isOpen = true;
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
      async close() {
        if (!isOpen) return;
        isOpen = false;
        await handle.close().finally(() => held.closed(row.file));
      },
    };
  };

  return {
    create: (account, most) => guard(() => create(account, most)),
    open: (place, name) =>
      guard(async () => {
        checkKey(name);
        for (let before: string | undefined; ; ) {
          const row = await findOpened(place, name);
          if (!row) return undefined;
          const opened = await reader(row);
          if (opened) return opened;
          // It was replaced between the row and the file; a row that has no file is damage.
          if (row.file === before) throw damaged(fileOf(row.file));
          before = row.file;
        }
      }),
    info: async (place, name) => {
      const row = await find(place, name);
      return row && infoOf(row);
    },
    async remove(place, name, account = place.owner) {
      checkKey(name);
      const file = await thread.call('blobRemove', place, name);
      if (file !== undefined) await discard(file, account);
      return file !== undefined;
    },
    list: async (place, listing) => {
      checkListing(listing);
      return thread.call('blobList', place, listing);
    },
    usage: (place) => thread.call('blobUsage', place),
    stores: () => thread.call('blobStores'),
    async clear({ owner, name }, account = owner) {
      const files = await thread.call('blobClear', owner, name);
      for (const file of files) held.unnamed(file, account);
      for (const file of files) await discard(file);
      return files.length;
    },
    close: () => thread.close(),
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
