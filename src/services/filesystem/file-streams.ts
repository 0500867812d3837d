import * as fs from 'node:fs';
import { type Sink, type Source, streamFailed } from '../io/streams.ts';
import { codeOf, fsError } from './errors.ts';
import type { Files } from './directory.ts';

/** No file reaches further; Node takes a larger offset for none, and would write where the last write ended. */
export const FURTHEST = BigInt(Number.MAX_SAFE_INTEGER);

/** An offset or a size that may be written to. */
export function writable(offset: bigint): number {
  if (offset > FURTHEST) throw fsError('file-too-large');
  return Number(offset);
}

/** A file's bytes from `offset` on. Holds the descriptor open. */
export function fileSource(files: Files, fd: number, offset: bigint): Source {
  let at = offset;
  files.share(fd);
  return {
    read(length) {
      if (length === 0) return new Uint8Array();
      if (at > FURTHEST) return 'end';
      const buffer = new Uint8Array(length);
      const read = guard(() => fs.readSync(fd, buffer, 0, length, Number(at)));
      if (read === 0) return 'end';
      at += BigInt(read);
      return read === length ? buffer : buffer.subarray(0, read);
    },
    close: () => files.close(fd),
  };
}

/** Writes into a file from `offset` on, or at its end. Holds the descriptor open. What is written counts no more as handed over. */
export function fileSink(files: Files, fd: number, offset: bigint | 'append'): Sink {
  let at = offset === 'append' ? undefined : writable(offset);
  files.share(fd);
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
    close: () => files.close(fd),
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
