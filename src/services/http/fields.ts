import type { Children } from '../children.ts';
import type { Scope } from '../scope.ts';
import { WitError } from '../wit-error.ts';

type Entry = readonly [name: string, value: Uint8Array];

/** RFC 9110: a field name is a token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Of the connection, not of the message: with them a guest could make one request look like two. */
const FORBIDDEN: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** What an entry costs besides its bytes. */
const ENTRY_COST = 64;

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Whether a component may not send a header of this name. */
export function isForbidden(name: string): boolean {
  return FORBIDDEN.has(name.toLowerCase());
}

/** `wasi:http/types.fields`. The subclass of an instance gives the scope; what is held is counted there. */
export class Fields {
  readonly #scope: Scope;
  #entries: readonly Entry[] = [];
  #immutable = false;
  #leave: (() => void) | undefined;

  constructor(scope: Scope) {
    scope.opened();
    this.#scope = scope;
  }

  static fromList(this: new () => Fields, entries: readonly Entry[]): Fields {
    const fields = new this();
    try {
      for (const [name, value] of entries) check(name, [value]);
      fields.#replace(entries.map(([name, value]) => [name, value.slice()]));
    } catch (error) {
      fields[Symbol.dispose]();
      throw error;
    }
    return fields;
  }

  /** What a server sent: it is shown as it came. Not valid in WIT's own terms: left out. */
  static received(Class: new () => Fields, entries: readonly Entry[], parent: Children): Fields {
    const fields = new Class();
    fields.#replace(entries.filter(([name]) => isToken(name)));
    fields.#immutable = true;
    fields.#leave = parent.add();
    return fields;
  }

  get(name: string): Uint8Array[] {
    return this.#entries.filter((entry) => same(entry[0], name)).map((entry) => entry[1]);
  }

  has(name: string): boolean {
    return this.#entries.some((entry) => same(entry[0], name));
  }

  set(name: string, values: readonly Uint8Array[]): void {
    this.#change(name, values);
    this.#replace([...this.#without(name), ...values.map((value): Entry => [name, value.slice()])]);
  }

  /** Also what must not be set: a copy of what a server sent may hold it. */
  delete(name: string): void {
    if (this.#immutable) throw new WitError({ tag: 'immutable' });
    if (!isToken(name)) throw new WitError({ tag: 'invalid-syntax' });
    this.#replace(this.#without(name));
  }

  /** Of WASI 0.3. */
  getAndDelete(name: string): Uint8Array[] {
    const values = this.get(name);
    this.delete(name);
    return values;
  }

  append(name: string, value: Uint8Array): void {
    this.#change(name, [value]);
    this.#replace([...this.#entries, [name, value.slice()]]);
  }

  entries(): Entry[] {
    return [...this.#entries];
  }

  /** Its name in WASI 0.3. */
  copyAll(): Entry[] {
    return this.entries();
  }

  clone(): Fields {
    return this.#copy(false);
  }

  /** A copy that refuses changes: what a request gives as its headers. */
  frozen(parent: Children): Fields {
    const copy = this.#copy(true);
    copy.#leave = parent.add();
    return copy;
  }

  /** It was given away: to a request, or as trailers. */
  taken(): this {
    this.#leave?.();
    this.#leave = undefined;
    return this;
  }

  [Symbol.dispose](): void {
    this.#scope.release(cost(this.#entries));
    this.#entries = [];
    this.#scope.closed();
    this.taken();
  }

  #copy(immutable: boolean): Fields {
    const Class = this.constructor as new () => Fields;
    const copy = new Class();
    copy.#replace(this.#entries);
    copy.#immutable = immutable;
    return copy;
  }

  #without(name: string): Entry[] {
    return this.#entries.filter((entry) => !same(entry[0], name));
  }

  #change(name: string, values: readonly Uint8Array[]): void {
    if (this.#immutable) throw new WitError({ tag: 'immutable' });
    check(name, values);
  }

  #replace(entries: readonly Entry[]): void {
    this.#scope.hold(cost(entries));
    this.#scope.release(cost(this.#entries));
    this.#entries = entries;
  }
}

function check(name: string, values: readonly Uint8Array[]): void {
  if (!isToken(name)) throw new WitError({ tag: 'invalid-syntax' });
  if (isForbidden(name)) throw new WitError({ tag: 'forbidden' });
  for (const value of values) {
    if (value.some(isControl)) throw new WitError({ tag: 'invalid-syntax' });
  }
}

/** RFC 9110: a field value has no control character but the tab. */
function isControl(byte: number): boolean {
  return (byte < 0x20 && byte !== 0x09) || byte === 0x7f;
}

function cost(entries: readonly Entry[]): number {
  return entries.reduce((sum, [name, value]) => sum + name.length + value.length + ENTRY_COST, 0);
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Whether a component may send this header. */
export function checkHeader(name: string, value: string): boolean {
  // oxlint-disable-next-line no-control-regex -- these are what would end a header
  return isToken(name) && !isForbidden(name) && !/[\0\r\n]/.test(value) && /^[\u0000-\u00ff]*$/.test(value);
}
