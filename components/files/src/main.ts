import { type Descriptor, getDirectories } from 'wasi:filesystem/preopens@0.2.6';
import { decode, encode } from './utf8.ts';

const MOST_ENTRIES = 2000;
const MOST_LINES = 2000;
const MOST_CHARACTERS = 200_000;
const MOST_HITS = 200;
const LARGEST_FILE = 8 * 1024 * 1024;
const FOLLOW = { symlinkFollow: true };
const KINDS: { readonly [type: string]: 'file' | 'directory' | 'link' } = {
  'regular-file': 'file',
  directory: 'directory',
  'symbolic-link': 'link',
};

interface Entry {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  readonly size: number | null;
}

/** The functions that world.wit exports. The message of a thrown error is the error case of a result. */
export function roots(): string[] {
  // The root refuses everything, where it is not granted itself.
  return directories().flatMap(([, name]) => (name === '/' ? [] : [name]));
}

export function listDirectory(path: string, deep: boolean | null): Entry[] {
  return attempt(path, () => {
    const found: Entry[] = [];
    visit(path, '', deep ?? false, (entry) => found.push(entry) < MOST_ENTRIES);
    return found;
  });
}

export function readFile(path: string, firstLine: number | null, lastLine: number | null): object {
  return attempt(path, () => {
    const lines = read(path).split('\n');
    if (lines.at(-1) === '') lines.pop();
    const first = Math.max(1, firstLine ?? 1);
    const last = Math.min(lines.length, lastLine ?? lines.length, first + MOST_LINES - 1);
    const text = lines.slice(first - 1, last).join('\n');
    return {
      text: text.slice(0, MOST_CHARACTERS),
      firstLine: first,
      lastLine: Math.max(last, first - 1),
      lines: lines.length,
    };
  });
}

export function search(path: string, text: string, name: string | null): object[] {
  return attempt(path, () => {
    if (text === '') throw new Error('the text to look for is empty');
    const wanted = text.toLowerCase();
    const pattern = name === null ? undefined : globOf(name);
    const hits: object[] = [];
    visit(path, '', true, (entry) => {
      const base = entry.path.slice(entry.path.lastIndexOf('/') + 1);
      if (entry.kind !== 'file' || (entry.size ?? 0) > LARGEST_FILE || (pattern && !pattern.test(base))) return true;
      const lines = textOf(`${path}/${entry.path}`)?.split('\n') ?? [];
      for (const [i, line] of lines.entries()) {
        if (!line.toLowerCase().includes(wanted)) continue;
        if (hits.push({ path: entry.path, line: i + 1, text: line.slice(0, 500) }) >= MOST_HITS) return false;
      }
      return true;
    });
    return hits;
  });
}

export function writeFile(path: string, text: string): number {
  return attempt(path, () => write(path, text));
}

export function editFile(path: string, old: string, replacement: string): void {
  attempt(path, () => {
    const text = read(path);
    const at = text.indexOf(old);
    if (old === '' || at < 0) throw new Error('the old text does not occur in the file');
    if (text.indexOf(old, at + 1) >= 0)
      throw new Error('the old text occurs more than once; give more of what is around it');
    write(path, text.slice(0, at) + replacement + text.slice(at + old.length));
  });
}

interface Place {
  readonly directory: Descriptor;
  readonly path: string;
}

let granted: ReturnType<typeof getDirectories> | undefined;

/** What is granted does not change in the life of an instance. */
function directories(): ReturnType<typeof getDirectories> {
  granted ??= getDirectories();
  return granted;
}

interface Closed {
  [Symbol.dispose](): void;
}

/** Runs `work`, then closes what it used: few files may be open at once. */
function close<R extends Closed, T>(resource: R, work: (resource: R) => T): T {
  try {
    return work(resource);
  } finally {
    resource[Symbol.dispose]();
  }
}

