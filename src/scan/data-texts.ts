/** Strings in data that would instruct a model: results, prompts and resources of a component are made of them. */
import { injectionText } from './prose/index.ts';
import { injectionIn } from './prose/injection.ts';
import type { Found } from './rules.ts';
import { wideText } from './secrets.ts';
import { type Part, placeOf } from './sections.ts';

/** Words that plain instructions have; only where one stands more is read. */
const ANCHOR =
  /ignor(?:e|ing) |disregard|<important|system prompt|(?:not|never) (?:tell|mention|reveal|inform)|without (?:telling|informing)|<\|im_start|<<sys>>|\.ssh\/|regardless of|previous instructions/gi;
const BEFORE = 300;
const AFTER = 700;
const MOST_PLACES = 2_000;
const MOST_TOLD = 10;

/** Findings of `scan/prompt-injection` in data: only what is plain, for data is full of words. `onCut`: there is too much to read all of it. */
export function dataTextFindings(part: Part, bytes: Uint8Array, onCut?: () => void): readonly Found[] {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset + part.start, part.end - part.start);
  const found = new Map<string, Found>();
  let places = 0;
  const read = (text: Buffer, placed: (index: number) => string): void => {
    let covered = 0;
    for (const { index } of text.toString('latin1').matchAll(ANCHOR)) {
      if (index < covered) continue;
      if ((places += 1) > MOST_PLACES || found.size >= MOST_TOLD) {
        onCut?.();
        return;
      }
      covered = index + AFTER / 2;
      const said = injectionIn(stretchAround(text, index));
      if (said?.severity !== 'high') continue;
      const message = injectionText(said);
      if (found.has(message)) continue;
      found.set(message, { rule: 'scan/prompt-injection', severity: 'medium', message, place: placed(index) });
    }
  };
  read(data, (index) => `${placeOf(part)}, byte ${part.start + index}`);
  // Interpreters of JavaScript keep a string so that has one character beyond Latin-1.
  read(Buffer.from(wideText(data)), () => `${placeOf(part)}, in UTF-16`);
  return [...found.values()];
}

/** The string that a place is in: up to what is no text on either side. */
function stretchAround(data: Buffer, at: number): string {
  let start = at;
  while (start > Math.max(0, at - BEFORE) && isText(data[start - 1])) start -= 1;
  let end = at;
  while (end < Math.min(data.length, at + AFTER) && isText(data[end])) end += 1;
  return data.toString('utf8', start, end);
}

const isText = (byte: number | undefined): boolean =>
  byte !== undefined && (byte >= 0x20 || byte === 0x0a || byte === 0x09 || byte === 0x0d) && byte !== 0x7f;
