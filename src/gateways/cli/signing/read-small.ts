import { open } from 'node:fs/promises';
import { errnoOf, SwitchboardError } from '#core/errors';
import { safeLine } from '../safe.ts';

/** A file of at most `most` bytes, whatever grows under its name meanwhile. Errors: `file-unreadable`, `too-large`. */
export async function readSmall(path: string, most: number): Promise<Buffer> {
  let bytes: Buffer;
  try {
    const file = await open(path);
    try {
      const buffer = Buffer.alloc(most + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await file.read(buffer, length, buffer.length - length);
        length += bytesRead;
        if (bytesRead === 0 || length === buffer.length) break;
      }
      bytes = buffer.subarray(0, length);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new SwitchboardError('file-unreadable', `cannot read ${safeLine(path)}: ${String(errnoOf(cause) ?? cause)}`, {
      cause,
    });
  }
  if (bytes.length <= most) return bytes;
  throw new SwitchboardError('too-large', `${safeLine(path)} has more than ${most} bytes`);
}
