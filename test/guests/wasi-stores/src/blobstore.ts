// oxlint-disable typescript/no-explicit-any -- what a guest's imports are is said by its world
import * as blobstore from 'wasi:blobstore/blobstore@0.2.0-draft';
import * as blobs from 'switchboard:host/blob@0.1.0';
import * as types from 'wasi:blobstore/types@0.2.0-draft';
import { keyOf, textOf, untilRefused } from './text.ts';

const [host, own]: any[] = [blobstore, blobs];
const { OutgoingValue, IncomingValue }: any = types;

/** By `switchboard:host/blob`: the streams of `outgoing-value` are not for JavaScript guests. */
function put(container: string, name: string, size: number): void {
  const upload = own.create(container, name);
  for (let left = size; left > 0; left -= 100_000) upload.write(new Uint8Array(Math.min(100_000, left)));
  own.Upload.finish(upload);
}

export const BLOBSTORE: { readonly [op: string]: (...args: string[]) => string } = {
  exists: (container = '') => String(host.containerExists(keyOf(container))),
  create: (container = '') => host.createContainer(keyOf(container)).name(),
  put(container = '', name = '', size = '1') {
    put(keyOf(container), keyOf(name), Number(size));
    return 'put';
  },
  get(container = '', name = '', start = '0', end = '999') {
    const value = host.getContainer(keyOf(container)).getData(keyOf(name), Number(start), Number(end));
    return `${value.size()} ${textOf(IncomingValue.incomingValueConsumeSync(value)).length}`;
  },
  delete(container = '') {
    host.deleteContainer(keyOf(container));
    return 'deleted';
  },
  copy(from = '', object = '', to = '', as = '') {
    host.copyObject({ container: from, object }, { container: to, object: as });
    return 'copied';
  },
  move(from = '', object = '', to = '', as = '') {
    host.moveObject({ container: from, object }, { container: to, object: as });
    return 'moved';
  },
  names: (container = '') =>
    String(host.getContainer(container).listObjects().readStreamObjectNames(1_000_000_000_000)[0].length),
  containers: (container = '', times = '10') => untilRefused(times, () => host.getContainer(container)),
  values: (times = '10') => untilRefused(times, () => OutgoingValue.newOutgoingValue()),
  /** Parts of one object, none of them consumed. */
  parts(container = '', name = '', times = '10') {
    const opened = host.getContainer(container);
    return untilRefused(times, () => opened.getData(name, 0, 10));
  },
  /** An object of no bytes by the standard interface alone. */
  empty(container = '', name = '') {
    const value = OutgoingValue.newOutgoingValue();
    host.getContainer(container).writeData(keyOf(name), value);
    OutgoingValue.finish(value);
    return 'put';
  },
  /** A value that no container was told of. */
  lost() {
    OutgoingValue.finish(OutgoingValue.newOutgoingValue());
    return 'put';
  },
  /** Writes one name again and again, and holds what it replaces open. */
  replace(container = '', name = '', size = '1000', times = '10') {
    const opened = host.getContainer(container);
    return untilRefused(times, () => {
      put(container, name, Number(size));
      return opened.getData(name, 0, 10);
    });
  },
  deleteMany(container = '', times = '10') {
    host.getContainer(container).deleteObjects(Array.from({ length: Number(times) }, (_, i) => `no-${i}`));
    return 'deleted';
  },
};
