/** Keeps secrets out of what a component says. A net, not a wall: a component can encode what it was given as it likes. */
import { bytesFinder, type Named } from './redact-bytes.ts';

/** Replaces known values. */
export interface Redactor {
  text(text: string): string;
  /** JSON, or plain data like it: strings and keys at any depth. Nothing is changed in place. */
  json(value: unknown): unknown;
  /** For texts that follow each other, as records of one stream: a value that is cut into several is found too. */
  follow(): (piece: string) => string;
}

/** Shorter values would be found everywhere. */
const SHORTEST = 4;
/** A line of a longer value is kept out by itself: what a component prints is taken apart at its newlines. */
const SHORTEST_LINE = 8;

/** How a text ends that was cut: `printable` and the log do so. */
const CUT = /…(?: \(\d+ characters\))?$/;

/**
 * For values and their usual encodings: base64 (both alphabets, also of a longer list of bytes that has the value in
 * it), hexadecimal, percent-encoding, JSON; for each line of a value of several; for a value of which a cut text shows
 * the beginning. Where a whole text is base64 it stays base64, of bytes with `[secret NAME]` in them. A value of fewer
 * than 4 characters is replaced only where it is the whole text.
 */
export function createRedactor(secrets: readonly Named[]): Redactor {
  const whole = new Map<string, string>();
  const inside = new Map<string, string>();
  for (const { name, value } of secrets) {
    if (value === '') continue;
    const by = `[secret ${name}]`;
    const lines = value.split(/\r?\n/).filter((line) => line !== value && line.trim().length >= SHORTEST_LINE);
    for (const form of [...formsOf(value), ...lines]) {
      whole.set(form, by);
      if (form.length >= SHORTEST) inside.set(form, by);
    }
    whole.set(base64Of(value), base64Of(by));
  }
  // A form that contains another goes first.
  const forms = [...inside].sort((a, b) => b[0].length - a[0].length);
  const inBytes = bytesFinder(secrets, forms);

  const clean = (given: string): string => {
    const all = whole.get(given);
    if (all !== undefined) return all;
    let text = inBytes(given);
    for (const [form, by] of forms) if (text.includes(form)) text = text.replaceAll(form, () => by);
    return text;
  };
  const text = (given: string): string => {
    const cut = CUT.exec(given)?.[0];
    if (cut === undefined) return clean(given);
    return `${withoutBeginning(clean(given.slice(0, -cut.length)), forms).text}${cut}`;
  };
  const json = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return value.map(json);
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [text(key), json(inner)]));
  };
  const follow = (): ((piece: string) => string) => {
    let begun: readonly Begun[] = [];
    return (piece) => {
      const { text: rest, said, begun: still } = withoutRest(piece, begun);
      const end = withoutBeginning(text(rest), forms);
      begun = [...still, ...end.begun];
      return said + end.text;
    };
  };
  return { text, json, follow };
}

type Form = readonly [form: string, by: string];

/** A form of which the last text ended with the first characters. */
interface Begun {
  readonly form: Form;
  readonly length: number;
}

/** Takes out what a text ends with that a value begins with: at least 4 characters; fewer are remembered only. */
function withoutBeginning(text: string, forms: readonly Form[]): { readonly text: string; readonly begun: Begun[] } {
  const begun: Begun[] = [];
  let [longest, by] = [0, ''];
  for (const form of forms) {
    const length = overlap(text, form[0]);
    if (length === 0) continue;
    begun.push({ form, length });
    if (length > longest) [longest, by] = [length, form[1]];
  }
  return { text: longest < SHORTEST ? text : text.slice(0, -longest) + by, begun };
}

/** How many characters `text` ends with that `form` begins with, without being all of it. */
function overlap(text: string, form: string): number {
  const first = form.slice(0, 1);
  for (let at = text.indexOf(first, text.length - form.length + 1); at >= 0; at = text.indexOf(first, at + 1)) {
    if (form.startsWith(text.slice(at))) return text.length - at;
  }
  return 0;
}

/** Takes out what a text begins with that ends, or goes on with, what the last one began. */
function withoutRest(
  text: string,
  begun: readonly Begun[],
): { readonly text: string; readonly said: string; readonly begun: readonly Begun[] } {
  let [longest, by] = [0, ''];
  const still: Begun[] = [];
  for (const { form, length } of begun) {
    const rest = form[0].slice(length);
    const all = rest.startsWith(text);
    if (!all && !text.startsWith(rest)) continue;
    if (all) still.push({ form, length: length + text.length });
    const found = all ? text.length : rest.length;
    if (length + found >= SHORTEST && found > longest) [longest, by] = [found, form[1]];
  }
  return { text: text.slice(longest), said: by, begun: still };
}

const base64Of = (text: string): string => new TextEncoder().encode(text).toBase64();

function formsOf(value: string): Set<string> {
  const bytes = new TextEncoder().encode(value);
  const base64 = base64Of(value);
  const hex = bytes.toHex();
  return new Set([
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value.toWellFormed()),
    base64,
    base64.replace(/=+$/, ''),
    bytes.toBase64({ alphabet: 'base64url' }).replace(/=+$/, ''),
    hex,
    hex.toUpperCase(),
  ]);
}
