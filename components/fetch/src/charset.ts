/** Bytes to text by the character set a page says it has; what cannot be read becomes U+FFFD. */
const WINDOWS_1252 =
  '\u20AC\uFFFD\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\uFFFD\u017D\uFFFD\uFFFD\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\uFFFD\u017E\u0178';
const LATIN = /^(?:iso-?8859-?1|latin-?1|windows-?1252|cp1252|us-ascii|ascii)$/i;
const SNIFF_BYTES = 2048;

/** The name in `content-type`, else in the page's own head, else UTF-8. */
export function charsetOf(contentType: string, body: Uint8Array): string {
  const said = /charset\s*=\s*["']?([\w-]+)/i.exec(contentType)?.[1];
  if (said !== undefined) return said;
  const head = String.fromCharCode(...body.subarray(0, SNIFF_BYTES));
  return /<meta[^>]+charset\s*=\s*["']?([\w-]+)/i.exec(head)?.[1] ?? 'utf-8';
}

/** Throws for character sets that are not spoken here. */
export function decode(bytes: Uint8Array, charset: string): string {
  if (/^utf-?8$/i.test(charset)) return utf8(bytes);
  if (!LATIN.test(charset)) throw new Error(`the page is in ${charset}, which is not read here; ask for another page`);
  let text = '';
  for (const byte of bytes) text += byte >= 0x80 && byte < 0xa0 ? WINDOWS_1252[byte - 0x80] : String.fromCharCode(byte);
  return text;
}

function utf8(bytes: Uint8Array): string {
  const parts: string[] = [];
  let text = '';
  let i = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (i < bytes.length) {
    const first = bytes[i] ?? 0;
    const length =
      first < 0x80
        ? 1
        : first >= 0xc2 && first < 0xe0
          ? 2
          : first >= 0xe0 && first < 0xf0
            ? 3
            : first >= 0xf0 && first < 0xf5
              ? 4
              : 0;
    let code = length === 1 ? first : first & (0xff >> (length + 1));
    let good = length > 0 && i + length <= bytes.length;
    for (let k = 1; good && k < length; k += 1) {
      const next = bytes[i + k] ?? 0;
      good = (next & 0xc0) === 0x80;
      code = (code << 6) | (next & 63);
    }
    const least = length === 3 ? 0x800 : length === 4 ? 0x10000 : 0;
    good &&= code >= least && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    text += good ? String.fromCodePoint(code) : '\uFFFD';
    i += good ? length : 1;
    if (text.length > 16_384) {
      parts.push(text);
      text = '';
    }
  }
  return parts.join('') + text;
}
