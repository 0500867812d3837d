import { errnoOf, SwitchboardError, toSwitchboardError } from '#core/errors';

/** What the system's error codes mean for a home, in words. */
const REASONS: { readonly [errno: string]: string } = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file, not a directory',
  EISDIR: 'it is a directory, not a file',
  EEXIST: 'a file is in the place of a directory',
  ENOENT: 'it does not exist and cannot be made there',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the path is too long',
  EIO: 'the disk reports an error',
  EMFILE: 'this process has too many open files',
  ENFILE: 'the machine has too many open files',
};

const DISK_FULL = new Set(['ENOSPC', 'EDQUOT']);
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;

const CHOOSE_ANOTHER = 'choose another directory with --home <dir> or SWITCHBOARD_HOME=<dir>';

/** A `home-unusable` that names the path and the reason. */
export function unusable(path: string, reason: string, fix = CHOOSE_ANOTHER, cause?: unknown): SwitchboardError {
  return new SwitchboardError('home-unusable', `the home cannot be used: ${path}: ${reason}`, { fix, cause });
}

/**
 * A `database-corrupt` for the database of `home`. The file is left as it is; the fix moves it away,
 * after which a new database is made and the kept bytes can be installed again.
 */
export function corruptDatabase(home: string, reason: string, cause?: unknown): SwitchboardError {
  const file = `${home}/state.db`;
  return new SwitchboardError('database-corrupt', `the database ${file} is damaged (${reason}); it was left as it is`, {
    fix:
      `stop the host, then: mkdir '${home}/damaged' && mv '${home}'/state.db* '${home}/damaged/' ; ` +
      `the components' bytes are kept: switchboard install '${home}'/components/<digest>.wasm --as namespace:name@version`,
    data: { file },
    cause,
  });
}

/** Any failure of the file system or of SQLite under `home` as an error of the catalogue. */
export function homeFailure(thrown: unknown, home: string, path: string = home): SwitchboardError {
  if (thrown instanceof SwitchboardError) return thrown;
  const sqlite = sqliteCode(thrown);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (sqlite === SQLITE_CORRUPT || sqlite === SQLITE_NOTADB) return corruptDatabase(home, message, thrown);
  if (sqlite === SQLITE_FULL) return diskFull(path, thrown);
  if (sqlite === SQLITE_BUSY) {
    return unusable(`${home}/state.db`, 'another process holds it for too long', 'try again', thrown);
  }
  if (sqlite !== undefined) return unusable(`${home}/state.db`, message, CHOOSE_ANOTHER, thrown);
  const errno = errnoOf(thrown);
  if (errno !== undefined && DISK_FULL.has(errno)) return diskFull(path, thrown);
  if (errno !== undefined && /^E[A-Z0-9]+$/.test(errno)) {
    return unusable(path, REASONS[errno] ?? message, CHOOSE_ANOTHER, thrown);
  }
  return toSwitchboardError(thrown);
}

function diskFull(path: string, cause: unknown): SwitchboardError {
  return new SwitchboardError('disk-full', `no space is left on the disk of ${path}; nothing was changed`, {
    fix: 'free some space and try again',
    cause,
  });
}

/** The primary SQLite result code of an error of node:sqlite, or undefined. */
function sqliteCode(thrown: unknown): number | undefined {
  if (errnoOf(thrown) !== 'ERR_SQLITE_ERROR') return undefined;
  const code = (thrown as { readonly errcode?: unknown }).errcode;
  return typeof code === 'number' ? code & 0xff : undefined;
}
