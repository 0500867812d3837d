import { readSync, writeSync } from 'node:fs';

const CHUNK = 256 * 1024;
const RETRY_MS = 1;

/**
 * Moves bytes from one file descriptor to another until the first ends. Blocks this thread: a message then costs two
 * system calls and no turn of an event loop. Returns false when `from` cannot be read blockingly (it is shared with
 * a process that made it non-blocking) or either side broke.
 */
export function pump(from: number, to: number): boolean {
  const buffer = Buffer.allocUnsafe(CHUNK);
  try {
    for (;;) {
      const length = readSync(from, buffer);
      if (length === 0) return true;
      for (let sent = 0; sent < length; ) sent += writeSome(to, buffer, sent, length);
    }
  } catch {
    return false;
  }
}

/** A reader that lags fills the pipe of a non-blocking descriptor; then it is waited for. */
function writeSome(to: number, buffer: Buffer, from: number, end: number): number {
  try {
    return writeSync(to, buffer, from, end - from);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    return 0;
  }
}
