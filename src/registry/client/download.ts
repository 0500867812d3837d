/** Blobs brought to a file: hashed while they come, gone on with where they broke off, given their name only when whole. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import { type Descriptor, hexOf } from '../names.ts';
import { mismatch, unreachable } from './failures.ts';
import type { Repository } from './repository.ts';
import type { Received } from './transport.ts';

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes so far, of how many. */
  readonly onProgress?: ((received: number, total: number) => void) | undefined;
  readonly limits?: Partial<DownloadLimits> | undefined;
}

export interface DownloadLimits {
  /** Of one blob, bytes. */
  readonly largest: number;
  /** A stream slower than this many bytes per window is given up. */
  readonly slowest: number;
  readonly windowMs: number;
  /** How often one that broke off without having brought anything is tried again. */
  readonly attempts: number;
}

export const DOWNLOAD_LIMITS: DownloadLimits = {
  largest: 512 * 1024 ** 2,
  slowest: 16_384,
  windowMs: 15_000,
  attempts: 3,
};

const BATCH_BYTES = 1024 * 1024;
/** Of downloads that no component has any more; the longest unused go first. */
const LARGEST_CACHE = 2 * 1024 ** 3;
/** However much each attempt brings. */
const MOST_ATTEMPTS = 50;

/** A directory of blobs by their digest. Several processes may use one at a time. */
export interface BlobCache {
  /** The file of a blob that is there with its bytes, checked; undefined if it is not there. */
  find(digest: Descriptor['digest'], size: number): Promise<string | undefined>;
  /** Brings a blob from a repository unless it is there, and gives its file. Errors: `digest-mismatch`, `too-large`, those of the registry. */
  fetch(repository: Repository, blob: Descriptor, options?: DownloadOptions): Promise<string>;
  /** Resolves once no file of it is open here. */
  settled(): Promise<void>;
}

/** Names of files under way: `<hex>.<pid>.part`. */
const PART = /^([0-9a-f]{64,128})\.(\d+)\.part$/;

export function blobCache(directory: string, largest = LARGEST_CACHE): BlobCache {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const underWay = new Map<string, Promise<string>>();
  const closings = new Set<Promise<void>>();
  const cache: BlobCache = {
    async find(digest, size) {
      const path = join(directory, hexOf(digest));
      if (statSync(path, { throwIfNoEntry: false })?.size !== size) return undefined;
      const hash = createHash(digest.slice(0, 6));
      for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
      if (hash.digest('hex') === hexOf(digest)) {
        utimesSync(path, new Date(), new Date());
        return path;
      }
      rmSync(path, { force: true });
      return undefined;
    },
    async fetch(repository, blob, options = {}) {
      const known = underWay.get(blob.digest);
      if (known) return known;
      const work = bring({ directory, largest }, cache, repository, blob, options, (closing) => {
        closings.add(closing);
        void closing.finally(() => closings.delete(closing));
      });
      underWay.set(blob.digest, work);
      try {
        return await work;
      } finally {
        underWay.delete(blob.digest);
      }
    },
    async settled() {
      await Promise.all(closings);
    },
  };
  return cache;
}

async function bring(
  { directory, largest }: { readonly directory: string; readonly largest: number },
  cache: BlobCache,
  repository: Repository,
  blob: Descriptor,
  options: DownloadOptions,
  onClosing: (closing: Promise<void>) => void,
): Promise<string> {
  const limits = { ...DOWNLOAD_LIMITS, ...options.limits };
  const { digest, size } = blob;
  if (size > limits.largest) {
    throw new SwitchboardError('too-large', `${digest} has ${size} bytes; at most ${limits.largest} are taken`);
  }
  const there = await cache.find(digest, size);
  if (there !== undefined) return there;
  const part = join(directory, `${hexOf(digest)}.${process.pid}.part`);
  adopt(directory, hexOf(digest), part);
  const file = await open(part, 'a+', 0o600);
  try {
    await complete(file, part, repository, blob, { ...options, limits });
  } finally {
    // Whoever installs it waits until it is on the disk: the sooner that begins, the shorter. Whoever finds it later hashes it.
    onClosing(
      file
        .datasync()
        .catch(() => undefined)
        .then(() => file.close()),
    );
  }
  const path = join(directory, hexOf(digest));
  renameSync(part, path);
  trim(directory, largest, path);
  return path;
}

/** Brings what is missing of a blob to its file, and checks it. */
async function complete(
  file: FileHandle,
  part: string,
  repository: Repository,
  blob: Descriptor,
  options: DownloadOptions & { readonly limits: DownloadLimits },
): Promise<void> {
  const { limits } = options;
  const { digest, size } = blob;
  const hash = createHash(digest.slice(0, 6));
  let had = await hashStart(file, hash, size);
  for (let fruitless = 0, tried = 1; had < size || size === 0; tried += 1) {
    const before = had;
    try {
      had = await append(file, hash, had, repository, blob, options);
      if (had === size) break;
      throw new SwitchboardError(
        'registry-unreachable',
        `${printable(repository.connection.registry)}: the download broke off`,
      );
    } catch (thrown) {
      const error = unreachable(repository.connection.registry, thrown);
      had = (await file.stat()).size;
      if (error.code !== 'registry-unreachable') {
        // What is wrong in it would be wrong when it is gone on with.
        if (error.code === 'digest-mismatch') rmSync(part, { force: true });
        throw error;
      }
      fruitless = had > before ? 1 : fruitless + 1;
      if (fruitless >= limits.attempts || tried >= MOST_ATTEMPTS) throw error;
    }
  }
  if (hash.digest('hex') !== hexOf(digest)) {
    rmSync(part, { force: true });
    throw mismatch(`what ${printable(repository.connection.registry)} sent for ${digest} has another digest`);
  }
}

