/** Bodies of requests, bounded. */
import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.ts';

/** The parts of a body. Whoever stops in the middle still has the connection, to say why. */
export function partsOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
}

/** The whole body. Refuses one of more than `most` bytes, by its length where that is told before. */
export async function readBody(request: IncomingMessage, most: number): Promise<Buffer> {
  const tooLarge = (): Refusal => new Refusal('SIZE_INVALID', `more than ${most} bytes are not taken`, { status: 413 });
  if (Number(request.headers['content-length'] ?? 0) > most) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of partsOf(request)) {
    size += chunk.length;
    if (size > most) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The bytes that a `Range` header asks for: all of it where it asks for something else than one range of bytes. */
export function rangeOf(
  header: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } | 'all' | 'none' {
  const match = header === undefined ? undefined : /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(header.trim());
  const [, first = '', last = ''] = match ?? [];
  if (!match || (first === '' && last === '')) return 'all';
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'none' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start >= size || end < start ? 'none' : { start, end };
}
