/** Where things stand in a TOML text that is known to be valid (https://toml.io/en/v1.0.0). */

export interface Statement {
  /** `table` is `[a.b]`, `list` is `[[a.b]]`, `pair` is `a.b = …`. */
  readonly kind: 'table' | 'list' | 'pair';
  /** The whole path: of a pair, with that of its table before it. */
  readonly path: readonly string[];
  readonly from: number;
  /** Of a pair, where its value begins and ends. */
  readonly value: readonly [from: number, to: number];
  /** The end of its last line, a comment included, the line break not. */
  readonly to: number;
  /** What stands in quotes in its value. */
  readonly strings: readonly (readonly [from: number, to: number])[];
}

export interface Scanned {
  readonly statements: readonly Statement[];
  readonly comments: readonly (readonly [from: number, to: number])[];
}

export function scanToml(text: string): Scanned {
  const statements: Statement[] = [];
  const comments: (readonly [number, number])[] = [];
  let table: readonly string[] = [];
  let at = 0;

  const lineEnd = (from: number): number => {
    const found = text.indexOf('\n', from);
    if (found === -1) return text.length;
    return text[found - 1] === '\r' ? found - 1 : found;
  };
  const comment = (): void => {
    const end = lineEnd(at);
    comments.push([at, end]);
    at = end;
  };
  const blanks = (pattern: RegExp): void => {
    while (at < text.length && pattern.test(text[at] ?? '')) at += 1;
  };
  const quoted = (): readonly [number, number] => {
    const from = at;
    const quote = text[at] ?? '';
    const long = text.startsWith(quote.repeat(3), at);
    const end = long ? quote.repeat(3) : quote;
    at += end.length;
    while (at < text.length && !text.startsWith(end, at)) at += text[at] === '\\' && quote === '"' ? 2 : 1;
    at += end.length;
    // Up to two quotes may stand before the three that end it.
    while (long && text[at] === quote) at += 1;
    return [from, at];
  };
  const name = (): string => {
    if (text[at] === '"' || text[at] === "'") {
      const [from, to] = quoted();
      return text[from] === '"' ? unescape(text.slice(from, to)) : text.slice(from + 1, to - 1);
    }
    const from = at;
    while (/[A-Za-z0-9_-]/.test(text[at] ?? '')) at += 1;
    return text.slice(from, at);
  };
  const path = (): string[] => {
    const names: string[] = [];
    for (;;) {
      blanks(/[ \t]/);
      names.push(name());
      blanks(/[ \t]/);
      if (text[at] !== '.') return names;
      at += 1;
    }
  };
  const value = (): Pick<Statement, 'value' | 'strings'> => {
    const from = at;
    let to = at;
    let depth = 0;
    const strings: (readonly [number, number])[] = [];
    while (at < text.length) {
      const sign = text[at] ?? '';
      if (sign === '"' || sign === "'") {
        strings.push(quoted());
        to = at;
      } else if (sign === '#') {
        if (depth === 0) break;
        comment();
      } else if (sign === '\n' && depth === 0) break;
      else {
        if (sign === '[' || sign === '{') depth += 1;
        if (sign === ']' || sign === '}') depth -= 1;
        at += 1;
        if (!/\s/.test(sign)) to = at;
      }
    }
    return { value: [from, to], strings };
  };

  for (;;) {
    blanks(/\s/);
    if (at >= text.length) return { statements, comments };
    if (text[at] === '#') {
      comment();
      continue;
    }
    const from = at;
    if (text[at] === '[') {
      const kind = text[at + 1] === '[' ? 'list' : 'table';
      at += kind === 'list' ? 2 : 1;
      table = path();
      at += kind === 'list' ? 2 : 1;
      blanks(/[ \t]/);
      if (text[at] === '#') comment();
      statements.push({ kind, path: table, from, value: [at, at], to: lineEnd(from), strings: [] });
      continue;
    }
    const own = path();
    at += 1;
    blanks(/[ \t]/);
    const found = value();
    blanks(/[ \t\r]/);
    if (text[at] === '#') comment();
    statements.push({ kind: 'pair', path: [...table, ...own], from, ...found, to: lineEnd(found.value[1]) });
  }
}

function unescape(quotedName: string): string {
  const json = quotedName
    .replaceAll(/\\U([0-9a-fA-F]{8})/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replaceAll('\t', '\\t');
  try {
    return JSON.parse(json) as string;
  } catch {
    return quotedName;
  }
}
