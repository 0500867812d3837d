/** Names of JavaScript as names of WIT. */

const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'as async bool borrow char constructor enum export f32 f64 flags from func future import include interface list map ' +
    'error-context option own package record resource result s16 s32 s64 s8 static stream string tuple type u16 u32 u64 u8 use ' +
    'variant with world'
  ).split(' '),
);

/**
 * `parseHTML` is `parse-html`, `toBase64` `to-base64`, `3d` `n3d`, `$` `dollar`. Words are of ASCII letters and digits and
 * begin with a letter, as WIT asks; what has none of them is `fallback`.
 */
export function kebab(name: string, fallback = 'value'): string {
  const words = name
    .normalize('NFKD')
    .replaceAll('$', ' dollar ')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const joined: string[] = [];
  for (const word of words) {
    const last = joined.length - 1;
    if (!/^\d/.test(word)) joined.push(word);
    else if (last < 0) joined.push(`n${word}`);
    else joined[last] += word;
  }
  return joined.join('-').slice(0, 60).replace(/-$/, '') || fallback;
}

/** As it is written in WIT: keywords after a percent sign. */
export const written = (name: string): string => (KEYWORDS.has(name) ? `%${name}` : name);

/** As a guest of QuickJS calls it: `parse-html` is `parseHtml`. */
export const camel = (name: string): string =>
  name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
export const pascal = (name: string): string => camel(name).replace(/^./, (letter) => letter.toUpperCase());

/** Gives each name once: a second `parse` is `parse-b`. */
export function createScope(taken: Iterable<string> = []): (wanted: string, alternative?: string) => string {
  // Names that differ in dashes alone are one to the component model.
  const bare = (name: string): string => name.replaceAll('-', '');
  const names = new Set([...taken].map(bare));
  return (wanted, alternative) => {
    let name = wanted;
    if (names.has(bare(name)) && alternative !== undefined) name = alternative;
    for (let i = 1; names.has(bare(name)); i += 1) name = `${alternative ?? wanted}-${letters(i)}`;
    names.add(bare(name));
    return name;
  };
}

/** 1 is `b`, 25 `z`, 26 `ba`. */
function letters(index: number): string {
  const digit = String.fromCodePoint(97 + (index % 26));
  return index < 26 ? digit : `${letters(Math.floor(index / 26))}${digit}`;
}
