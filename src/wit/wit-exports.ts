/** What WIT text exports, by its words alone: for a comparison with the binary, which alone decides. */
import { tokenize } from './wit-tokens.ts';
import type { Token } from './wit-tokens.ts';

type Functions = Map<string, readonly string[]>;

/** Exports of the worlds of a WIT text. */
export interface WitExports {
  /** Names of parameters by the binary's name of the function. */
  readonly functions: ReadonlyMap<string, readonly string[]>;
  /** By id or plain name; undefined where the text of the interface is elsewhere. */
  readonly interfaces: ReadonlyMap<string, ReadonlyMap<string, readonly string[]> | undefined>;
}

/**
 * Reads the exports of all worlds of the text's own package. Undefined where that cannot be known: no world, another
 * package's world included, or no WIT at all. Never fails.
 */
export function readWitExports(source: string): WitExports | undefined {
  return new ExportReader(tokenize(source).filter(({ kind }) => kind !== 'docs')).read();
}

class ExportReader {
  readonly #tokens: readonly Token[];
  #pos = 0;
  readonly #interfaces = new Map<string, Functions>();
  readonly #functions: Functions = new Map();
  readonly #exported = new Map<string, Functions | undefined>();
  #worlds = 0;
  #unknown = false;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  read(): WitExports | undefined {
    const own = this.#package('', 0);
    if (this.#worlds === 0 || this.#unknown) return undefined;
    const interfaces = new Map<string, Functions | undefined>();
    for (const [name, inline] of this.#exported) {
      const id = inline || name.includes('/') || !this.#interfaces.has(idOf(own, name)) ? name : idOf(own, name);
      interfaces.set(id, inline ?? this.#interfaces.get(id));
    }
    return { functions: this.#functions, interfaces };
  }

  /** Items up to the end or a closing brace; worlds count in the outermost package alone. */
  #package(name: string, depth: number): string {
    let own = name;
    for (let word = this.#next(); word !== undefined && word !== '}'; word = this.#next()) {
      if (word === '@') this.#attribute();
      else if (word === 'package') {
        const named = this.#until([';', '{']);
        if (this.#tokens[this.#pos - 1]?.text === '{') this.#package(named, depth + 1);
        else own = named;
      } else if (word === 'interface') {
        const id = idOf(own, this.#next() ?? '');
        this.#interfaces.set(id, this.#body());
      } else if (word === 'world') {
        this.#next();
        this.#world(depth === 0);
      } else this.#statement();
    }
    return own;
  }

  #world(counts: boolean): void {
    if (counts) this.#worlds += 1;
    if (this.#next() !== '{') return;
    for (let word = this.#next(); word !== undefined && word !== '}'; word = this.#next()) {
      if (word === '@') this.#attribute();
      else if (word === 'export' && counts) this.#export();
      else {
        if (word === 'include' && counts) this.#unknown = true;
        this.#statement();
      }
    }
  }

  /** `export api;`, `export ns:pkg/api@1.0.0;`, `export name: func(…)`, `export name: interface { … }`. */
  #export(): void {
    const name = this.#next() ?? '';
    if (this.#peek() === ':' && ['func', 'async', 'interface'].includes(this.#tokens[this.#pos + 1]?.text ?? '')) {
      this.#next();
      if (this.#peek() === 'interface') {
        this.#next();
        this.#exported.set(name, this.#body());
      } else this.#functions.set(name, this.#function());
      return;
    }
    this.#exported.set(name + this.#until([';']), undefined);
  }

  /** Functions of an interface or, under `resource`, of a resource; from its opening brace. */
  #body(resource?: string, into: Functions = new Map()): Functions {
    if (this.#next() !== '{') return into;
    for (let word = this.#next(); word !== undefined && word !== '}'; word = this.#next()) {
      if (word === '@') this.#attribute();
      else if (resource !== undefined && word === 'constructor') into.set(`[constructor]${resource}`, this.#function());
      else if (this.#peek() === ':') {
        this.#next();
        const kind = this.#peek() === 'static' ? 'static' : 'method';
        into.set(resource === undefined ? word : `[${kind}]${resource}.${word}`, this.#function());
      } else if (word === 'resource' && this.#tokens[this.#pos + 1]?.text === '{') {
        this.#body(this.#next(), into);
      } else this.#statement();
    }
    return into;
  }

  /** Names of parameters; leaves the end of the statement behind. */
  #function(): string[] {
    const names: string[] = [];
    let depth = 0;
    let before = '';
    let isOver = false;
    for (let word = this.#next(); word !== undefined; word = this.#next()) {
      if (depth === 0 && word === ';') break;
      if (depth === 0 && word === '}') {
        this.#pos -= 1;
        break;
      }
      if (word === '(' || word === '<') depth += 1;
      else if (word === ')' || word === '>') {
        depth -= 1;
        isOver ||= depth === 0 && word === ')';
      } else if (word === ':' && depth === 1 && !isOver) names.push(before);
      before = word;
    }
    return names;
  }

  #statement(): void {
    let depth = 0;
    this.#pos -= 1;
    for (let word = this.#next(); word !== undefined; word = this.#next()) {
      if (word === '{') depth += 1;
      if (word === '}' && --depth <= 0) {
        if (depth < 0) this.#pos -= 1;
        else if (this.#peek() === ';') this.#next();
        return;
      }
      if (word === ';' && depth === 0) return;
    }
  }

  #attribute(): void {
    this.#next();
    if (this.#peek() === '(') this.#until([')']);
  }

  #until(ends: readonly string[]): string {
    let text = '';
    for (let word = this.#next(); word !== undefined && !ends.includes(word); word = this.#next()) text += word;
    return text;
  }

  #next(): string | undefined {
    return this.#tokens[this.#pos++]?.text;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#pos]?.text;
  }
}

/** `demo:text@1.0.0` and `api` are `demo:text/api@1.0.0`. */
function idOf(owner: string, name: string): string {
  const [path = '', version] = owner.split('@');
  return path === '' ? name : `${path}/${name}${version === undefined ? '' : `@${version}`}`;
}
