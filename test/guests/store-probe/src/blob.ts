// oxlint-disable typescript/no-explicit-any -- what a guest's imports are is said by its world
import * as blobs from 'switchboard:host/blob@0.1.0';
import { bytesOf, keyOf, textOf } from './text.ts';

const host: any = blobs;
const drop = (resource: any): void => resource[Symbol.dispose]?.();

function upload(store: string, name: string, write: (made: any) => void): string {
  const made = host.create(store, keyOf(name));
  write(made);
  return String(host.Upload.finish(made).size);
}

/** So many bytes: each the low byte of its place, in pieces. */
function pattern(made: any, size: number): void {
  for (let at = 0; at < size; at += 100_000) {
    made.write(Uint8Array.from({ length: Math.min(100_000, size - at) }, (_, i) => (at + i) & 255));
  }
}

export const BLOB: { readonly [op: string]: (...args: string[]) => string } = {
  write: (store = '', name = '', text = '') => upload(store, name, (made) => made.write(bytesOf(text))),
  pattern: (store = '', name = '', size = '0') => upload(store, name, (made) => pattern(made, Number(size))),
  /** Counts what it gives, and looks at each byte. */
  check(store = '', name = '', offset = '0') {
    const blob = host.open(store, keyOf(name));
    let at = Number(offset);
    for (let bytes: Uint8Array; (bytes = blob.read(at, 65_536)).length > 0; ) {
      for (const byte of bytes) {
        if (byte !== (at & 255)) throw `the byte at ${at} is ${byte}`;
        at += 1;
      }
    }
    drop(blob);
    return String(at - Number(offset));
  },
  read: (store = '', name = '', offset = '0', length = '1000') =>
    textOf(host.open(store, keyOf(name)).read(Number(offset), Number(length))),
  stat: (store = '', name = '') => String(host.stat(store, keyOf(name)).size),
  delete: (store = '', name = '') => String(host.delete(store, keyOf(name))),
  list(store = '', prefix = '') {
    const { names, next } = host.list(store, prefix, undefined, 1000);
    return `${names.join(' ')} > ${next ?? 'NONE'}`;
  },
  /** Opened before it is replaced and removed. */
  snapshot(store = '', name = '') {
    const blob = host.open(store, name);
    upload(store, name, (made) => made.write(bytesOf('other')));
    host.delete(store, name);
    return textOf(blob.read(0, 1000));
  },
  /** Dropped before its end. */
  abandon(store = '', name = '') {
    const made = host.create(store, name);
    made.write(bytesOf('half of it'));
    drop(made);
    return 'abandoned';
  },
  /** Opens without closing until it is refused. */
  flood(store = '', name = '', times = '1000') {
    const held: any[] = [];
    for (let i = 0; i < Number(times); i += 1) {
      try {
        held.push(host.open(store, name));
      } catch (thrown) {
        return `${held.length} ${((thrown as any).payload ?? thrown).tag}`;
      }
    }
    return `${held.length} open`;
  },
  /** Holds what it writes open and takes its name away, again and again; how many it holds then. */
  hold(store = '', size = '100000', times = '10', how = 'remove') {
    const held: any[] = [];
    for (let i = 0; i < Number(times); i += 1) {
      try {
        upload(store, 'held', (made) => pattern(made, Number(size)));
        held.push(host.open(store, 'held'));
        if (how === 'remove') host.delete(store, 'held');
      } catch (thrown) {
        return `${held.length} ${((thrown as any).payload ?? thrown).tag}`;
      }
    }
    return `${held.length} held`;
  },
  /** Uploads at once, all unfinished, until the stream refuses. */
  hoard(store = '', size = '100000', uploads = '10') {
    const held: any[] = [];
    for (let i = 0; i < Number(uploads); i += 1) {
      const made = host.create(store, `hoard-${i}`);
      held.push(made);
      pattern(made, Number(size));
    }
    return `${held.length} uploads`;
  },
};
