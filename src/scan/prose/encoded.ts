/** Text that is out of a reader's sight without hidden characters: encoded, commented out, far to the right or far below. */

export interface Encoded {
  readonly severity: 'medium' | 'low';
  readonly what: string;
  /** What it says, decoded, where that is text. */
  readonly text?: string;
}

const BASE64 = /[A-Za-z0-9+/_-]{40,}={0,2}/g;
/** The same, broken into lines. */
const WRAPPED =
  /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}(?:[ \t]*\r?\n[ \t]*[A-Za-z0-9+/_-]{16,})*[ \t]*\r?\n[ \t]*[A-Za-z0-9+/_-]+={0,2}/g;
const ESCAPED =
  /(?:\\x[0-9a-fA-F]{2}){16,}|(?:\\u[0-9a-fA-F]{4}){12,}|(?:%[0-9a-fA-F]{2}){16,}|(?:&#x?[0-9a-fA-F]{2,5};){12,}/g;
const HEX = /(?<![0-9a-fA-F])(?:[0-9a-fA-F]{2}[ :,]?){20,}(?![0-9a-fA-F])/g;
const FAR_RIGHT =
  /(?<![ \t\u{A0}\u{2000}-\u{200A}\u{3000}])[ \t\u{A0}\u{2000}-\u{200A}\u{3000}]{80,}(?![ \t\u{A0}\u{2000}-\u{200A}\u{3000}\r\n])./u;
const FAR_BELOW = 25;
const LONGEST_LINE = 2_000;
/** Of a text that people read in a browser, where paragraphs are lines. */
const LONGEST_PARAGRAPH = 20_000;

/** What is decoded is at most so many, each at most so long. */
const MOST_DECODED = 50;
const LONGEST_DECODED = 65_536;

/** `readme`: HTML comments, long lines and data URLs are usual there; comments are reported by what they say alone. */
export function encodedIn(text: string, readme = false): readonly Encoded[] {
  const found: Encoded[] = [];
  const blobs = [...decoded(text, readme)].slice(0, MOST_DECODED);
  for (const blob of blobs) found.push({ severity: 'medium', ...blob });
  for (const said of comments(text)) {
    if (found.length > 2 * MOST_DECODED) break;
    if (said.trim().split(/\s+/, 3).length < 3) continue;
    if (readme) found.push({ severity: 'low', what: '', text: said });
    else found.push({ severity: 'medium', what: 'an HTML comment, which is not shown where the text is', text: said });
  }
  if (FAR_RIGHT.test(text))
    found.push({ severity: 'medium', what: 'text behind so many spaces that it is out of sight' });
  let longest = 0;
  let empty = 0;
  let below = false;
  for (const line of text.split('\n')) {
    longest = Math.max(longest, line.length);
    const blank = line.trim() === '';
    below ||= !blank && empty >= FAR_BELOW;
    empty = blank ? empty + 1 : 0;
  }
  if (below) found.push({ severity: 'medium', what: 'text below so many empty lines that it is out of sight' });
  if (longest > (readme ? LONGEST_PARAGRAPH : LONGEST_LINE)) {
    found.push({ severity: 'low', what: `a line of ${longest} characters` });
  }
  return found;
}

/** What HTML comments say: closed ones, and one to the end of the text where it begins a line. */
function* comments(text: string): Generator<string> {
  for (let at = text.indexOf('<!--'); at >= 0; ) {
    const end = text.indexOf('-->', at + 4);
    if (end < 0) {
      const open = at === 0 ? 0 : text.indexOf('\n<!--', at - 1) + 1;
      if (open > 0 || at === 0) yield text.slice(open + 4);
      return;
    }
    yield text.slice(at + 4, end);
    at = text.indexOf('<!--', end + 3);
  }
}

function* decoded(text: string, readme: boolean): Generator<{ readonly what: string; readonly text?: string }> {
  for (const [run] of text.matchAll(BASE64)) {
    if (!/[a-z]/.test(run) || !/[A-Z]/.test(run)) continue;
    const said = unwrapped(run.slice(0, LONGEST_DECODED));
    // Long names, paths and addresses look alike: without digits and without text inside it is no data.
    if (said !== undefined) yield { what: `base64 that decodes to text (${run.length} characters)`, text: said };
    else if (!readme && run.length >= 120 && /\d/.test(run) && !run.includes('/-')) {
      yield { what: `encoded data of ${run.length} characters` };
    }
  }
  for (const [run] of text.matchAll(WRAPPED)) {
    if (!/[a-z]/.test(run) || !/[A-Z]/.test(run)) continue;
    const joined = run.slice(0, LONGEST_DECODED).replaceAll(/\s/g, '');
    // What follows could be a word of its own.
    const without = joined.slice(0, joined.length - (/[^\s]*$/.exec(run)?.[0].length ?? 0));
    const said = [joined, without].map(unwrapped).find(Boolean);
    if (said !== undefined) yield { what: `base64 that decodes to text (${joined.length} characters)`, text: said };
  }
  for (const [run] of text.matchAll(HEX)) {
    const said = readable(Buffer.from(run.slice(0, LONGEST_DECODED).replaceAll(/[ :,]/g, ''), 'hex'));
    if (said !== undefined) yield { what: `hexadecimal that decodes to text (${run.length} characters)`, text: said };
  }
  for (const [run] of text.matchAll(ESCAPED)) {
    const said = run
      .slice(0, LONGEST_DECODED)
      .replaceAll(/\\x([0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|%([0-9a-fA-F]{2})|&#x([0-9a-fA-F]+);/g, (_all, ...digits) =>
        String.fromCharCode(Number.parseInt(digits.slice(0, 4).find((one) => one !== undefined) as string, 16)),
      )
      .replaceAll(/&#(\d+);/g, (_all, digits: string) => String.fromCharCode(Number(digits)));
    yield { what: `escaped characters (${run.length} characters)`, text: said };
  }
}

/** Base64 as text, also where it was encoded twice. */
function unwrapped(base64: string): string | undefined {
  const bytes = Buffer.from(base64, 'base64');
  const inner = bytes.toString('latin1');
  return readable(bytes) ?? (/^[\w+/-]{28,}={0,2}$/.test(inner) ? readable(Buffer.from(inner, 'base64')) : undefined);
}

/** Bytes as text, where they are nothing else. */
function readable(bytes: Buffer): string | undefined {
  if (bytes.length < 20) return undefined;
  const text = bytes.toString('utf8');
  if (text.includes('\u{FFFD}') || /[^\P{Cc}\n\r\t]/u.test(text)) return undefined;
  const letters = text.match(/[\p{L} ]/gu)?.length ?? 0;
  return letters > text.length * 0.7 && / /.test(text) ? text : undefined;
}
