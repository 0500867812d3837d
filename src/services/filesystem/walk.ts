/**
 * Finds what a guest's path names without ever leaving the directory it starts from. Each name is looked up in a
 * directory that is held open, never by a path: whoever swaps a directory for a symlink meanwhile changes nothing, as a
 * symlink is never followed by the system (O_NOFOLLOW), only read and walked here. On Linux a name in a held directory
 * is `/proc/self/fd/N/name`. Elsewhere there is no such path: see `held`.
 */
import * as fs from 'node:fs';
import { codeOf, fsError, system } from './errors.ts';
import type { Granted, Territory } from './territory.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;

const DEEPEST_LINKS = 40;
const LONGEST_PATH = 4096;

/** An open directory. */
export interface Held {
  readonly fd: number;
  /** Where it was found, for systems without `/proc/self/fd`. */
  readonly path: string;
}

/** One that a guest may be in. */
export interface HeldDirectory extends Held {
  /** As the guest knows it, with symlinks resolved. */
  readonly guest: string;
  /** The grant by which nothing in it may be changed; undefined where it may. */
  readonly readOnly: Granted | undefined;
}

/** Where a path leads: a name in an open directory; `name` is `.` for the directory itself. */
export interface Place {
  readonly directory: HeldDirectory;
  readonly name: string;
  /** As the guest knows it, with symlinks resolved. */
  readonly guest: string;
  /** How many directories below the start the directory is. */
  readonly depth: number;
  /** The path asked for a directory: it ended in `/`. */
  readonly wantsDirectory: boolean;
  /** Closes what the walk opened. */
  release(): void;
}

/** The path by which the system finds `name` in an open directory. */
export function held({ fd, path }: Held, name: string): string {
  if (process.platform === 'linux') return name === '.' ? `/proc/self/fd/${fd}/.` : `/proc/self/fd/${fd}/${name}`;
  return name === '.' ? path : `${path}/${name}`;
}

/** Names of a guest's path. Errors: `illegal-byte-sequence`, `name-too-long`, `not-permitted` (absolute), `no-entry` (empty). */
function split(path: string): string[] {
  if (path === '') throw fsError('no-entry');
  if (path.length > LONGEST_PATH) throw fsError('name-too-long');
  if (path.includes('\0')) throw fsError('illegal-byte-sequence');
  if (path.startsWith('/')) throw fsError('not-permitted');
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

/**
 * Walks `path` from a directory. Symlinks on the way are followed inside it; the last one only if `follow`. Errors:
 * `not-permitted` where it would leave the directory or a link is absolute, `access` where nobody may be (told already),
 * `loop`, and those of the system.
 */
export function walk(territory: Territory, start: HeldDirectory, path: string, follow: boolean): Place {
  const rest = split(path);
  const opened: HeldDirectory[] = [];
  const release = (): void => {
    for (const { fd } of opened.splice(0)) fs.closeSync(fd);
  };
  let wantsDirectory = /(?:^|\/)\.{0,2}\/?$/.test(path) && /\/$|(?:^|\/)\.\.?$/.test(path);
  let links = 0;
  try {
    for (;;) {
      const name = rest.shift();
      const directory = opened.at(-1) ?? start;
      if (name === undefined) {
        const { guest } = directory;
        return { directory, name: '.', guest, depth: opened.length, wantsDirectory: true, release };
      }
      if (name === '..') {
        const left = opened.pop();
        if (!left) throw fsError('not-permitted');
        fs.closeSync(left.fd);
        continue;
      }
      const isLast = rest.length === 0;
      const target = isLast && !follow && !wantsDirectory ? undefined : linkTarget(directory, name);
      if (target !== undefined) {
        links += 1;
        if (links > DEEPEST_LINKS) throw fsError('loop');
        if (target.endsWith('/') && isLast) wantsDirectory = true;
        rest.unshift(...split(target));
        continue;
      }
      const guest = below(directory.guest, name);
      if (isLast) return { directory, name, guest, depth: opened.length, wantsDirectory, release };
      opened.push(enter(territory, directory, name, guest));
    }
  } catch (error) {
    release();
    throw error;
  }
}

const below = (guest: string, name: string): string => (guest === '/' ? `/${name}` : `${guest}/${name}`);

function enter(territory: Territory, directory: HeldDirectory, name: string, guest: string): HeldDirectory {
  const path = held(directory, name);
  const fd = system(() => fs.openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK));
  try {
    const stat = system(() => fs.fstatSync(fd));
    const readOnly = territory.admit(stat, fd, guest, directory.readOnly);
    return { fd, path: `${directory.path}/${name}`, guest, readOnly };
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

/** What a symlink says; undefined where the name is none, or nothing. */
function linkTarget(directory: HeldDirectory, name: string): string | undefined {
  try {
    return fs.readlinkSync(held(directory, name));
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === 'invalid' || code === 'no-entry') return undefined;
    throw fsError(code);
  }
}