/** Removes the longest unused until the rest fit. What is also a component's file takes no place here. */
function trim(directory: string, largest: number, kept: string): void {
  const files = readdirSync(directory)
    .filter((name) => !PART.test(name))
    .map((name) => ({ path: join(directory, name), info: statSync(join(directory, name), { throwIfNoEntry: false }) }))
    .filter(({ info }) => info?.isFile() && info.nlink === 1);
  let total = files.reduce((sum, { info }) => sum + (info?.size ?? 0), 0);
  for (const { path, info } of files.toSorted((a, b) => (a.info?.mtimeMs ?? 0) - (b.info?.mtimeMs ?? 0))) {
    if (total <= largest) return;
    if (path === kept) continue;
    rmSync(path, { force: true });
    total -= info?.size ?? 0;
  }
}

/** Takes over what a process that ended has left of the same blob. */
function adopt(directory: string, hex: string, part: string): void {
  if (statSync(part, { throwIfNoEntry: false })) return;
  for (const name of readdirSync(directory)) {
    const [, of, pid] = PART.exec(name) ?? [];
    if (of === undefined || isAlive(Number(pid))) continue;
    try {
      // Of two that try, one gets it.
      if (of === hex) renameSync(join(directory, name), part);
      else if (Date.now() - statSync(join(directory, name)).mtimeMs > 7 * 86_400_000) rmSync(join(directory, name));
    } catch {
      continue;
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Hashes what is there already; how much that is. */
async function hashStart(file: FileHandle, hash: Hash, size: number): Promise<number> {
  const { size: there } = await file.stat();
  if (there === 0) return 0;
  if (there > size) {
    await file.truncate(0);
    return 0;
  }
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) hash.update(chunk as Buffer);
  return there;
}

async function append(
  file: FileHandle,
  hash: Hash,
  offset: number,
  repository: Repository,
  { digest, size }: Descriptor,
  options: DownloadOptions & { readonly limits: DownloadLimits },
): Promise<number> {
  const answer = await repository.openBlob(digest, offset, options.signal);
  const from = await startOf(answer, offset, repository, digest);
  let at = 0;
  let had = offset;
  let batch: Buffer[] = [];
  let waiting = 0;
  // Few, large writes: each is a turn of the thread pool.
  const flush = async (): Promise<void> => {
    const parts = batch;
    batch = [];
    waiting = 0;
    // The disk and the hash at once.
    const written = writeAll(file, parts);
    for (const part of parts) hash.update(part);
    await written;
  };
  try {
    for await (const chunk of paced(answer, options.limits)) {
      // A registry without ranges sends the beginning again.
      const useful = chunk.subarray(Math.max(0, Math.min(chunk.length, offset - from - at)));
      at += chunk.length;
      if (useful.length === 0) continue;
      if (had + useful.length > size) {
        throw mismatch(`${printable(repository.connection.registry)} sends more than the ${size} bytes of ${digest}`);
      }
      batch.push(useful);
      waiting += useful.length;
      had += useful.length;
      if (waiting >= BATCH_BYTES) await flush();
      options.onProgress?.(had, size);
    }
  } finally {
    // What came before it broke off is kept, to go on from there.
    if (waiting > 0) await flush();
  }
  return had;
}

async function writeAll(file: FileHandle, parts: readonly Buffer[]): Promise<void> {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const { bytesWritten } = await file.writev(parts);
  if (bytesWritten === total) return;
  const rest = Buffer.concat(parts).subarray(bytesWritten);
  for (let at = 0; at < rest.length; ) at += (await file.write(rest, at)).bytesWritten;
}

/** The place in the blob where an answer begins. */
async function startOf(answer: Received, offset: number, repository: Repository, digest: string): Promise<number> {
  if (answer.status === 200) return 0;
  const begin = /^bytes (\d+)-/.exec(answer.header('content-range') ?? '')?.[1];
  if (answer.status === 206 && Number(begin) === offset) return offset;
  if (answer.status === 206) {
    await answer.discard();
    throw new SwitchboardError(
      'registry-refused',
      `${printable(repository.connection.registry)} sent another part than asked for`,
    );
  }
  throw await repository.connection.refusal(answer, `a question for ${digest}`);
}

/** Ends a stream that is kept open by a byte now and then. */
async function* paced(answer: Received, { slowest, windowMs }: DownloadLimits): AsyncGenerator<Buffer> {
  let since = Date.now();
  let bytes = 0;
  for await (const chunk of answer.body) {
    bytes += chunk.length;
    yield chunk;
    const now = Date.now();
    if (now - since < windowMs) continue;
    if (bytes < slowest) {
      throw new SwitchboardError(
        'registry-unreachable',
        `${printable(answer.url.host)} sends too slowly: ${bytes} bytes in ${now - since} ms`,
      );
    }
    since = now;
    bytes = 0;
  }
}
