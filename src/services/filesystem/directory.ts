/** What one instance has of the file system: its granted directories, what is open, and refusals that are told. */
import * as fs from 'node:fs';
import { decideAccess } from '#core/access';
import { SwitchboardError } from '#core/errors';
import type { Scope } from '../scope.ts';
import { type Granted, type Root, Territory } from './territory.ts';
import type { HeldDirectory } from './walk.ts';

/** Descriptors one instance may have open: the machine's are shared by all. */
export const MOST_OPEN = 256;

/** A file or directory that an instance has open. */
export interface OpenNode {
  readonly fd: number;
  /** For messages, and for systems without `/proc/self/fd`. */
  readonly path: string;
  /** As the guest knows it. */
  readonly guest: string;
  /** The grant by which it may not be changed; undefined where it may. */
  readonly readOnly: Granted | undefined;
  /** Directories between the granted one and this. */
  readonly depth: number;
  readonly isDirectory: boolean;
}

/** Counts what is open and closes it when the instance ends. */
export class Files {
  readonly scope: Scope;
  readonly territory: Territory;
  /** With how many hold each: a file's streams may outlive its descriptor. */
  private readonly open = new Map<number, number>();
  /** Directories that are being listed: a descriptor each. */
  private readonly listed = new Set<fs.Dir>();
  /** Granted directories, opened once for the instance, whoever holds them. */
  private readonly granted = new Map<string, number>();

  constructor(scope: Scope) {
    this.scope = scope;
    this.territory = new Territory(scope.env);
    scope.env.onEnd(() => {
      for (const fd of this.open.keys()) fs.closeSync(fd);
      this.open.clear();
      for (const directory of this.listed) directory.closeSync();
      this.listed.clear();
    });
  }

  /** Keeps a descriptor that was just opened. Throws, and closes it, when there are too many. */
  keep(fd: number): number {
    this.bound(() => fs.closeSync(fd));
    this.open.set(fd, 1);
    return fd;
  }

  /**
   * One more holds it, until it calls `close`. Without, the number of a closed descriptor would live on in a stream, and
   * be that of whatever the process opens next.
   */
  share(fd: number): number {
    this.open.set(fd, (this.open.get(fd) ?? 0) + 1);
    return fd;
  }

  /** The same for a directory that is being listed. */
  keepDirectory(directory: fs.Dir): fs.Dir {
    this.bound(() => directory.closeSync());
    this.listed.add(directory);
    return directory;
  }

  closeDirectory(directory: fs.Dir): void {
    if (this.listed.delete(directory)) directory.closeSync();
  }

  private bound(close: () => void): void {
    if (this.open.size + this.listed.size < MOST_OPEN) return;
    close();
    throw new SwitchboardError('handle-limit', `the component holds ${MOST_OPEN} files open; it must close some first`);
  }

  close(fd: number): void {
    for (const kept of this.granted.values()) if (kept === fd) return;
    const holders = this.open.get(fd);
    if (holders === undefined) return;
    if (holders > 1) this.open.set(fd, holders - 1);
    else {
      this.open.delete(fd);
      fs.closeSync(fd);
    }
  }

  /** A granted directory. Stays open with the instance. */
  openGranted(granted: Granted): Root {
    const key = JSON.stringify(granted);
    const known = this.granted.get(key);
    if (known !== undefined) return { fd: known };
    const root = this.territory.open(granted);
    if ('fd' in root) this.granted.set(key, this.keep(root.fd));
    return root;
  }

  /** Tells that a path outside of what is granted, or a change of what may only be read, was refused. */
  refuse(guest: string, write: boolean): void {
    const decision = decideAccess(this.scope.env.policy, { kind: 'fs', path: guest, write });
    if (!decision.allowed) this.scope.env.denied(decision.denial);
  }

  /** Throws unless the directory or file was granted for writing. */
  needWrite(node: OpenNode, path = node.guest): void {
    this.territory.needWrite(node.readOnly, path);
  }
}

export const asHeld = (node: OpenNode): HeldDirectory => ({
  fd: node.fd,
  path: node.path,
  guest: node.guest,
  readOnly: node.readOnly,
});

/** A guest's path below a directory of the guest, for people: normal, without leaving it. */
export function guestPath(base: string, path: string): string {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return `${base === '/' ? '' : base}/${names.join('/')}`.replace(/(.)\/$/, '$1');
}
