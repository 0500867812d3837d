import { randomBytes } from 'node:crypto';

/**
 * The component with a custom section of `padding` random bytes at its end: another digest, so that no cache has met
 * it, and the same meaning. Every tool that reads components skips sections of unknown names.
 */
export function neverSeen(component: Uint8Array, padding = 16): Uint8Array {
  const name = Buffer.from('bench');
  const content = Buffer.concat([leb128(name.length), name, randomBytes(padding)]);
  return Buffer.concat([component, Buffer.of(0), leb128(content.length), content]);
}

function leb128(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left >>>= 7) {
    if (left < 0x80) return Buffer.of(...bytes, left);
    bytes.push((left & 0x7f) | 0x80);
  }
}
