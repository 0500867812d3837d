/** Signatures that were read before, kept in the cache: who installs a hundred components asks for their lists alone. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BundleCache } from './evidence.ts';

const DIGEST = /^sha(?:256|512):([0-9a-f]{64,128})$/;
let sequence = 0;

/**
 * A directory of files named by the digest of what refers, or of what is referred to, each with a hash of its own before
 * the bytes. Only the bytes are kept: what they are worth is found anew each time. A file that is damaged, or cannot be
 * written, is as none.
 */
export function bundleCache(directory: string): BundleCache {
  const pathOf = (digest: string, suffix: 'bundle' | 'list'): string | undefined => {
    const hex = DIGEST.exec(digest)?.[1];
    return hex === undefined ? undefined : join(directory, `${hex}.${suffix}`);
  };
  let made: Promise<unknown> | undefined;
  const writing = new Set<Promise<void>>();
  // Nobody waits for it: what is not kept is asked for again.
  const write = (path: string | undefined, bytes: Uint8Array): void => {
    if (path === undefined) return;
    made ??= mkdir(directory, { recursive: true, mode: 0o700 });
    const work = made.then(() => writeWhole(path, bytes)).catch(() => undefined);
    writing.add(work);
    void work.then(() => writing.delete(work));
  };
  return {
    get: (referrer) => read(pathOf(referrer, 'bundle')),
    put: (referrer, bundle) => write(pathOf(referrer, 'bundle'), bundle),
    async list(manifest) {
      const text = (await read(pathOf(manifest, 'list')))?.toString('utf8');
      return text?.split('\n').filter((line) => line !== '');
    },
    keepList: (manifest, referrers) =>
      write(pathOf(manifest, 'list'), Buffer.from(referrers.map((one) => `${one}\n`).join(''))),
    settled: async () => void (await Promise.all(writing)),
  };
}

async function read(path: string | undefined): Promise<Buffer | undefined> {
  const kept = path === undefined ? undefined : await readFile(path).catch(() => undefined);
  if (!kept) return undefined;
  const bytes = kept.subarray(65);
  return kept.subarray(0, 64).toString('latin1') === hashOf(bytes) ? bytes : undefined;
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  sequence += 1;
  const temporary = `${path}.${process.pid}-${sequence}.tmp`;
  try {
    await writeFile(temporary, Buffer.concat([Buffer.from(`${hashOf(bytes)}\n`), bytes]), { mode: 0o600 });
    await rename(temporary, path);
  } catch {
    await rm(temporary, { force: true });
  }
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
