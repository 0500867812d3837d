/** `TextEncoder` and `TextDecoder` for guests, UTF-8 only: QuickJS has neither. After the Encoding Standard of WHATWG. */

const LABELS = /^(?:utf-?8|unicode-1-1-utf-8|unicode11utf8|unicode20utf8|x-unicode20utf8)$/i;
const REPLACEMENT = '\ufffd';

export class TextEncoder {
  readonly encoding: string = 'utf-8';

  encode(text = ''): Uint8Array {
    const bytes = new Uint8Array(text.length * 3);
    return bytes.slice(0, this.encodeInto(text, bytes).written);
  }

  /** As much as fits whole. */
  encodeInto(text: string, into: Uint8Array): { read: number; written: number } {
    let read = 0;
    let written = 0;
    for (const char of text) {
      const code = char.codePointAt(0) ?? 0;
      // One half of a pair cannot be told in UTF-8.
      const scalar = code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
      const size = scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4;
      if (written + size > into.length) break;
      if (size === 1) into[written] = scalar;
      else {
        into[written] = ([0, 0, 0xc0, 0xe0, 0xf0][size] ?? 0) | (scalar >> (6 * (size - 1)));
        for (let i = 1; i < size; i += 1) into[written + i] = 0x80 | ((scalar >> (6 * (size - 1 - i))) & 0x3f);
      }
      read += char.length;
      written += size;
    }
    return { read, written };
  }
}

export class TextDecoder {
  readonly encoding: string = 'utf-8';
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  /** What of a sequence came with the chunks before. */
  private held: number[] = [];
  private begun = false;

  constructor(label = 'utf-8', options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    if (!LABELS.test(String(label).trim())) throw new RangeError(`only UTF-8 is known here, not ${label}`);
    this.fatal = options.fatal === true;
    this.ignoreBOM = options.ignoreBOM === true;
  }

  decode(input?: ArrayBuffer | ArrayBufferView, options: { stream?: boolean } = {}): string {
    const given =
      input === undefined
        ? new Uint8Array()
        : ArrayBuffer.isView(input)
          ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
          : new Uint8Array(input);
    const bytes = this.held.length === 0 ? given : Uint8Array.from([...this.held, ...given]);
    const stream = options.stream === true;
    const { text, used } = decoded(bytes, this.fatal, stream);
    this.held = [...bytes.subarray(used)];
    const marked = !this.begun && !this.ignoreBOM && text.startsWith('\ufeff');
    this.begun = stream && (this.begun || text !== '');
    return marked ? text.slice(1) : text;
  }
}

/** With `more` to come, an unfinished sequence at the end is left. */
function decoded(bytes: Uint8Array, fatal: boolean, more: boolean): { text: string; used: number } {
  let text = '';
  let units: number[] = [];
  let at = 0;
  const add = (scalar: number): void => {
    if (scalar > 0xffff) units.push(0xd7c0 + (scalar >> 10), 0xdc00 + (scalar & 0x3ff));
    else units.push(scalar);
    if (units.length > 4096) {
      text += String.fromCharCode(...units);
      units = [];
    }
  };
  while (at < bytes.length) {
    const sequence = sequenceAt(bytes, at);
    if (sequence.scalar === undefined) {
      if (more && at + sequence.size >= bytes.length && sequence.unfinished) break;
      if (fatal) throw new TypeError('the bytes are not UTF-8');
      add(REPLACEMENT.charCodeAt(0));
    } else add(sequence.scalar);
    at += sequence.size;
  }
  return { text: text + String.fromCharCode(...units), used: at };
}

/** One character; without `scalar` as many bytes as make one replacement. */
function sequenceAt(bytes: Uint8Array, at: number): { size: number; scalar?: number; unfinished?: boolean } {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return { size: 1, scalar: lead };
  const size = lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
  if (size === 0) return { size: 1 };
  // Overlong forms, halves of pairs and what is beyond Unicode end at their second byte.
  let low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  let high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  let scalar = lead & (0x7f >> size);
  for (let i = 1; i < size; i += 1) {
    const byte = bytes[at + i];
    if (byte === undefined) return { size: i, unfinished: true };
    if (byte < low || byte > high) return { size: i };
    scalar = (scalar << 6) | (byte & 0x3f);
    [low, high] = [0x80, 0xbf];
  }
  return { size, scalar };
}
