/** Keeps secrets out of what a component says. A net, not a wall: a component can encode what it was given as it likes. */

/** Replaces known values. */
export interface Redactor {
  text(text: string): string;
  /** JSON, or plain data like it: strings and keys at any depth. Nothing is changed in place. */
  json(value: unknown): unknown;
}

/** Shorter values would be found everywhere. */
const SHORTEST = 4;

/**
 * For values and their usual encodings: base64 (both alphabets), hexadecimal, percent-encoding, JSON. A value of fewer
 * than 4 characters is replaced only where it is the whole text.
 */
export function createRedactor(secrets: readonly { readonly name: string; readonly value: string }[]): Redactor {
  const whole = new Map<string, string>();
  const inside: (readonly [string, string])[] = [];
  for (const { name, value } of secrets) {
    if (value === '') continue;
    const by = `[secret ${name}]`;
    for (const form of formsOf(value)) {
      whole.set(form, by);
      if (form.length >= SHORTEST) inside.push([form, by]);
    }
  }
  // A form that contains another goes first.
  inside.sort((a, b) => b[0].length - a[0].length);
  const text = (given: string): string => {
    const all = whole.get(given);
    if (all !== undefined) return all;
    let clean = given;
    for (const [form, by] of inside) if (clean.includes(form)) clean = clean.replaceAll(form, () => by);
    return clean;
  };
  const json = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return value.map(json);
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [text(key), json(inner)]));
  };
  return { text, json };
}

function formsOf(value: string): Set<string> {
  const bytes = new TextEncoder().encode(value);
  const base64 = bytes.toBase64();
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
