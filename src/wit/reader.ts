import { SwitchboardError } from '#core/errors';

/** The error for bytes that do not follow the binary format; the offset is from the start of the file. */
export function invalid(message: string, offset: number): SwitchboardError {
  return new SwitchboardError('invalid-component', `the component is not valid: ${message} at byte ${offset}`, {
    data: { offset },
  });
}

const LONGEST_NAME = 65_536;
const TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads WebAssembly's binary encodings between two offsets and never beyond. Every failure is an
 * `invalid-component` that names the offset. Counts are held against the bytes that remain, so that a
 * count of four billion reserves nothing.
 */
export class Reader {
  readonly bytes: Uint8Array;
  readonly end: number;
  pos: number;

  constructor(bytes: Uint8Array, pos = 0, end = bytes.length) {
    this.bytes = bytes;
    this.pos = pos;
    this.end = end;
  }

  get done(): boolean {
    return this.pos >= this.end;
  }

  u8(): number {
    if (this.pos >= this.end) throw invalid('it ends too early', this.pos);
    return this.bytes[this.pos++] ?? 0;
  }

  peek(): number {
    if (this.pos >= this.end) throw invalid('it ends too early', this.pos);
    return this.bytes[this.pos] ?? 0;
  }

  /** An unsigned LEB128 of at most 32 bits. */
  u32(): number {
    const start = this.pos;
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      if (shift === 28 && byte > 0x0f) throw invalid('a number is larger than 32 bits', start);
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return result;
    }
    throw invalid('a number is longer than 32 bits', start);
  }

  /** An unsigned LEB128 of at most 64 bits. */
  u64(): bigint {
    const start = this.pos;
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.u8();
      if (shift === 63n && byte > 1) throw invalid('a number is larger than 64 bits', start);
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return result;
    }
    throw invalid('a number is longer than 64 bits', start);
  }

  /** A signed LEB128 of at most 33 bits: a type code is negative, a type index is not. */
  s33(): number {
    const start = this.pos;
    let result = 0;
    let scale = 1;
    for (let i = 0; i < 5; i++) {
      const byte = this.u8();
      result += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return byte & 0x40 ? result - scale : result;
    }
    throw invalid('a number is longer than 33 bits', start);
  }

  /** Steps over one LEB128 of up to 64 bits. */
  skipLeb(): void {
    const start = this.pos;
    for (let i = 0; i < 10; i++) if (this.u8() < 0x80) return;
    throw invalid('a number is longer than 64 bits', start);
  }

  skip(length: number): void {
    if (length > this.end - this.pos) throw invalid('it ends too early', this.end);
    this.pos += length;
  }

  /** The number of items of a vector whose items take at least `least` bytes each. */
  count(least = 1): number {
    const start = this.pos;
    const count = this.u32();
    if (count * least > this.end - this.pos) throw invalid(`a list of ${count} items does not fit`, start);
    return count;
  }

  /** A vector, each item read by `read`. */
  list<T>(read: () => T, least = 1): T[] {
    const count = this.count(least);
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(read());
    return items;
  }

  /** A UTF-8 string with its length before it. */
  name(): string {
    const start = this.pos;
    const length = this.u32();
    if (length > this.end - this.pos) throw invalid('a name is longer than what remains', start);
    if (length > LONGEST_NAME) throw invalid('a name is longer than 65,536 bytes', start);
    this.pos += length;
    try {
      return TEXT.decode(this.bytes.subarray(this.pos - length, this.pos));
    } catch {
      throw invalid('a name is not UTF-8', start);
    }
  }

  /** A reader of the next `length` bytes, which this one steps over. */
  sub(length: number): Reader {
    const start = this.pos;
    this.skip(length);
    return new Reader(this.bytes, start, this.pos);
  }

  /** Fails unless everything was read. */
  finish(what: string): void {
    if (this.pos !== this.end) throw invalid(`${what} has bytes left over`, this.pos);
  }
}
