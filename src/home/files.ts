/** Private files and directories, and writes that survive a crash whole or not at all. */
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from '#core/errors';
import type { FaultPoints } from '#core/ports';

export const FILE_MODE = 0o600;
export const DIRECTORY_MODE = 0o700;

/** Makes a directory, its parents too, and takes every right of others away, whatever the umask. */
export function privateDirectory(path: string): void {
  fs.mkdirSync(path, { recursive: true, mode: DIRECTORY_MODE });
  narrow(path, DIRECTORY_MODE);
}

/** Sets `mode` on a path that exists and has another one. */
export function narrow(path: string, mode: number): void {
  const found = fs.statSync(path, { throwIfNoEntry: false });
  if (found && (found.mode & 0o7777) !== mode) fs.chmodSync(path, mode);
}

/** A file's text, or undefined where there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

let sequence = 0;

/** A name beside `path` for a file that is not yet whole; swept at open when a crash leaves one. */
export function temporaryName(path: string): string {
  sequence += 1;
  return `${path}.${process.pid}-${sequence}.tmp`;
}

/** Whether `temporaryName` made this name. */
export function isTemporary(name: string): boolean {
  return /\.\d+-\d+\.tmp$/.test(name);
}

/**
 * Replaces a small file: after a crash at any moment it holds the old text or the new. Fault points:
 * `<point>.before-write`, `<point>.before-rename`, `<point>.after-rename`.
 */
export function replaceFile(path: string, text: string, faults: FaultPoints, point: string): void {
  const temporary = temporaryName(path);
  try {
    faults.hit(`${point}.before-write`);
    writeNew(temporary, text);
    faults.hit(`${point}.before-rename`);
    fs.renameSync(temporary, path);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
  faults.hit(`${point}.after-rename`);
}

/** Writes a file that must not exist yet, 0600, and waits until it is on the disk. */
export function writeNew(path: string, text: string | Uint8Array): void {
  const fd = fs.openSync(path, 'wx', FILE_MODE);
  try {
    fs.fchmodSync(fd, FILE_MODE);
    fs.writeFileSync(fd, text);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Makes renames and removals in a directory durable. */
export function syncDirectory(path: string): void {
  const fd = fs.openSync(path, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
