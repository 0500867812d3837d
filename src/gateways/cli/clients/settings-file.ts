/** Reading and replacing a settings file of another program. */
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, SwitchboardError } from '#core/errors';
import { syncDirectory, temporaryName } from '#home/files';
import { safeLine } from '../safe.ts';

export interface SettingsFile {
  /** What the client opens. */
  readonly path: string;
  /** The file itself, where `path` is a link to it. */
  readonly target: string;
  /** Undefined where there is none yet. */
  readonly bytes: Buffer | undefined;
  /** The text after `mark`. */
  readonly text: string;
  /** The byte order mark, or nothing. */
  readonly mark: string;
  readonly mode: number;
}

const LARGEST = 32 * 1024 * 1024;
const MARK = '\ufeff';

const refused = (path: string, why: string, fix?: string): SwitchboardError =>
  new SwitchboardError('file-unreadable', `${safeLine(path, 1_000)}: ${why}; nothing was changed`, { fix });

/** Reads a file that may be missing. Errors: `file-unreadable` (no regular file, somebody else's, no UTF-8, too large). */
export function readSettings(path: string, newMode: number): SettingsFile {
  try {
    return read(path, newMode);
  } catch (error) {
    if (error instanceof SwitchboardError) throw error;
    throw refused(path, (error as Error).message);
  }
}

function read(path: string, newMode: number): SettingsFile {
  if (!fs.lstatSync(path, { throwIfNoEntry: false })) {
    return { path, target: path, bytes: undefined, text: '', mark: '', mode: newMode };
  }
  if (!fs.existsSync(path)) throw refused(path, 'it is a link to a file that is not there');
  const target = fs.realpathSync(path);
  // Not blocking: a named pipe would wait for a writer for ever.
  const fd = fs.openSync(target, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOFOLLOW);
  try {
    const found = fs.fstatSync(fd);
    if (!found.isFile()) throw refused(path, 'it is not a regular file');
    if (found.size > LARGEST) throw refused(path, `it is larger than ${LARGEST / 1024 / 1024} MiB`);
    const bytes = fs.readFileSync(fd);
    return { path, target, bytes, mode: found.mode & 0o7777, ...decoded(path, bytes) };
  } finally {
    fs.closeSync(fd);
  }
}

function decoded(path: string, bytes: Buffer): { readonly text: string; readonly mark: string } {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refused(path, 'it is not UTF-8');
  }
  return text.startsWith(MARK) ? { text: text.slice(1), mark: MARK } : { text, mark: '' };
}

/** Errors: `file-unreadable` where the file is not this user's to change. */
export function refuseForeign({ path, target, bytes }: SettingsFile): void {
  if (!bytes) return;
  const found = fs.statSync(target);
  const uid = process.getuid?.();
  if (uid !== undefined && found.uid !== uid) {
    throw refused(path, `it belongs to the user with id ${found.uid}, not to you (id ${uid})`);
  }
  if (found.nlink > 1) {
    throw refused(path, 'it has a second name (a hard link), which would keep the old text', 'use a symbolic link');
  }
}

/**
 * Replaces the file's text, whole or not at all: its mode and the link that leads to it stay. Returns the copy of the old
 * file that now lies beside it, where there was one. Errors: `invalid-usage` (it changed since it was read),
 * `file-unreadable`, `disk-full`.
 */
export function replaceSettings(file: SettingsFile, text: string, now: Date): string | undefined {
  const { path, target, mark, mode } = file;
  refuseForeign(file);
  const temporary = temporaryName(target);
  try {
    fs.mkdirSync(dirname(target), { recursive: true });
    const bytes = fs.existsSync(target) ? fs.readFileSync(target) : undefined;
    if ((bytes === undefined) !== (file.bytes === undefined) || (bytes && file.bytes && !bytes.equals(file.bytes))) {
      throw refused(path, 'another program has just changed it', 'run it again');
    }
    const backup = bytes && writeBackup(target, bytes, mode, now);
    write(temporary, mark + text, mode, bytes && fs.statSync(target));
    fs.renameSync(temporary, target);
    syncDirectory(dirname(target));
    return backup;
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    if (error instanceof SwitchboardError) throw error;
    if (errnoOf(error) === 'ENOSPC') throw new SwitchboardError('disk-full', `no space for ${safeLine(path)}`);
    throw refused(path, (error as Error).message);
  }
}

function writeBackup(target: string, bytes: Buffer, mode: number, now: Date): string {
  const stamp = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  for (let i = 0; ; i += 1) {
    const backup = `${target}.switchboard-backup-${stamp}${i === 0 ? '' : `-${i}`}`;
    try {
      write(backup, bytes, mode);
      return backup;
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }
}

function write(path: string, content: string | Buffer, mode: number, like?: fs.Stats): void {
  const fd = fs.openSync(path, 'wx', 0o600);
  try {
    fs.writeFileSync(fd, content);
    if (like && like.gid !== fs.fstatSync(fd).gid) tryGroup(fd, like);
    fs.fchmodSync(fd, mode);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** The group of the file that is replaced. Who is not in it cannot give it; the mode then is for the user's own. */
function tryGroup(fd: number, { uid, gid }: fs.Stats): void {
  try {
    fs.fchownSync(fd, uid, gid);
  } catch (error) {
    if (errnoOf(error) !== 'EPERM') throw error;
  }
}
