/** Text as a model understands it, whatever it is dressed up as: one spelling for matching. Linear in its length. */

/** Letters of other scripts that look like ASCII ones, after NFKD: Cyrillic, Greek, Armenian, Latin extensions. */
const LOOKALIKES: { readonly [letter: string]: string } = Object.fromEntries([
  ['а', 'a'],
  ['в', 'b'],
  ['с', 'c'],
  ['ԁ', 'd'],
  ['е', 'e'],
  ['һ', 'h'],
  ['і', 'i'],
  ['ј', 'j'],
  ['к', 'k'],
  ['ӏ', 'l'],
  ['м', 'm'],
  ['п', 'n'],
  ['о', 'o'],
  ['р', 'p'],
  ['ԛ', 'q'],
  ['г', 'r'],
  ['ѕ', 's'],
  ['т', 't'],
  ['ц', 'u'],
  ['ѵ', 'v'],
  ['ԝ', 'w'],
  ['х', 'x'],
  ['у', 'y'],
  ['ӡ', 'z'],
  ['ɡ', 'g'],
  ['ɩ', 'i'],
  ['ı', 'i'],
  ['α', 'a'],
  ['β', 'b'],
  ['ε', 'e'],
  ['η', 'n'],
  ['ι', 'i'],
  ['κ', 'k'],
  ['ν', 'v'],
  ['ο', 'o'],
  ['ρ', 'p'],
  ['τ', 't'],
  ['υ', 'u'],
  ['χ', 'x'],
  ['γ', 'y'],
  ['ω', 'w'],
  ['ς', 'c'],
  ['σ', 'o'],
  ['օ', 'o'],
  ['ս', 'u'],
  ['հ', 'h'],
  ['ո', 'n'],
  ['ց', 'g'],
  ['ք', 'f'],
  ['ł', 'l'],
  ['ø', 'o'],
  ['đ', 'd'],
  ['ħ', 'h'],
  ['ŧ', 't'],
  ['ƅ', 'b'],
  ['ɑ', 'a'],
  ['ꓲ', 'i'],
  ['ꓳ', 'o'],
  ['ꓮ', 'a'],
  ['ꓰ', 'e'],
  ['ꓢ', 's'],
  ['ꓔ', 't'],
  ['ꓠ', 'n'],
  ['ꓣ', 'r'],
  ['ꓖ', 'g'],
  ['ɴ', 'n'],
  ['ʀ', 'r'],
  ['ɢ', 'g'],
  ['ᴏ', 'o'],
  ['ᴇ', 'e'],
  ['ᴀ', 'a'],
  ['ᴛ', 't'],
  ['ꜱ', 's'],
  ['ᴜ', 'u'],
  ['ᴘ', 'p'],
  ['ᴍ', 'm'],
  ['ᴅ', 'd'],
  ['ᴄ', 'c'],
  ['ʟ', 'l'],
  ['ʏ', 'y'],
  ['ʜ', 'h'],
  ['ʙ', 'b'],
  ['ᴋ', 'k'],
  ['ᴠ', 'v'],
  ['ᴡ', 'w'],
  ['ᴊ', 'j'],
  ['ɪ', 'i'],
]); // prettier-ignore
const LOOKALIKE = new RegExp(`[${Object.keys(LOOKALIKES).join('')}]`, 'gu');
/** Nothing that a person sees: format characters, fillers, selectors, tags. */
const UNSEEN = /[\u{34F}\u{17B4}\u{17B5}\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}\u{115F}\u{1160}\u{3164}\u{FFA0}\p{Cf}]/gu;
/** Sorting long runs of marks is what normalisation forms take quadratic time for. */
const MARKS = /\p{M}{9,}/gu;
/** Ligatures of whole phrases, of up to 18 letters: text would grow. */
const PHRASES = /[\u{FDFA}\u{FDFB}]/gu;
const MARK = /\p{M}/gu;
const REGIONAL = /[\u{1F1E6}-\u{1F1FF}\u{1F170}-\u{1F189}]/gu;
/** Markup that shows nothing where it stands inside a word. */
const INSIDE_WORDS =
  /(?<=\p{L})(?:<!--[^<>]{0,200}-->|<\/?(?:b|i|u|em|strong|span|small|mark|font|sub|sup|wbr)\s?\/?>)+(?=\p{L})/giu;
const ENTITY = /&#(?:x([0-9a-f]{1,6})|(\d{1,7}));/gi;

/** Lower case, compatibility forms, invisible characters and accents taken away; letters stay in their script. */
export function bare(text: string): string {
  return text
    .replaceAll(UNSEEN, '')
    .replaceAll(ENTITY, characterOf)
    .replaceAll(INSIDE_WORDS, '')
    .replaceAll(MARKS, '')
    .replaceAll(PHRASES, ' ')
    .normalize('NFKD')
    .replaceAll(MARK, '')
    .replaceAll(REGIONAL, letterOf)
    .toLowerCase();
}

/** Bare text in which look-alikes are the letters that they look like. */
export function normalise(plain: string): string {
  return folded(plain)
    .replaceAll(/[’‘ʼ´]/g, "'")
    .replaceAll(/(?<=\p{L})[*`]{1,3}(?=\p{L})/gu, '');
}

/** Text in its own script is left: look-alikes count only in words that mix them with ASCII, or that are all look-alikes. */
function folded(text: string): string {
  if (!LOOKALIKE.test(text)) return text;
  LOOKALIKE.lastIndex = 0;
  const known = new Map<string, string>();
  return text.replaceAll(/[\p{L}\p{N}]+/gu, (word) => {
    const before = known.get(word);
    if (before !== undefined) return before;
    const ascii = word.replaceAll(LOOKALIKE, (letter) => LOOKALIKES[letter] ?? letter);
    const read = /^[a-z0-9]+$/.test(ascii) ? ascii : word;
    known.set(word, read);
    return read;
  });
}

function characterOf(whole: string, hex: string | undefined, decimal: string | undefined): string {
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
}

function letterOf(symbol: string): string {
  const code = symbol.codePointAt(0) ?? 0;
  return String.fromCodePoint(97 + ((code - (code >= 0x1f1e6 ? 0x1f1e6 : 0x1f170)) % 26));
}

/** Fewer letters apart are an enumeration. */
const FEWEST_LETTERS = 8;

/** Words whose letters are set apart (`i g n o r e`, `i-g-n-o-r-e`), joined; each run of them as one. */
export function joinedLetters(text: string): readonly string[] {
  const runs: string[] = [];
  let run: string[] = [];
  let end = 0;
  const close = (): void => {
    if (run.length >= FEWEST_LETTERS) runs.push(run.join(''));
    run = [];
  };
  for (const { 0: word, index } of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    if (index - end > 4 || word.length > 1) close();
    if (word.length === 1) run.push(word);
    end = index + word.length;
  }
  close();
  return runs;
}
