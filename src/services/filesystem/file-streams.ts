import * as fs from 'node:fs';
import { type Sink, type Source, streamFailed } from '../io/streams.ts';
import { codeOf } from './errors.ts';
import type { Files } from './directory.ts';

/** A file's bytes from `offset` on. */
export function fileSource(fd: number, offset: bigint): Source {
  let at = Number(offset);
  return {
    read(length) {
      if (length === 0) return new Uint8Array();
      const buffer = new Uint8Array(length);
      const read = guard(() => fs.readSync(fd, buffer, 0, length, at));
      if (read === 0) return 'end';
      at += read;
      return read === length ? buffer : buffer.subarray(0, read);
    },
  };
}

/** Writes into a file from `offset` on, or at its end. What is written counts no more as handed over by the guest. */
export function fileSink(files: Files, fd: number, offset: bigint | 'append'): Sink {
  let at = offset === 'append' ? undefined : Number(offset);
  return {
    write(bytes) {
      for (let done = 0; done < bytes.length; ) {
        const position = at ?? Number(fs.fstatSync(fd).size);
        const written = guard(() => fs.writeSync(fd, bytes, done, bytes.length - done, position));
        done += written;
        if (at !== undefined) at += written;
      }
      files.scope.env.refund(bytes.length);
    },
    flush: () => {},
  };
}

function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const code = codeOf(thrown);
    throw streamFailed(code, code);
  }
}
