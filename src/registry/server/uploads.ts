/** Uploads under way: files that grow by chunks in order, until a digest ends them. */
import { createHash, type Hash, randomUUID } from 'node:crypto';
import { createReadStream, readdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { algorithmOf, type ContentDigest, hexOf } from '../names.ts';
import { fileSize, full, linkBlob } from './blobs.ts';
import type { RegistryLimits } from './limits.ts';
import { Refusal } from './refusal.ts';
import { keptBytes, type RegistryStore } from './store.ts';

export interface Upload {
  readonly id: string;
  readonly repository: string;
}

/** The sha256 of what an upload holds, as far as this process wrote all of it. */
interface Running {
  readonly hash: Hash;
  length: number;
}

export interface Uploads {
  /** Begins one. Refuses where an account, or all together, have too many. */
  begin(repository: string, account: string): Upload;
  /** The one of that id in that repository; refuses if there is none, or another account began it. */
  find(repository: string, id: string, account: string): Upload;
  size(upload: Upload): number;
  /**
   * Adds a chunk; what came before it broke off stays. Refuses a blob that would be too large, for itself or for what is
   * left, and a stream that drips. Gives the new size.
   */
  append(upload: Upload, chunks: AsyncIterable<Uint8Array>): Promise<number>;
  /** Makes it a blob of its repository if its bytes have the digest, and ends it in any case. Gives the size. */
  finish(upload: Upload, digest: ContentDigest): Promise<number>;
  cancel(upload: Upload): void;
  /** Removes those that nobody has touched for long. How many. */
  expire(): number;
}

/** An upload that nobody has touched for so long makes place for another of the same account. */
const IDLE_MS = 5 * 60_000;

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function createUploads(store: RegistryStore, limits: RegistryLimits): Uploads {
  const running = new Map<string, Running>();
  const busy = new Set<string>();
  const directory = join(store.directory, 'uploads');
  const fileOf = (id: string): string => join(directory, id);
  /** Bytes of what is under way, of this process exactly, of others as they were when last looked at. */
  let sizes = new Map<string, number>();
  let pending = 0;
  const resize = (id: string, size: number): void => {
    pending += size - (sizes.get(id) ?? 0);
    if (size === 0) sizes.delete(id);
    else sizes.set(id, size);
  };
  const measure = (): void => {
    const found = readdirSync(directory).map((name) => [name, fileSize(fileOf(name)) ?? 0] as const);
    sizes = new Map(found);
    pending = found.reduce((sum, [, size]) => sum + size, 0);
  };
  measure();

  const drop = (id: string): void => {
    running.delete(id);
    resize(id, 0);
    // The file first: a full disk has no place for the row's end before.
    rmSync(fileOf(id), { force: true });
    store.run('DELETE FROM uploads WHERE id = ?', id);
  };

  /** One at a time writes to an upload: two chunks at once would mix. */
  const alone = async <T>(upload: Upload, work: () => Promise<T>): Promise<T> => {
    if (busy.has(upload.id)) {
      throw new Refusal('BLOB_UPLOAD_INVALID', 'another request writes to this upload', { status: 409 });
    }
    busy.add(upload.id);
    try {
      return await work();
    } finally {
      busy.delete(upload.id);
    }
  };

  /** The oldest of an account that has as many as it may, if nobody is at it. */
  const makePlace = (account: string): void => {
    const rows = store.rows('SELECT id, touched FROM uploads WHERE account = ? ORDER BY touched', account);
    if (rows.length < limits.uploadsOfOne) return;
    const left = rows.find((row) => !busy.has(String(row['id'])) && Number(row['touched']) < Date.now() - IDLE_MS);
    if (left) drop(String(left['id']));
  };

  return {
    begin(repository, account) {
      makePlace(account);
      const all = Number(store.row('SELECT count(*) AS n FROM uploads')?.['n']);
      const own = Number(store.row('SELECT count(*) AS n FROM uploads WHERE account = ?', account)?.['n']);
      if (all >= limits.uploads || own >= limits.uploadsOfOne) {
        throw new Refusal('TOOMANYREQUESTS', 'too many uploads are under way; end or cancel some first', {
          headers: { 'retry-after': '60' },
        });
      }
      const id = randomUUID();
      store.run(
        'INSERT INTO uploads (id, repository, account, touched) VALUES (?, ?, ?, ?)',
        id,
        repository,
        account,
        Date.now(),
      );
      running.set(id, { hash: createHash('sha256'), length: 0 });
      return { id, repository };
    },
    find(repository, id, account) {
      const row = ID.test(id) ? store.row('SELECT repository, account FROM uploads WHERE id = ?', id) : undefined;
      // The same answer for one of another account: who knows an id has no part in the upload.
      if (row?.['repository'] === repository && row['account'] === account) return { id, repository };
      throw new Refusal('BLOB_UPLOAD_UNKNOWN', 'there is no such upload in this repository');
    },
    size: ({ id }) => fileSize(fileOf(id)) ?? 0,
    append: (upload, chunks) =>
      alone(upload, async () => {
        const { id } = upload;
        store.run('UPDATE uploads SET touched = ? WHERE id = ?', Date.now(), id);
        await using file = await open(fileOf(id), 'a', 0o600);
        let { size } = await file.stat();
        const state = running.get(id);
        const checkPace = pace(limits);
        for await (const chunk of chunks) {
          checkPace(chunk.length);
          if (size + chunk.length > limits.blob) {
            throw new Refusal('SIZE_INVALID', `a blob may have at most ${limits.blob} bytes`, { status: 413 });
          }
          if (keptBytes(store) + pending + chunk.length > limits.total) throw full();
          for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
          state?.hash.update(chunk);
          size += chunk.length;
          resize(id, size);
          if (state) state.length = size;
        }
        return size;
      }),
    finish: (upload, digest) =>
      alone(upload, async () => {
        const { id, repository } = upload;
        const path = fileOf(id);
        try {
          await using file = await open(path, 'a', 0o600);
          const { size } = await file.stat();
          const state = running.get(id);
          const known = algorithmOf(digest) === 'sha256' && state?.length === size;
          const hex = known ? state.hash.digest('hex') : await hashFile(path, algorithmOf(digest));
          if (hex !== hexOf(digest)) {
            throw new Refusal('DIGEST_INVALID', 'the bytes do not have the digest', { detail: { digest } });
          }
          // It counts as a blob from here on.
          resize(id, 0);
          await linkBlob(store, limits, repository, digest, { path, size });
          return size;
        } finally {
          drop(id);
        }
      }),
    cancel: ({ id }) => drop(id),
    expire() {
      const old = store.rows('SELECT id FROM uploads WHERE touched < ?', Date.now() - limits.uploadMs);
      for (const row of old) if (!busy.has(String(row['id']))) drop(String(row['id']));
      // A file whose row is gone is of a process that ended between the two. The files are read first: what comes meanwhile
      // has its row before its file.
      const files = readdirSync(directory);
      const rows = new Set(store.rows('SELECT id FROM uploads').map((row) => String(row['id'])));
      for (const name of files) if (!rows.has(name) && !busy.has(name)) rmSync(fileOf(name), { force: true });
      measure();
      return old.length;
    },
  };
}

/** Refuses a stream that is kept open by a byte now and then. */
function pace({ slowest, windowMs }: RegistryLimits): (bytes: number) => void {
  let since = Date.now();
  let sum = 0;
  return (bytes) => {
    sum += bytes;
    const now = Date.now();
    if (now - since < windowMs) return;
    if (sum < slowest) throw new Refusal('BLOB_UPLOAD_INVALID', 'the upload is too slow', { status: 408 });
    since = now;
    sum = 0;
  };
}

async function hashFile(path: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
