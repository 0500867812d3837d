/** Letters that Unicode does not decompose to a base letter. */
const LETTERS: { readonly [letter: string]: string } = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  ħ: 'h',
  ı: 'i',
};

/** Makes a slug; throws when nothing is left or an option cannot be used. */
export function slug(text: string, separator: string | null, maxLength: number | null): string {
  const sep = separator ?? '-';
  if (!['-', '_', '.'].includes(sep)) throw new Error(`separator must be one of - _ . and not "${sep}"`);
  const most = maxLength ?? 80;
  if (most < 1) throw new Error('max-length must be at least 1');
  const words = text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{Mn}+/gu, '')
    .replace(/['’]/g, '')
    .replace(/[ßæœøđðþłħı]/g, (letter) => LETTERS[letter] ?? letter)
    .normalize('NFC')
    .match(/[\p{L}\p{N}]+/gu);
  if (!words) throw new Error('the text has no letters or digits to make a slug of');
  return joinUpTo(words, sep, most);
}

function joinUpTo(words: readonly string[], separator: string, most: number): string {
  let result = Array.from(words[0] ?? '')
    .slice(0, most)
    .join('');
  let length = Array.from(result).length;
  for (const word of words.slice(1)) {
    length += Array.from(word).length + 1;
    if (length > most) break;
    result += separator + word;
  }
  return result;
}
