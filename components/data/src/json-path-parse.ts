export type Selector =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | {
      readonly kind: 'slice';
      readonly start: number | undefined;
      readonly end: number | undefined;
      readonly step: number;
    }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'filter'; readonly test: Expression };

export interface Segment {
  readonly descendant: boolean;
  readonly selectors: readonly Selector[];
}

export interface Path {
  readonly absolute: boolean;
  readonly segments: readonly Segment[];
}

export type Comparable = { readonly kind: 'literal'; readonly value: unknown } | ({ readonly kind: 'path' } & Path);

export type Expression =
  | { readonly kind: 'or' | 'and'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly part: Expression }
  | { readonly kind: 'exists'; readonly path: Path }
  | { readonly kind: 'compare'; readonly operator: string; readonly left: Comparable; readonly right: Comparable };

const MAX_NESTING = 50;

/** Parses a JSONPath that begins with $; throws a message that says where it is wrong. */
export function parsePath(path: string): Segment[] {
  const parser = new Parser(path.trim());
  return parser.whole();
}

class Parser {
  readonly #text: string;
  #at = 0;
  #nesting = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Segment[] {
    if (!this.#take('$')) this.#fail('a path begins with $');
    const segments = this.#segments();
    if (this.#at < this.#text.length) this.#fail('expected a . or a [');
    return segments;
  }

  #segments(): Segment[] {
    const segments: Segment[] = [];
    for (;;) {
      const before = this.#at;
      this.#spaces();
      if (this.#take('..'))
        segments.push({ descendant: true, selectors: this.#peek('[') ? this.#bracket() : [this.#dotted()] });
      else if (this.#take('.')) segments.push({ descendant: false, selectors: [this.#dotted()] });
      else if (this.#peek('[')) segments.push({ descendant: false, selectors: this.#bracket() });
      else {
        this.#at = before;
        return segments;
      }
    }
  }

  #dotted(): Selector {
    if (this.#take('*')) return { kind: 'wildcard' };
    const name = this.#match(/[\p{L}_][\p{L}\p{N}_]*/uy);
    return name === undefined
      ? this.#fail("expected a name; other names are written ['like this']")
      : { kind: 'name', name };
  }

  #bracket(): Selector[] {
    this.#expect('[');
    if (++this.#nesting > MAX_NESTING) this.#fail('nested too deeply');
    const selectors: Selector[] = [];
    do selectors.push(this.#selector());
    while (this.#next(','));
    this.#spaces();
    this.#expect(']');
    this.#nesting--;
    return selectors;
  }

  #selector(): Selector {
    this.#spaces();
    if (this.#take('*')) return { kind: 'wildcard' };
    if (this.#take('?')) return { kind: 'filter', test: this.#or() };
    if (this.#peek('"') || this.#peek("'")) return { kind: 'name', name: this.#string() };
    const start = this.#integer();
    if (!this.#next(':'))
      return start === undefined
        ? this.#fail('expected a name in quotes, an index, *, or ?')
        : { kind: 'index', index: start };
    this.#spaces();
    const end = this.#integer();
    let step: number | undefined;
    if (this.#next(':')) {
      this.#spaces();
      step = this.#integer();
    }
    return { kind: 'slice', start, end, step: step ?? 1 };
  }

  #or(): Expression {
    const parts = [this.#and()];
    while (this.#next('||')) parts.push(this.#and());
    return parts.length === 1 && parts[0] ? parts[0] : { kind: 'or', parts };
  }

  #and(): Expression {
    const parts = [this.#basic()];
    while (this.#next('&&')) parts.push(this.#basic());
    return parts.length === 1 && parts[0] ? parts[0] : { kind: 'and', parts };
  }

  #basic(): Expression {
    if (++this.#nesting > MAX_NESTING) this.#fail('nested too deeply');
    try {
      this.#spaces();
      if (this.#take('!')) return { kind: 'not', part: this.#basic() };
      if (this.#take('(')) {
        const inside = this.#or();
        this.#spaces();
        this.#expect(')');
        return inside;
      }
      return this.#comparison();
    } finally {
      this.#nesting--;
    }
  }

  #comparison(): Expression {
    const left = this.#comparable();
    this.#spaces();
    const operator = this.#match(/==|!=|<=|>=|<|>/y);
    if (operator === undefined)
      return left.kind === 'path' ? { kind: 'exists', path: left } : this.#fail('expected a comparison');
    return { kind: 'compare', operator, left, right: this.#comparable() };
  }

  #comparable(): Comparable {
    this.#spaces();
    if (this.#take('@')) return { kind: 'path', absolute: false, segments: this.#segments() };
    if (this.#take('$')) return { kind: 'path', absolute: true, segments: this.#segments() };
    if (this.#peek('"') || this.#peek("'")) return { kind: 'literal', value: this.#string() };
    const word = this.#match(/true\b|false\b|null\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    return word === undefined
      ? this.#fail('expected @, $, a string, a number, true, false or null')
      : { kind: 'literal', value: JSON.parse(word) as unknown };
  }

  #string(): string {
    const quoted = this.#match(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/sy);
    if (quoted === undefined) this.#fail('a string is never closed');
    const body = quoted
      .slice(1, -1)
      .replace(/\\[\s\S]|"/g, (part) => (part === '"' ? '\\"' : part === "\\'" ? "'" : part));
    try {
      return JSON.parse(`"${body}"`) as string;
    } catch {
      return this.#fail('a string has a wrong escape');
    }
  }

  #integer(): number | undefined {
    const digits = this.#match(/-?(?:0|[1-9]\d{0,14})/y);
    return digits === undefined ? undefined : Number(digits);
  }

  #spaces(): void {
    this.#match(/[ \t\r\n]+/y);
  }

  #peek(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  #take(text: string): boolean {
    const found = this.#peek(text);
    if (found) this.#at += text.length;
    return found;
  }

  #next(text: string): boolean {
    this.#spaces();
    return this.#take(text);
  }

  #expect(text: string): void {
    if (!this.#take(text)) this.#fail(`expected ${text}`);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #fail(what: string): never {
    const rest = this.#text.slice(this.#at, this.#at + 20) || 'the end';
    throw new Error(`the path is not valid at position ${this.#at} (before "${rest}"): ${what}`);
  }
}
