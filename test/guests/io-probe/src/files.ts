// oxlint-disable typescript/no-explicit-any -- what a guest's imports are is said by its world
import { getDirectories } from 'wasi:filesystem/preopens@0.2.6';
import { announce, forever, pause, tell } from './waiting.ts';

const FOLLOW = { symlinkFollow: true };

/** The first granted directory; paths are below it. */
const root = (): any => getDirectories()[0]?.[0];
const openFile = (path: string, flags: object): any => root().openAt(FOLLOW, path, {}, flags);
const openDirectory = (path: string): any => root().openAt(FOLLOW, path, { directory: true }, { read: true });
const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const A = Uint8Array.of(65);

/** What is done with an open file or directory, once. */
const USES: { readonly [use: string]: readonly [open: (path: string) => any, use: (opened: any) => string] } = {
  read: [(path) => openFile(path, { read: true }), (file) => text(file.read(100, 0)[0])],
  stream: [(path) => openFile(path, { read: true }).readViaStream(0), (stream) => text(stream.blockingRead(3))],
  write: [(path) => openFile(path, { write: true }), (file) => String(file.write(A, 0))],
  sink: [
    (path) => openFile(path, { write: true }).writeViaStream(0),
    (stream) => String(stream.blockingWriteAndFlush(A)),
  ],
  stat: [openDirectory, (directory) => directory.statAt(FOLLOW, '.').type],
  list: [openDirectory, (directory) => String(count(directory))],
};

function count(directory: any): number {
  const entries = directory.readDirectory();
  let found = 0;
  while (entries.readDirectoryEntry()) found += 1;
  return found;
}

const useOf = (name: string): (typeof USES)[string] => {
  const use = USES[name];
  if (!use) throw 'unknown-use';
  return use;
};

export const FILES: { readonly [op: string]: (...args: string[]) => string } = {
  /** Opens, says so, waits, uses. */
  hold: (name, path, ms) => {
    const [open, use] = useOf(name);
    const opened = open(path);
    tell('opened');
    pause(Number(ms));
    return use(opened);
  },
  /** Uses, says so, waits, uses again: in the middle of a stream. */
  middle: (name, path, ms) => {
    const [open, use] = useOf(name);
    const opened = open(path);
    const first = use(opened);
    tell('opened');
    pause(Number(ms));
    return `${first} ${use(opened)}`;
  },
  /** Without ever leaving the processor, and never done. */
  busy: (name, path) => {
    const [open, use] = useOf(name);
    const opened = open(path);
    announce('busy');
    return forever(() => use(opened));
  },
  list: (path) => String(count(openDirectory(path))),
  /** Listings begun and never ended. */
  listings: (path, times) => {
    const directory = openDirectory(path);
    const kept: unknown[] = [];
    for (let i = 0; i < Number(times); i += 1) kept.push(directory.readDirectory());
    return String(kept.length);
  },
  directories: (path, times) => {
    for (let i = 0; i < Number(times); i += 1) root().createDirectoryAt(`${path}${i}`);
    return times;
  },
  /** Directories in one another, each made in the one before. */
  nest: (name, times) => {
    const kept = [root()];
    for (let i = 0; i < Number(times); i += 1) {
      const last = kept[kept.length - 1];
      last.createDirectoryAt(name);
      kept.push(last.openAt({}, name, { directory: true }, { read: true }));
    }
    return times;
  },
  /** Directories in one another, each by its whole path. */
  deep: (name, times) => {
    let path = name;
    for (let i = 0; i < Number(times); i += 1, path += `/${name}`) root().createDirectoryAt(path);
    return times;
  },
  long: (length) => String(root().createDirectoryAt('x'.repeat(Number(length)))),
};
