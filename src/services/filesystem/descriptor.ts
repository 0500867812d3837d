import * as fs from 'node:fs';
import { printable } from '#core/reference';
import { InputStream, OutputStream } from '../io/streams.ts';
import { WitError } from '../wit-error.ts';
import { asHeld, type Files, guestPath, type OpenNode } from './directory.ts';
import { DirectoryEntryStream } from './entries.ts';
import { fsError, system } from './errors.ts';
import { fileSink, fileSource, FURTHEST, writable } from './file-streams.ts';
import { descriptorStat, metadataHash, type NewTimestamp, seconds, typeOf } from './stat.ts';
import { held, type Place, walk } from './walk.ts';

export interface PathFlags {
  readonly symlinkFollow?: boolean;
}
export interface OpenFlags {
  readonly create?: boolean;
  readonly directory?: boolean;
  readonly exclusive?: boolean;
  readonly truncate?: boolean;
}
export interface DescriptorFlags {
  readonly read?: boolean;
  readonly write?: boolean;
  readonly fileIntegritySync?: boolean;
  readonly dataIntegritySync?: boolean;
  readonly requestedWriteSync?: boolean;
  readonly mutateDirectory?: boolean;
}

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY, O_SYNC, O_DSYNC, O_APPEND } =
  fs.constants;
/** One read gives no more than this, whatever is asked. */
const MOST_READ = 1024 * 1024;

/**
 * `wasi:filesystem/types.descriptor`: an open file or directory below a granted one. Synchronous, in the cell's thread:
 * a small read costs little more than the system's own.
 */
export class Descriptor {
  readonly #files: Files;
  readonly #node: OpenNode;
  readonly #flags: DescriptorFlags;

  constructor(files: Files, node: OpenNode, flags: DescriptorFlags) {
    files.scope.opened();
    this.#files = files;
    this.#node = node;
    this.#flags = flags;
  }

  readViaStream(offset: bigint): InputStream {
    return new InputStream(this.#files.scope, fileSource(this.#files, this.#file('read'), offset));
  }

  writeViaStream(offset: bigint): OutputStream {
    return new OutputStream(this.#files.scope, fileSink(this.#files, this.#file('write'), offset));
  }

  appendViaStream(): OutputStream {
    const fd = this.#file('write');
    const files = this.#files;
    if (process.platform !== 'linux') return new OutputStream(files.scope, fileSink(files, fd, 'append'));
    const own = files.keep(system(() => fs.openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_APPEND | O_NONBLOCK)));
    const stream = new OutputStream(files.scope, fileSink(files, own, 'append'));
    files.close(own);
    return stream;
  }

  advise(_offset: bigint, _length: bigint, _advice: string): void {
    this.#file();
  }

  syncData(): void {
    system(() => fs.fdatasyncSync(this.#node.fd));
  }

  sync(): void {
    system(() => fs.fsyncSync(this.#node.fd));
  }

  getFlags(): DescriptorFlags {
    return this.#flags;
  }

  getType(): string {
    return this.#node.isDirectory ? 'directory' : 'regular-file';
  }

  setSize(size: bigint): void {
    const fd = this.#file('write');
    system(() => fs.ftruncateSync(fd, writable(size)));
  }

  setTimes(access: NewTimestamp, modification: NewTimestamp): void {
    this.#files.needWrite(this.#node);
    this.#setTimes(this.#node.fd, access, modification);
  }

  read(length: bigint, offset: bigint): [Uint8Array, boolean] {
    const fd = this.#file('read');
    const most = length > MOST_READ ? MOST_READ : Number(length);
    if (offset > FURTHEST) return [new Uint8Array(), most > 0];
    const buffer = new Uint8Array(most);
    const read = system(() => fs.readSync(fd, buffer, 0, most, Number(offset)));
    return [read === most ? buffer : buffer.subarray(0, read), read === 0 && most > 0];
  }

  write(bytes: Uint8Array, offset: bigint): bigint {
    const fd = this.#file('write');
    const at = writable(offset);
    const written = system(() => fs.writeSync(fd, bytes, 0, bytes.length, at));
    this.#files.scope.env.refund(bytes.length);
    return BigInt(written);
  }

  readDirectory(): DirectoryEntryStream {
    this.#directory();
    return new DirectoryEntryStream(this.#files, asHeld(this.#node));
  }

  createDirectoryAt(path: string): void {
    this.#change(path, true, (at) => fs.mkdirSync(at, 0o777));
  }

  stat(): object {
    return descriptorStat(system(() => fs.fstatSync(this.#node.fd, { bigint: true })));
  }

  statAt(flags: PathFlags, path: string): object {
    return this.#at(path, flags.symlinkFollow ?? false, (at) => descriptorStat(fs.lstatSync(at, { bigint: true })));
  }

  setTimesAt(flags: PathFlags, path: string, access: NewTimestamp, modification: NewTimestamp): void {
    this.#mayChange(path);
    this.#at(path, flags.symlinkFollow ?? false, (at, place) => {
      this.#needWriteAt(place, fs.lstatSync(at));
      const stat = fs.lstatSync(at, { bigint: true });
      const now = this.#files.scope.env.now();
      fs.lutimesSync(at, seconds(access, stat.atimeNs, now), seconds(modification, stat.mtimeNs, now));
    });
  }

  linkAt(flags: PathFlags, oldPath: string, target: Descriptor, newPath: string): void {
    // The system's link would have to follow a symlink by itself, or make a second name of the symlink: both leave.
    if (flags.symlinkFollow) throw fsError('invalid');
    this.#mayChange(oldPath);
    target.#mayChange(newPath);
    this.#at(oldPath, false, (from, place) => {
      if (!fs.lstatSync(from).isFile()) throw fsError('not-permitted');
      this.#needWriteAt(place);
      target.#at(newPath, false, (to, toPlace) => {
        target.#needWriteAt(toPlace);
        fs.linkSync(from, to);
      });
    });
  }

  openAt(pathFlags: PathFlags, path: string, openFlags: OpenFlags, flags: DescriptorFlags): Descriptor {
    this.#directory();
    // `mutate-directory` gives nothing by itself: each change is refused on its own.
    const changes = flags.write || openFlags.create || openFlags.truncate;
    if (changes) this.#mayChange(path);
    return this.#place(path, pathFlags.symlinkFollow ?? false, (place) => {
      if (changes) this.#needWriteAt(place);
      const fd = this.#files.keep(system(() => openNode(place, openFlags, flags)));
      try {
        const stat = system(() => fs.fstatSync(fd));
        if (!stat.isFile() && !stat.isDirectory()) throw fsError('not-permitted');
        const readOnly = this.#files.territory.admit(stat, fd, place.guest, place.directory.readOnly);
        if (changes) this.#files.territory.needWrite(readOnly, place.guest);
        if (stat.isFile() && (openFlags.directory || place.wantsDirectory)) throw fsError('not-directory');
        if (stat.isDirectory() && openFlags.exclusive) throw fsError('exist');
        if (openFlags.truncate && stat.isFile()) system(() => fs.ftruncateSync(fd, 0));
        const where = place.name === '.' ? place.directory.path : `${place.directory.path}/${place.name}`;
        const depth = this.#node.depth + place.depth + (place.name === '.' ? 0 : 1);
        const node: OpenNode = {
          fd,
          path: where,
          guest: place.guest,
          readOnly,
          depth,
          isDirectory: stat.isDirectory(),
        };
        return new Descriptor(this.#files, node, flags);
      } catch (error) {
        this.#files.close(fd);
        throw error;
      }
    });
  }

  readlinkAt(path: string): string {
    return this.#at(path, false, (at) => {
      const target = fs.readlinkSync(at);
      // Where it leads on the host is nothing the guest may know.
      if (target.startsWith('/')) throw fsError('not-permitted');
      return target;
    });
  }

