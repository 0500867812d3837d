// oxlint-disable typescript/no-explicit-any -- what a guest's imports are is said by its world
import * as atomics from 'wasi:keyvalue/atomics@0.2.0-draft';
import * as atomics2 from 'wasi:keyvalue/atomics@0.2.0-draft2';
import * as batch from 'wasi:keyvalue/batch@0.2.0-draft';
import * as store from 'wasi:keyvalue/store@0.2.0-draft';
import * as store2 from 'wasi:keyvalue/store@0.2.0-draft2';
import { bytesOf, keyOf, textOf, untilRefused } from './text.ts';

const [one, two]: any[] = [store, store2];
const [count, compare, many]: any[] = [atomics, atomics2, batch];

export const KEYVALUE: { readonly [op: string]: (...args: string[]) => string } = {
  get(bucket = '', key = '') {
    const found = one.open(keyOf(bucket)).get(keyOf(key));
    return found === undefined || found === null ? 'NONE' : textOf(found);
  },
  set(bucket = '', key = '', value = '') {
    one.open(keyOf(bucket)).set(keyOf(key), bytesOf(value));
    return 'set';
  },
  list: (bucket = '') => String(one.open(keyOf(bucket)).listKeys(undefined).keys.length),
  increment: (bucket = '', key = '', delta = '1') => String(count.increment(one.open(bucket), key, Number(delta))),
  /** Cursors that no list gave. */
  cursor: (bucket = '', cursor = '') => String(one.open(bucket).listKeys(Number(cursor)).keys.length),
  cursor2: (bucket = '', cursor = '') => String(two.open(bucket).listKeys(cursor).keys.length),
  /** A cursor that another bucket's list gave. */
  cursorOf(bucket = '', other = '') {
    const { cursor } = two.open(other).listKeys(undefined);
    return String(two.open(bucket).listKeys(cursor).keys.length);
  },
  /** Sets keys in one batch. */
  fill(bucket = '', keys = '10', size = '1') {
    const value = new Uint8Array(Number(size));
    many.setMany(
      one.open(bucket),
      Array.from({ length: Number(keys) }, (_, i) => [`fill-${i}`, value]),
    );
    return 'filled';
  },
  /** Reads the same key so many times in one batch. */
  getMany: (bucket = '', key = '', times = '10') =>
    String(
      many.getMany(
        one.open(bucket),
        Array.from({ length: Number(times) }, () => key),
      ).length,
    ),
  deleteMany(bucket = '', times = '10') {
    many.deleteMany(
      one.open(bucket),
      Array.from({ length: Number(times) }, (_, i) => `no-${i}`),
    );
    return 'deleted';
  },
  buckets: (bucket = '', times = '10') => untilRefused(times, () => one.open(bucket)),
  /** Handles that each hold a value outside of the component. */
  hoard(bucket = '', key = '', times = '10') {
    const opened = two.open(bucket);
    return untilRefused(times, () => compare.Cas['new'](opened, key));
  },
  listEndlessly(bucket = '', times = '10') {
    const opened = one.open(bucket);
    for (let i = 0; i < Number(times); i += 1) opened.listKeys(undefined);
    return 'done';
  },
};
