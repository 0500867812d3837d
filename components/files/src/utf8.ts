/** UTF-8 for an engine without TextDecoder. */

/** Throws where the bytes are not UTF-8: such a file is not text. */
export function decode(bytes: Uint8Array): string {
  let escaped = '';
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] ?? 0;
    escaped += byte < 0x80 && byte !== 0x25 ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, '0')}`;
    // In pieces that end with a whole character.
    if (escaped.length > 8192 && byte < 0x80) {
      parts.push(piece(escaped));
      escaped = '';
    }
  }
  parts.push(piece(escaped));
  return parts.join('').replace(/^\uFEFF/, '');
}

function piece(escaped: string): string {
  try {
    return decodeURIComponent(escaped);
  } catch {
    throw new Error('it is not text in UTF-8');
  }
}

export function encode(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  }
  return Uint8Array.from(bytes);
}