  removeDirectoryAt(path: string): void {
    this.#change(path, true, (at, place) => {
      this.#files.territory.needMovable(fs.lstatSync(at), place.guest);
      fs.rmdirSync(at);
    });
  }

  renameAt(oldPath: string, target: Descriptor, newPath: string): void {
    this.#mayChange(oldPath);
    target.#mayChange(newPath);
    this.#at(oldPath, false, (from, place) => {
      const stat = fs.lstatSync(from);
      this.#needWriteAt(place, stat);
      this.#files.territory.needMovable(stat, place.guest);
      target.#at(newPath, false, (to, toPlace) => {
        const taken = fs.lstatSync(to, { throwIfNoEntry: false });
        target.#needWriteAt(toPlace, taken);
        target.#files.territory.needMovable(taken, toPlace.guest);
        if (stat.isSymbolicLink()) target.#needStaying(fs.readlinkSync(from), toPlace, newPath);
        fs.renameSync(from, to);
      });
    });
  }

  symlinkAt(text: string, path: string): void {
    this.#mayChange(path);
    this.#place(path, false, (place) => {
      if (place.name === '.' || place.wantsDirectory) throw fsError('exist');
      this.#needWriteAt(place);
      if (leavesBy(text, place.depth)) {
        this.#refuseOutside(`${path} -> ${text}`);
        throw fsError('not-permitted');
      }
      system(() => fs.symlinkSync(text, held(place.directory, place.name)));
    });
  }

  unlinkFileAt(path: string): void {
    this.#change(path, false, (at) => {
      if (fs.lstatSync(at).isDirectory()) throw fsError('is-directory');
      fs.unlinkSync(at);
    });
  }

  isSameObject(other: Descriptor): boolean {
    const [a, b] = [this.#node.fd, other.#node.fd].map((fd) => system(() => fs.fstatSync(fd, { bigint: true })));
    return a?.dev === b?.dev && a?.ino === b?.ino;
  }

  metadataHash(): object {
    return metadataHash(system(() => fs.fstatSync(this.#node.fd, { bigint: true })));
  }

  metadataHashAt(flags: PathFlags, path: string): object {
    return this.#at(path, flags.symlinkFollow ?? false, (at) => metadataHash(fs.lstatSync(at, { bigint: true })));
  }

  [Symbol.dispose](): void {
    this.#files.scope.closed();
    this.#files.close(this.#node.fd);
  }

  /** The descriptor of a file that was opened for this. */
  #file(use?: 'read' | 'write'): number {
    if (this.#node.isDirectory) throw fsError(use === undefined ? 'bad-descriptor' : 'is-directory');
    if (use !== undefined && !this.#flags[use]) throw fsError('bad-descriptor');
    return this.#node.fd;
  }

  #directory(): void {
    if (!this.#node.isDirectory) throw fsError('not-directory');
  }

  #mayChange(path: string): void {
    this.#directory();
    this.#files.needWrite(this.#node, guestPath(this.#node.guest, path));
  }

  /** By what the walk found: a narrower grant, or one of the same directory under another name, may say less. */
  #needWriteAt(place: Place, stat?: fs.Stats): void {
    const { territory } = this.#files;
    territory.needWrite(place.directory.readOnly ?? territory.readOnlyAt(stat, place.guest), place.guest);
  }

  /** A symlink that is moved must not lead out from where it comes to be. */
  #needStaying(text: string, place: Place, path: string): void {
    if (!leavesBy(text, this.#node.depth + place.depth)) return;
    this.#refuseOutside(path);
    throw fsError('not-permitted');
  }

  #change(path: string, mayBeDirectory: boolean, work: (at: string, place: Place) => unknown): void {
    this.#mayChange(path);
    this.#place(path, false, (place) => {
      // rmdir and mkdir of `.` or `..` name no entry.
      if (place.name === '.') throw fsError('invalid');
      if (place.wantsDirectory && !mayBeDirectory) throw fsError('not-directory');
      this.#needWriteAt(place);
      system(() => work(held(place.directory, place.name), place));
    });
  }

  #at<T>(path: string, follow: boolean, work: (at: string, place: Place) => T): T {
    this.#directory();
    return this.#place(path, follow, (place) => {
      const at = held(place.directory, place.name);
      if (place.wantsDirectory && place.name !== '.' && !isDirectory(at)) throw fsError('not-directory');
      return system(() => work(at, place));
    });
  }

  #place<T>(path: string, follow: boolean, work: (place: Place) => T): T {
    let place: Place;
    try {
      place = walk(this.#files.territory, asHeld(this.#node), path, follow);
    } catch (error) {
      if (error instanceof WitError && error.payload === 'not-permitted') this.#refuseOutside(path);
      throw error;
    }
    try {
      return work(place);
    } finally {
      place.release();
    }
  }

  #refuseOutside(path: string): void {
    this.#files.scope.env.denied({
      capability: 'fs',
      what: `reach "${printable(path, 200)}" from ${this.#node.guest}`,
      reason: 'the path, or a symlink on it, leads out of the granted directory',
    });
  }

  #setTimes(fd: number, access: NewTimestamp, modification: NewTimestamp): void {
    system(() => {
      const stat = fs.fstatSync(fd, { bigint: true });
      const now = this.#files.scope.env.now();
      fs.futimesSync(fd, seconds(access, stat.atimeNs, now), seconds(modification, stat.mtimeNs, now));
    });
  }
}

