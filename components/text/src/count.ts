/** Sizes of a text, as record `counts` of world.wit. */
export interface Counts {
  characters: number;
  charactersWithoutSpaces: number;
  words: number;
  distinctWords: number;
  lines: number;
  sentences: number;
  paragraphs: number;
  bytes: number;
  readingSeconds: number;
}

/** Silent reading of English prose, words per minute (Brysbaert 2019). */
const READING_SPEED = 238;

const IDEOGRAPH = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}`;
const WORD = new RegExp(
  String.raw`[${IDEOGRAPH}]|(?:(?![${IDEOGRAPH}])[\p{L}\p{N}\p{M}])+(?:['’‑-](?![${IDEOGRAPH}])[\p{L}\p{N}\p{M}]+)*`,
  'gu',
);
/** Abbreviations whose full stop, in English, is followed by more of the sentence. */
const ABBREVIATION = String.raw`\b(?:Mr|Mrs|Ms|Dr|Prof|St|vs|cf|e\.g|i\.e)`;
const SENTENCE_END = new RegExp(String.raw`(?:[!?…。！？]|(?<!${ABBREVIATION})\.)+["'”’»)\]]*(?=\s|$)|[。！？]+`, 'gu');

/** Counts a text. Positions of nothing, sizes of everything; linear in the length of the text. */
export function count(text: string): Counts {
  const words = text.match(WORD) ?? [];
  const sizes = measure(text);
  return {
    ...sizes,
    words: words.length,
    distinctWords: new Set(words.map((word) => word.toLowerCase())).size,
    lines: countLines(text),
    readingSeconds: Math.ceil((words.length / READING_SPEED) * 60),
    ...countBlocks(text),
  };
}

function measure(text: string): Pick<Counts, 'characters' | 'charactersWithoutSpaces' | 'bytes'> {
  let characters = 0;
  let spaces = 0;
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i) ?? 0;
    if (code > 0xffff) i++;
    characters++;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (isSpace(code)) spaces++;
  }
  return { characters, charactersWithoutSpaces: characters - spaces, bytes };
}

function isSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 9 && code <= 13);
  return code >= 0x85 && /\s/u.test(String.fromCodePoint(code));
}

function countLines(text: string): number {
  if (text === '') return 0;
  const breaks = text.match(/\r\n|\r|\n/g)?.length ?? 0;
  return /[\r\n]$/.test(text) ? breaks : breaks + 1;
}

function countBlocks(text: string): Pick<Counts, 'paragraphs' | 'sentences'> {
  const blocks = text.split(/(?:\r\n|\r|\n)[^\S\r\n]*(?:\r\n|\r|\n)\s*/).filter((block) => /\S/.test(block));
  let sentences = 0;
  for (const block of blocks) {
    const trimmed = block.trimEnd();
    let end = 0;
    for (const match of trimmed.matchAll(SENTENCE_END)) {
      if (/[\p{L}\p{N}]/u.test(trimmed.slice(end, match.index))) sentences++;
      end = match.index + match[0].length;
    }
    if (/[\p{L}\p{N}]/u.test(trimmed.slice(end))) sentences++;
  }
  return { paragraphs: blocks.length, sentences };
}
