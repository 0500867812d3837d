/** Where things are in a home, and the checks of the directory itself. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DIRECTORY_MODE, FILE_MODE, narrow, privateDirectory } from './files.ts';
import { homeFailure, unusable } from './failures.ts';

export interface HomePaths {
  readonly home: string;
  readonly version: string;
  readonly database: string;
  readonly components: string;
  readonly cache: string;
  readonly logs: string;
  readonly token: string;
  readonly secrets: string;
  readonly secretsKey: string;
  readonly ownerToken: string;
  readonly profiles: string;
  readonly storage: string;
  readonly blobs: string;
  readonly hostFile: string;
  readonly controlSocket: string;
}

/** The longest path every system accepts for a unix socket (macOS: 104 bytes with the final zero). */
const LONGEST_SOCKET = 103;

/** The paths of a home. Touches nothing, so that a client can look for the control socket first. */
export function homePaths(path: string): HomePaths {
  const home = resolve(path);
  return {
    home,
    version: join(home, 'version'),
    database: join(home, 'state.db'),
    components: join(home, 'components'),
    cache: join(home, 'cache'),
    logs: join(home, 'logs'),
    token: join(home, 'token'),
    secrets: join(home, 'secrets.json'),
    secretsKey: join(home, 'secrets.key'),
    ownerToken: join(home, 'owner-token'),
    profiles: join(home, 'profiles.json'),
    storage: join(home, 'storage.db'),
    blobs: join(home, 'blobs'),
    hostFile: join(home, 'host.json'),
    controlSocket: socketPath(home),
  };
}

/**
 * `control.sock` in the home; where that is longer than a socket's path may be, a name derived from the
 * home in a private directory of this user under the temporary directory.
 */
function socketPath(home: string): string {
  const inHome = join(home, 'control.sock');
  if (Buffer.byteLength(inHome) <= LONGEST_SOCKET) return inHome;
  const name = createHash('sha256').update(home).digest('hex').slice(0, 32);
  return join(shortDirectory(), `${name}.sock`);
}

function shortDirectory(): string {
  return join(tmpdir(), `switchboard-${process.getuid?.() ?? 0}`);
}

/**
 * Checks that the home, where it exists, is a directory of ours that this process may use, and that it
 * is not somebody's directory of other things. Changes nothing. Returns whether it exists.
 */
export function examineHome(paths: HomePaths): boolean {
  const found = stat(paths.home);
  if (!found) return false;
  if (!found.isDirectory()) throw unusable(paths.home, 'it is a file, not a directory');
  refuseForeign(paths.home, found);
  try {
    fs.accessSync(paths.home, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK);
    if (fs.existsSync(paths.version) || fs.existsSync(paths.database)) return true;
    const stranger = fs.readdirSync(paths.home).find((name) => !OURS.test(name));
    if (stranger === undefined) return true;
    throw unusable(paths.home, `it is not a Switchboard home and not empty: it holds "${stranger}"`);
  } catch (error) {
    throw homeFailure(error, paths.home);
  }
}

/** What may be in a home that has neither version nor database yet: the rest of an interrupted start. */
const OURS =
  /^(?:components|keys|cache|logs|toolchains|blobs|damaged|registry|registries\.json|token|secrets\.json|secrets\.key|owner-token|profiles\.json|control\.sock|migrate\.lock|lost\+found|backup-v.*|host\..*|\..*|.*\.tmp)$/;

/** Makes the directories and takes others' rights to everything in the home away. */
export function secureHome(paths: HomePaths): void {
  try {
    for (const directory of [paths.home, paths.components, paths.cache, paths.logs]) privateDirectory(directory);
    for (const file of [
      paths.version,
      paths.database,
      paths.token,
      paths.secrets,
      paths.secretsKey,
      paths.ownerToken,
      paths.profiles,
      paths.storage,
      paths.hostFile,
      join(paths.home, 'keys', 'signing.key'),
    ])
      narrow(file, FILE_MODE);
    for (const database of [paths.database, paths.storage])
      for (const suffix of ['-wal', '-shm']) narrow(database + suffix, FILE_MODE);
    if (!paths.controlSocket.startsWith(paths.home)) secureShortDirectory();
  } catch (error) {
    throw homeFailure(error, paths.home);
  }
}

/** In the temporary directory anybody could have made ours before us, with a socket of theirs in it. */
function secureShortDirectory(): void {
  const directory = shortDirectory();
  fs.mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
  const found = fs.lstatSync(directory);
  if (!found.isDirectory()) throw unusable(directory, 'it is not a directory');
  refuseForeign(directory, found);
  narrow(directory, DIRECTORY_MODE);
}

function refuseForeign(path: string, found: fs.Stats): void {
  const uid = process.getuid?.();
  if (uid === undefined || found.uid === uid) return;
  throw unusable(path, `it belongs to the user with id ${found.uid}, not to you (id ${uid})`);
}

function stat(path: string): fs.Stats | undefined {
  try {
    return fs.statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw homeFailure(error, path);
  }
}