function place(path: string): Place {
  if (!path.startsWith('/'))
    throw new Error(`write an absolute path, as in ${directories()[0]?.[1] ?? '/work'}/${path}`);
  let best: Place | undefined;
  let length = -1;
  for (const [directory, name] of directories()) {
    if (name.length <= length || !(name === '/' || path === name || path.startsWith(`${name}/`))) continue;
    length = name.length;
    best = { directory, path: path.slice(name === '/' ? 1 : name.length + 1) || '.' };
  }
  if (!best) throw new Error('no directory is granted');
  return best;
}

function visit(root: string, below: string, deep: boolean, each: (entry: Entry) => boolean): boolean {
  const at = place(below === '' ? root : `${root}/${below}`);
  const names: [string, string][] = [];
  close(at.directory.openAt(FOLLOW, at.path, { directory: true }, { read: true }), (directory) =>
    close(directory.readDirectory(), (entries) => {
      let entry = entries.readDirectoryEntry();
      for (; entry && names.length < MOST_ENTRIES * 5; entry = entries.readDirectoryEntry()) {
        names.push([entry.name, entry.type]);
      }
    }),
  );
  names.sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, type] of names) {
    const path = below === '' ? name : `${below}/${name}`;
    const kind = KINDS[type] ?? 'other';
    const size = kind === 'file' ? Number(sizeOf(`${root}/${path}`)) : null;
    if (!each({ path, kind, size })) return false;
    if (deep && kind === 'directory' && !visit(root, path, true, each)) return false;
  }
  return true;
}

function sizeOf(path: string): number | bigint {
  const at = place(path);
  return at.directory.statAt({}, at.path).size;
}

/** Undefined where it is not text. */
function textOf(path: string): string | undefined {
  try {
    return read(path);
  } catch {
    return undefined;
  }
}

function read(path: string): string {
  const at = place(path);
  const size = Number(at.directory.statAt(FOLLOW, at.path).size);
  if (size > LARGEST_FILE) throw new Error(`it is larger than ${LARGEST_FILE} bytes`);
  const bytes = new Uint8Array(size);
  let length = 0;
  close(at.directory.openAt(FOLLOW, at.path, {}, { read: true }), (file) => {
    while (length < size) {
      const [chunk, end] = file.read(Math.min(size - length, 1_000_000), length);
      bytes.set(chunk, length);
      length += chunk.length;
      if (end || chunk.length === 0) break;
    }
  });
  return decode(bytes.subarray(0, length));
}

function write(path: string, text: string): number {
  const at = place(path);
  const names = at.path.split('/').slice(0, -1);
  for (let i = 1; i <= names.length; i += 1) makeDirectory(at.directory, names.slice(0, i).join('/'));
  const bytes = encode(text);
  let written = 0;
  close(at.directory.openAt(FOLLOW, at.path, { create: true, truncate: true }, { write: true }), (file) => {
    while (written < bytes.length) written += Number(file.write(bytes.subarray(written, written + 1_000_000), written));
  });
  return written;
}

function makeDirectory(directory: Descriptor, path: string): void {
  try {
    directory.statAt(FOLLOW, path);
  } catch {
    directory.createDirectoryAt(path);
  }
}

function globOf(name: string): RegExp {
  const escaped = name
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${escaped}$`, 'i');
}

const WORDS: { readonly [code: string]: string } = {
  'no-entry': 'there is no such file or directory',
  'not-permitted': 'it may not be used',
  'read-only': 'it may only be read',
  'is-directory': 'it is a directory',
  'not-directory': 'it is not a directory',
  access: 'the system refuses it',
};

/** Errors of the file system are strings; they become words, with the path. */
function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const payload: unknown =
      typeof thrown === 'object' && thrown !== null && 'payload' in thrown ? thrown.payload : thrown;
    const why =
      typeof payload === 'string'
        ? (WORDS[payload] ?? payload)
        : payload instanceof Error
          ? payload.message
          : String(payload);
    throw new Error(`${path}: ${why}`);
  }
}