function isDirectory(at: string): boolean {
  return system(() => typeOf(fs.lstatSync(at))) === 'directory';
}

/** Opens a file or directory, nothing else: a device could act by being opened, so what is none is refused before. */
function openNode(place: Place, open: OpenFlags, flags: DescriptorFlags): number {
  const at = held(place.directory, place.name);
  const found = fs.lstatSync(at, { throwIfNoEntry: false });
  if (found?.isSymbolicLink()) throw fsError('loop');
  if (found && !found.isFile() && !found.isDirectory()) throw fsError('not-permitted');
  if (!found && place.wantsDirectory) throw fsError('no-entry');
  if (found?.isDirectory() && (flags.write || open.truncate)) throw fsError('is-directory');
  const access = found?.isDirectory() || !flags.write ? O_RDONLY : flags.read ? O_RDWR : O_WRONLY;
  const truncates = open.truncate && access === O_RDONLY && !found?.isDirectory() ? O_RDWR : access;
  return fs.openSync(
    at,
    truncates |
      O_NOFOLLOW |
      O_NONBLOCK |
      (open.create ? O_CREAT : 0) |
      (open.exclusive ? O_EXCL : 0) |
      (open.directory ? O_DIRECTORY : 0) |
      (flags.fileIntegritySync ? O_SYNC : 0) |
      (flags.dataIntegritySync ? O_DSYNC : 0),
    0o666,
  );
}

/** Whether a symlink with this text, in a directory `depth` below the granted one, would lead out of it. */
function leavesBy(text: string, depth: number): boolean {
  if (text === '' || text.startsWith('/') || text.includes('\0')) return true;
  let level = depth;
  for (const name of text.split('/')) {
    if (name === '..') level -= 1;
    else if (name !== '' && name !== '.') level += 1;
    if (level < 0) return true;
  }
  return false;
}
