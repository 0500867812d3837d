/** JSON of strangers: bounded, and read in one way only. */

export interface JsonBounds {
  readonly bytes: number;
  readonly depth: number;
}

/** What two readers could read differently, or what is no JSON at all. */
export class JsonProblem extends Error {}

/**
 * Parses UTF-8 JSON and refuses what readers disagree about: a byte order mark, bytes that are no UTF-8, a member that is
 * there twice. Whoever signs one reading of a document and has another acted upon finds no such document taken. Throws
 * `JsonProblem`, whose message fits after "the bundle" and holds nothing of the input.
 */
export function parseStrictJson(bytes: Uint8Array, bounds: JsonBounds): unknown {
  if (bytes.length > bounds.bytes) throw new JsonProblem(`has more than ${bounds.bytes} bytes`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new JsonProblem('is not UTF-8');
  }
  checkStructure(text, bounds.depth);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new JsonProblem('is not JSON');
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const WHITE = /[\t\n\r ]*/y;

/** Depth and repeated members, in one pass. What is no JSON may pass: the parser refuses it. */
function checkStructure(text: string, deepest: number): void {
  /** The members of each object around, null for an array. */
  const open: (Set<string> | null)[] = [];
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i];
    if (character === '{' || character === '[') {
      if (open.length === deepest) throw new JsonProblem(`nests more than ${deepest} deep`);
      open.push(character === '{' ? new Set() : null);
    } else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = endOfString(text, i);
      const members = open.at(-1);
      if (members && isMember(text, end)) addMember(members, text.slice(i, end));
      i = end - 1;
    }
  }
}

/** The index after the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i += 1;
    else if (code === QUOTE) return i + 1;
  }
  throw new JsonProblem('is not JSON');
}

function isMember(text: string, after: number): boolean {
  WHITE.lastIndex = after;
  WHITE.test(text);
  return text[WHITE.lastIndex] === ':';
}

/** Compared as they are read: `"\u0061"` is `"a"`. */
function addMember(members: Set<string>, quoted: string): void {
  let name: string;
  try {
    name = JSON.parse(quoted) as string;
  } catch {
    throw new JsonProblem('is not JSON');
  }
  // Readers make something else of it than a member.
  if (name === '__proto__') throw new JsonProblem('has a member __proto__');
  if (members.has(name)) throw new JsonProblem('has a member twice');
  members.add(name);
}

/** The members of a plain object. */
export type Members = Readonly<Record<string, unknown>>;

/** `value` as an object with no other members than `names`; undefined otherwise. */
export function objectOf(value: unknown, names?: readonly string[]): Members | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const isKnown = names === undefined || Object.keys(value).every((name) => names.includes(name));
  return isKnown ? (value as Members) : undefined;
}
