/** The bytes of components: one file per digest, written before any row names it. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fsync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  write,
} from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { errnoOf, SwitchboardError } from '#core/errors';
import { knownDigest } from '#core/known-digest';
import type { FaultPoints } from '#core/ports';
import type { Digest } from '#core/reference';
import { homeFailure } from './failures.ts';
import { FILE_MODE, isTemporary, narrow, temporaryName } from './files.ts';
import type { HomePaths } from './layout.ts';

export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Errors: `internal` where the bytes have another digest. */
export function checkDigest(bytes: Uint8Array, digest: Digest): void {
  if ((knownDigest(bytes) ?? digestOf(bytes)) === digest) return;
  throw new SwitchboardError('internal', 'the bytes do not match the digest');
}

/** The file of a digest. A digest that is none has no file: nothing else becomes a part of a path. */
export function componentFile(paths: HomePaths, digest: Digest): string {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (hex === undefined) throw new SwitchboardError('internal', 'a digest is not of the form sha256:<64 hex digits>');
  return join(paths.components, `${hex}.wasm`);
}

export interface WrittenComponent {
  readonly bytes: Uint8Array;
  /** Where the bytes were read from. */
  readonly file: string | undefined;
}

/**
 * Writes the bytes so that the file is there whole and on the disk, or not at all. A file of the home's own cache of
 * downloads is linked rather than written again: both have the bytes of one digest, and neither is ever written to.
 */
export async function writeComponent(
  paths: HomePaths,
  digest: Digest,
  { bytes, file: source }: WrittenComponent,
  faults: FaultPoints,
): Promise<void> {
  const file = componentFile(paths, digest);
  const temporary = temporaryName(file);
  try {
    faults.hit('components.before-write');
    const linked = source === undefined ? undefined : linkedFile(paths, source, temporary, bytes.length);
    // What takes microseconds is done at once: each turn of the thread pool is longer.
    const fd = linked ?? openSync(temporary, 'wx', FILE_MODE);
    try {
      fchmodSync(fd, FILE_MODE);
      if (linked === undefined) await writeAll(fd, bytes);
      faults.hit('components.before-sync');
      await syncFile(fd);
    } finally {
      closeSync(fd);
    }
    faults.hit('components.before-rename');
    renameSync(temporary, file);
    // Of two names of the same file a rename leaves both.
    if (linked !== undefined) rmSync(temporary, { force: true });
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw homeFailure(error, paths.home, file);
  }
  const directory = openSync(paths.components, 'r');
  try {
    await syncFile(directory);
  } finally {
    closeSync(directory);
  }
  faults.hit('components.after-rename');
}

const syncFile = promisify(fsync);
const writePart = promisify(write);

async function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await writePart(fd, bytes, at)).bytesWritten;
}

/** Opens `temporary` as another name of a downloaded file; undefined where it is none, or is on another file system. */
function linkedFile(paths: HomePaths, source: string, temporary: string, size: number): number | undefined {
  const path = resolve(source);
  if (dirname(path) !== join(paths.cache, 'registry')) return undefined;
  try {
    const info = lstatSync(path);
    if (!info.isFile() || info.size !== size || info.uid !== process.getuid?.()) return undefined;
    linkSync(path, temporary);
    return openSync(temporary, 'r+');
  } catch {
    rmSync(temporary, { force: true });
    return undefined;
  }
}

/** The bytes, checked against the digest each time: what is compiled next is exactly what was installed. */
export async function readComponent(paths: HomePaths, digest: Digest): Promise<Uint8Array | undefined> {
  const file = componentFile(paths, digest);
  try {
    const bytes = await readFile(file);
    if (digestOf(bytes) === digest) return bytes;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw homeFailure(error, paths.home, file);
  }
  throw damagedComponent(file, 'its bytes no longer match its digest');
}

/** A component's file that is gone or changed: nothing runs from it. */
export function damagedComponent(file: string, reason: string): SwitchboardError {
  return new SwitchboardError('database-corrupt', `the file ${file} is damaged: ${reason}; it was left as it is`, {
    fix: 'install the component again from its original file: switchboard install <file.wasm> --as namespace:name@version',
    data: { file },
  });
}

export function removeComponentFile(paths: HomePaths, digest: Digest): void {
  rmSync(componentFile(paths, digest), { force: true });
}

/** Removes temporary files of interrupted writes, if older than `olderThanMs`, and narrows the components' modes. */
export function sweepTemporaries(paths: HomePaths, now: number, olderThanMs: number): void {
  for (const directory of [paths.home, paths.components]) {
    for (const name of readdirSync(directory)) {
      const file = join(directory, name);
      if (directory === paths.components && !name.endsWith('.tmp')) narrow(file, FILE_MODE);
      else if (isTemporary(name) && isOlder(file, now, olderThanMs)) rmSync(file, { force: true });
    }
  }
}

function isOlder(file: string, now: number, ageMs: number): boolean {
  const found = statSync(file, { throwIfNoEntry: false });
  return found !== undefined && now - found.mtimeMs >= ageMs;
}
