/** The records `match`, `matches` and `replaced` of world.wit. */
export interface Match {
  text: string;
  start: number;
  end: number;
  line: number;
  column: number;
  groups: { number: number; name: string | null; text: string | null; start: number | null }[];
}

export interface Matches {
  count: number;
  truncated: boolean;
  matches: Match[];
}

export interface Replaced {
  text: string;
  count: number;
}

const MAX_PATTERN = 10_000;
const MAX_MATCHES = 10_000;

/** All matches with positions in code points; throws an error that says what is wrong with the pattern. */
export function regexFind(text: string, pattern: string, flags: string | null, limit: number | null): Matches {
  const most = limit ?? 1000;
  if (most < 1 || most > MAX_MATCHES) throw new Error(`limit must be from 1 to ${MAX_MATCHES}, not ${most}`);
  const regex = compile(pattern, flags, 'd');
  const names = groupNames(pattern);
  const position = positionsOf(text);
  const matches: Match[] = [];
  for (const found of text.matchAll(regex)) {
    if (matches.length === most) return { count: most, truncated: true, matches };
    const at = position(found.index);
    const groups = found.slice(1).map((group: string | undefined, i) => ({
      number: i + 1,
      name: names[i] ?? null,
      text: group ?? null,
      start: group === undefined ? null : groupStart(text, found, i + 1, at.offset),
    }));
    matches.push({
      text: found[0],
      start: at.offset,
      end: at.offset + codePoints(found[0], 0, found[0].length),
      line: at.line,
      column: at.column,
      groups,
    });
  }
  return { count: matches.length, truncated: false, matches };
}

/** Replaces the first `limit` matches, or all. */
export function regexReplace(
  text: string,
  pattern: string,
  replacement: string,
  flags: string | null,
  limit: number | null,
): Replaced {
  const regex = compile(pattern, flags, '');
  const most = limit ?? Number.POSITIVE_INFINITY;
  const parts: string[] = [];
  let [count, end] = [0, 0];
  for (const found of text.matchAll(regex)) {
    if (count === most) break;
    parts.push(text.slice(end, found.index), expand(replacement, found));
    end = found.index + found[0].length;
    count++;
  }
  parts.push(text.slice(end));
  return { text: parts.join(''), count };
}

function compile(pattern: string, flags: string | null, extra: string): RegExp {
  if (pattern.length > MAX_PATTERN) throw new Error(`the pattern is longer than ${MAX_PATTERN} characters`);
  const given = flags ?? '';
  const wrong = /[^imsgu]/u.exec(given)?.[0];
  if (wrong !== undefined)
    throw new Error(`unknown flag "${wrong}"; the flags are i (ignore case), m (lines), s (dot matches line breaks)`);
  const wanted = new Set(`${given}gu${extra}`);
  try {
    return new RegExp(pattern, [...wanted].join(''));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `the pattern is not a valid regular expression: ${reason}. Only ^$\\.*+?()[]{}|/ and - in a class may be escaped with a backslash`,
    );
  }
}

/** Names of the groups by number, from 0; the pattern is known to be valid. */
function groupNames(pattern: string): (string | undefined)[] {
  const names: (string | undefined)[] = [];
  let inClass = false;
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i];
    if (char === '\\') i++;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '(' && !inClass) {
      const name = /^\(\?<([^=!>][^>]*)>/.exec(pattern.slice(i, i + 300));
      if (name || pattern[i + 1] !== '?') names.push(name?.[1]);
    }
  }
  return names;
}

/** Line, column and code point offset of ascending UTF-16 indices, without reading any part twice. */
function positionsOf(text: string): (index: number) => { offset: number; line: number; column: number } {
  let [at, offset, line, lineStart] = [0, 0, 1, 0];
  return (index) => {
    for (; at < index; at++) {
      const code = text.charCodeAt(at);
      if (code >= 0xdc00 && code <= 0xdfff) continue;
      offset++;
      if (code === 10) {
        line++;
        lineStart = offset;
      }
    }
    return { offset, line, column: offset - lineStart + 1 };
  };
}

function codePoints(text: string, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    if (code < 0xdc00 || code > 0xdfff) count++;
  }
  return count;
}

/** A group in a lookaround may stand before or after the match itself. */
function groupStart(text: string, found: RegExpExecArray, group: number, matchOffset: number): number | null {
  const start = found.indices?.[group]?.[0];
  if (start === undefined) return null;
  const [from, to] = [found.index, start];
  return from <= to ? matchOffset + codePoints(text, from, to) : matchOffset - codePoints(text, to, from);
}

function expand(replacement: string, found: RegExpExecArray): string {
  if (!replacement.includes('$')) return replacement;
  return replacement.replace(/\$(?:\$|&|(\d\d?)|<([^>]*)>)/g, (whole, digits?: string, name?: string) => {
    if (whole === '$$') return '$';
    if (whole === '$&') return found[0];
    if (name !== undefined) return named(found, name);
    return numbered(found, digits ?? '', whole);
  });
}

function named(found: RegExpExecArray, name: string): string {
  if (!found.groups || !(name in found.groups))
    throw new Error(`the replacement names group "${name}", which the pattern does not have`);
  return found.groups[name] ?? '';
}

/** `$12` is group 12 where there is one, else group 1 and a 2. */
function numbered(found: RegExpExecArray, digits: string, whole: string): string {
  for (const length of [2, 1]) {
    const number = Number(digits.slice(0, length));
    if (digits.length >= length && number >= 1 && number < found.length) {
      return (found[number] ?? '') + digits.slice(length);
    }
  }
  throw new Error(
    `the replacement uses ${whole}, but the pattern has ${found.length - 1} group(s); write $$ for a dollar sign`,
  );
}
