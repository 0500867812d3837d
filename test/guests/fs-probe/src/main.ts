// oxlint-disable typescript/no-explicit-any -- what a guest's imports are is said by its world
import { getDirectories } from 'wasi:filesystem/preopens@0.2.6';
import { send } from 'switchboard:host/http@0.1.0';
import { getEnvironment } from 'wasi:cli/environment@0.2.6';

/** QuickJS has no TextDecoder; what is read here is ASCII. */
const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const bytesOf = (ascii: string): Uint8Array => Uint8Array.from(ascii, (c) => c.charCodeAt(0));

interface Found {
  readonly directory: any;
  readonly path: string;
}

/** The directory whose name is the longest beginning of the path, as a C library would choose. */
function find(path: string): Found {
  let best: Found | undefined;
  let length = -1;
  for (const [directory, name] of getDirectories()) {
    const inside = name === '/' || path === name || path.startsWith(`${name}/`);
    if (!inside || name.length <= length) continue;
    length = name.length;
    const rest = path.slice(name === '/' ? 1 : name.length + 1);
    best = { directory, path: rest === '' ? '.' : rest };
  }
  if (!best) throw 'no-directory';
  return best;
}

const FOLLOW = { symlinkFollow: true };
const open = ({ directory, path }: Found, flags: object, how: object): any =>
  directory.openAt(FOLLOW, path, how, flags);

const OPS: { readonly [op: string]: (at: Found, other: string) => string } = {
  read: (at) => {
    const file = open(at, { read: true }, {});
    const [bytes] = file.read(1_000_000, 0);
    return text(bytes);
  },
  stream: (at) => {
    const stream = open(at, { read: true }, {}).readViaStream(0);
    return text(stream.blockingRead(1_000_000));
  },
  write: (at, written) => {
    open(at, { write: true }, { create: true, truncate: true }).write(bytesOf(written), 0);
    return 'written';
  },
  append: (at, written) => {
    open(at, { write: true }, {}).appendViaStream().blockingWriteAndFlush(bytesOf(written));
    return 'appended';
  },
  list: (at) => {
    const entries = open(at, { read: true }, { directory: true }).readDirectory();
    const names: string[] = [];
    for (let entry = entries.readDirectoryEntry(); entry; entry = entries.readDirectoryEntry()) {
      names.push(`${entry.type} ${entry.name}`);
    }
    return names.sort().join('\n');
  },
  stat: ({ directory, path }) =>
    JSON.stringify([directory.statAt(FOLLOW, path).type, Number(directory.statAt(FOLLOW, path).size)]),
  lstat: ({ directory, path }) => directory.statAt({}, path).type,
  mkdir: ({ directory, path }) => done(directory.createDirectoryAt(path)),
  rmdir: ({ directory, path }) => done(directory.removeDirectoryAt(path)),
  unlink: ({ directory, path }) => done(directory.unlinkFileAt(path)),
  symlink: ({ directory, path }, target) => done(directory.symlinkAt(target, path)),
  link: ({ directory, path }, other) => {
    const to = find(other);
    return done(directory.linkAt({}, path, to.directory, to.path));
  },
  rename: ({ directory, path }, other) => {
    const to = find(other);
    return done(directory.renameAt(path, to.directory, to.path));
  },
  readlink: ({ directory, path }) => directory.readlinkAt(path),
  truncate: (at) => done(open(at, { write: true }, {}).setSize(0)),
  times: ({ directory, path }) => done(directory.setTimesAt({}, path, { tag: 'now' }, { tag: 'now' })),
};

function done(_nothing: unknown): string {
  return 'done';
}

export function directories(): string[] {
  return getDirectories().map(([, name]: [unknown, string]) => name);
}

export function variables(): string[] {
  return getEnvironment().map(([name, value]: [string, string]) => `${name}=${value}`);
}

export function run(op: string, path: string, other: string): string {
  return attempt(() => {
    const work = OPS[op];
    if (!work) throw 'unknown-operation';
    return work(find(path), other);
  });
}

export function fetch(url: string): string {
  return attempt(() => {
    const { status, body } = send({ method: 'GET', url, headers: [] });
    return `${status} ${text(body)}`;
  });
}

export function flood(path: string, times: number): number {
  const kept: unknown[] = [];
  return attempt(() => {
    for (let i = 0; i < times; i += 1) kept.push(open(find(path), { read: true }, {}));
    return kept.length;
  });
}

export function readOften(path: string, times: number): number {
  return attempt(() => {
    const file = open(find(path), { read: true }, {});
    let total = 0;
    for (let i = 0; i < times; i += 1) total += file.read(4096, 0)[0].length;
    return total;
  });
}

/** The error case of a result is what is thrown. */
function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown: any) {
    throw typeof thrown === 'string'
      ? thrown
      : String(thrown?.payload?.tag ?? thrown?.payload ?? thrown?.message ?? thrown);
  }
}
