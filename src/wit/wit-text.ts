import type { Docs, InterfaceDocs, TypeDocs, WorldDocs } from './docs.ts';
import { tokenize } from './wit-tokens.ts';
import type { Token } from './wit-tokens.ts';

type Mutable<T> = { [name: string]: T };

/**
 * Docs of WIT text: `///` and block comments of the package, its worlds, interfaces, functions, types,
 * fields, cases and flags. Best effort: text that is not WIT yields few docs or none, never an error.
 * Only docs are read from text; types come from the binary alone.
 */
export function readWitDocs(source: string): Docs {
  const reader = new WitReader(tokenize(source));
  return reader.file();
}

const KINDS: readonly string[] = ['record', 'variant', 'enum', 'flags', 'resource', 'type'];

class WitReader {
  readonly #tokens: readonly Token[];
  #pos = 0;
  #pending: string[] = [];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  file(): Docs {
    const worlds: Mutable<WorldDocs> = Object.create(null) as Mutable<WorldDocs>;
    const interfaces: Mutable<InterfaceDocs> = Object.create(null) as Mutable<InterfaceDocs>;
    let packageDocs: { docs?: string } = {};
    let packageName: string | undefined;
    for (let word = this.#next(); word !== undefined; word = this.#next()) {
      const docs = this.#docs();
      if (word === 'package') {
        const text = this.#until([';', '{']).join('');
        if (this.#taken('{')) this.#skipBlock();
        else [packageName, packageDocs] = [text, docs];
      } else if (word === 'interface') {
        const name = this.#next() ?? '';
        interfaces[name] = { ...docs, ...this.#body().own };
      } else if (word === 'world') {
        const name = this.#next() ?? '';
        const { own, inner } = this.#body();
        worlds[name] = { ...docs, ...own, interfaces: inner };
      } else this.#skipStatement(word);
    }
    return { ...packageDocs, ...(packageName === undefined ? {} : { package: packageName }), worlds, interfaces };
  }

  /** The next token that is not a comment or an attribute; comments wait in `#pending` for the item they precede. */
  #next(): string | undefined {
    for (;;) {
      const token = this.#tokens[this.#pos++];
      if (token === undefined) return undefined;
      if (token.kind === 'docs') this.#pending.push(token.text);
      else if (token.text !== '@') return token.text;
      else this.#skipAttribute();
    }
  }

  #skipAttribute(): void {
    this.#pos++;
    if (this.#tokens[this.#pos]?.text !== '(') return;
    while (this.#pos < this.#tokens.length && this.#tokens[this.#pos]?.text !== ')') this.#pos++;
    this.#pos++;
  }

  #docs(): { docs?: string } {
    const docs = this.#pending.join('\n').trim();
    this.#pending = [];
    return docs === '' ? {} : { docs };
  }

  #peek(): string | undefined {
    let at = this.#pos;
    while (this.#tokens[at]?.kind === 'docs') at++;
    return this.#tokens[at]?.text;
  }

  #taken(mark: string): boolean {
    return this.#tokens[this.#pos - 1]?.text === mark;
  }

  /** Tokens up to one of `ends` outside brackets; that one is consumed. */
  #until(ends: readonly string[]): string[] {
    const texts: string[] = [];
    let depth = 0;
    while (this.#pos < this.#tokens.length) {
      const { kind, text } = this.#tokens[this.#pos++] as Token;
      if (kind === 'docs') continue;
      if (depth <= 0 && ends.includes(text)) return texts;
      if (text === '(' || text === '<') depth++;
      if (text === ')' || text === '>') depth--;
      texts.push(text);
    }
    return texts;
  }

  #skipBlock(): void {
    let depth = 1;
    while (this.#pos < this.#tokens.length && depth > 0) {
      const { text } = this.#tokens[this.#pos++] as Token;
      if (text === '{') depth++;
      else if (text === '}') depth--;
    }
  }

  #skipStatement(first: string): void {
    if (first === ';' || first === '}') return;
    if (first !== '{') this.#until([';', '{']);
    if (this.#taken('{')) {
      this.#skipBlock();
      if (this.#peek() === ';') this.#next();
    }
    this.#pending = [];
  }

  /** The body of an interface, world or resource, from its `{`. `prefix` is the resource's name. */
  #body(prefix?: string): { own: InterfaceDocs; inner: Mutable<InterfaceDocs> } {
    const funcs = Object.create(null) as Mutable<string>;
    const types = Object.create(null) as Mutable<TypeDocs>;
    const inner = Object.create(null) as Mutable<InterfaceDocs>;
    const own = { funcs, types };
    if (this.#next() !== '{') return { own, inner };
    for (let word = this.#next(); word !== undefined && word !== '}'; word = this.#next()) {
      const docs = this.#docs();
      const isName = this.#peek() === ':';
      if (prefix === undefined && KINDS.includes(word) && !isName) this.#type(word, docs, own);
      else if ((word === 'import' || word === 'export') && !isName) this.#worldItem(docs, own, inner);
      else if (prefix !== undefined && word === 'constructor') this.#func(`[constructor]${prefix}`, docs, funcs);
      else if (isName) this.#named(word, docs, funcs, prefix);
      else this.#skipStatement(word);
    }
    return { own, inner };
  }

  #named(word: string, docs: { docs?: string }, funcs: Mutable<string>, prefix: string | undefined): void {
    this.#next();
    const kind = this.#peek() === 'static' ? 'static' : 'method';
    this.#func(prefix === undefined ? word : `[${kind}]${prefix}.${word}`, docs, funcs);
  }

  #func(name: string, { docs }: { docs?: string }, funcs: Mutable<string>): void {
    if (docs !== undefined) funcs[name] = docs;
    this.#until([';', '}']);
    if (this.#taken('}')) this.#pos--;
    this.#pending = [];
  }

  #worldItem(docs: { docs?: string }, own: { funcs: Mutable<string> }, inner: Mutable<InterfaceDocs>): void {
    const name = this.#next() ?? '';
    if (this.#peek() !== ':') return this.#skipStatement(name);
    this.#next();
    if (this.#peek() !== 'interface') return this.#func(name, docs, own.funcs);
    this.#next();
    inner[name] = { ...docs, ...this.#body().own };
  }

  #type(kind: string, docs: { docs?: string }, own: { funcs: Mutable<string>; types: Mutable<TypeDocs> }): void {
    const name = this.#next() ?? '';
    const next = this.#peek();
    if (kind === 'resource' && next === '{') {
      own.types[name] = docs;
      Object.assign(own.funcs, this.#body(name).own.funcs);
    } else if (kind === 'type' || next !== '{') {
      own.types[name] = docs;
      this.#until([';']);
    } else own.types[name] = { ...docs, items: this.#items() };
  }

  #items(): Mutable<string> {
    const items = Object.create(null) as Mutable<string>;
    this.#next();
    for (let name = this.#next(); name !== undefined && name !== '}'; name = this.#next()) {
      const { docs } = this.#docs();
      if (name === ',') continue;
      if (docs !== undefined) items[name] = docs;
      this.#until([',', '}']);
      if (this.#taken('}')) this.#pos--;
    }
    this.#pending = [];
    return items;
  }
}
