/** Each operation of the file system that a symlink, swapped in at the right moment, might lead out of a grant. */
import type { Descriptor } from '#services/filesystem/descriptor';

const FOLLOW = { symlinkFollow: true };
const NOW = { tag: 'now' } as const;

/** By name: each reaches for something below `x`, and gives what it found. `round` makes names that are new. */
export const OPERATIONS: { readonly [name: string]: (data: Descriptor, round: number) => string } = {
  read: (data) => {
    using file = data.openAt(FOLLOW, 'x/secret', {}, { read: true });
    return Buffer.from(file.read(100n, 0n)[0]).toString();
  },
  write: (data) => {
    using file = data.openAt(FOLLOW, 'x/secret', {}, { write: true });
    file.write(Buffer.from('inside'), 0n);
    return '';
  },
  create: (data, round) => {
    using _file = data.openAt(FOLLOW, `x/made-${round}`, { create: true, exclusive: true }, { write: true });
    return '';
  },
  truncate: (data) => {
    using file = data.openAt(FOLLOW, 'x/sub/../secret', {}, { write: true });
    file.setSize(6n);
    return '';
  },
  list: (data) => {
    using directory = data.openAt(FOLLOW, 'x', { directory: true }, { read: true });
    using entries = directory.readDirectory();
    const names: string[] = [];
    for (let e = entries.readDirectoryEntry(); e; e = entries.readDirectoryEntry()) names.push(e.name);
    return names.join();
  },
  stat: (data) => `size ${(data.statAt(FOLLOW, 'x/secret') as { size: bigint }).size}`,
  unlink: (data) => {
    data.unlinkFileAt('x/secret');
    return '';
  },
  'rename out of it': (data, round) => {
    data.renameAt('x/secret', data, `spare/taken-${round}`);
    return '';
  },
  'rename into it': (data, round) => {
    data.renameAt('mine', data, `x/given-${round}`);
    return '';
  },
  mkdir: (data, round) => {
    data.createDirectoryAt(`x/dir-${round}`);
    return '';
  },
  rmdir: (data) => {
    data.removeDirectoryAt('x/sub');
    return '';
  },
  'link to it': (data, round) => {
    data.linkAt({}, 'x/secret', data, `spare/linked-${round}`);
    return '';
  },
  'link in it': (data, round) => {
    data.linkAt({}, 'mine', data, `x/linked-${round}`);
    return '';
  },
  symlink: (data, round) => {
    data.symlinkAt('secret', `x/symlink-${round}`);
    return '';
  },
  readlink: (data) => data.readlinkAt('x/link'),
  'set-times': (data) => {
    data.setTimesAt(FOLLOW, 'x/secret', NOW, NOW);
    return '';
  },
  'set-times of the directory': (data) => {
    data.setTimesAt(FOLLOW, 'x', NOW, NOW);
    return '';
  },
};

/** Puts back what the operations used up, by the guest's own means. */
export const RESTORING: readonly ((data: Descriptor) => void)[] = [
  (data) => put(data, 'mine', 'mine'),
  (data) => put(data, 'x/secret', 'inside'),
  (data) => data.createDirectoryAt('x/sub'),
  (data) => data.symlinkAt('inside', 'x/link'),
];

function put(data: Descriptor, path: string, text: string): void {
  using file = data.openAt({}, path, { create: true, exclusive: true }, { write: true });
  file.write(Buffer.from(text), 0n);
}
