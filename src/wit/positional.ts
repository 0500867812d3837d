import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import type { ComponentTypes, TypeEntry, TypeRef, WitFunction } from '#core/wit-types';
import type { Json } from './coerce-common.ts';
import { isOption, resolve, typeText } from './types.ts';

/**
 * Reads the words of a command line as a function's arguments, in order: a word for a string parameter is
 * the string itself, for every other type it is JSON. What can only be a string (enum cases, chars,
 * handles, base64, 64-bit integers) needs no quotes. Trailing options may be left out. Integers beyond
 * 2^53 keep all their digits. Throws `invalid-arguments` that names the parameter.
 */
export function parsePositional(types: ComponentTypes, fn: WitFunction, argv: readonly string[]): Json[] {
  const least = fn.params.findLastIndex((p) => !isOption(types, p.type)) + 1;
  if (argv.length > fn.params.length || argv.length < least) {
    const names = fn.params.map((p) => (isOption(types, p.type) ? `[${p.name}]` : `<${p.name}>`)).join(' ');
    throw new SwitchboardError(
      'invalid-arguments',
      `${argv.length} argument${argv.length === 1 ? '' : 's'} given; the function takes ${names === '' ? 'none' : names}`,
    );
  }
  return bounded(() =>
    argv.map((word, i) => {
      const { name, type } = fn.params[i] ?? { name: '', type: 'string' as const };
      return parseWord(types, type, word, name);
    }),
  );
}

/** JSON nested deeper than the stack is no value of any WIT type. */
function bounded<T>(read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    throw new SwitchboardError('invalid-arguments', 'the arguments are nested too deeply', { cause: thrown });
  }
}

/** Reads the JSON of a call's arguments, object or array; integers beyond 2^53 keep all their digits. Throws `invalid-arguments`. */
export function parseJsonArguments(types: ComponentTypes, fn: WitFunction, text: string): Json {
  const known = new Map(fn.params.map((p) => [p.name, p.type]));
  return bounded(() => {
    const value = parseExact(text, 'the arguments are', 'pass an object by parameter name, or an array');
    if (Array.isArray(value)) return value.map((item, i) => restore(types, fn.params[i]?.type, item));
    return restoreMembers(types, value, (name) => known.get(name));
  });
}

function parseWord(types: ComponentTypes, ref: TypeRef, word: string, name: string): Json {
  if (ref === 'string') return word;
  if ((ref === 'u64' || ref === 's64') && /^-?\d+$/.test(word)) return word;
  const entry = resolve(types, ref);
  const inner = typeof entry === 'object' && entry.kind === 'option' ? resolve(types, entry.some) : entry;
  const bare = inner === 'string' || inner === 'char' || (typeof inner === 'object' && isWord(inner));
  if (bare) {
    const quoted = /^\s*"/.test(word) ? tryParse(word) : undefined;
    if (typeof quoted === 'string') return quoted;
    return inner !== entry && word === 'null' ? null : word;
  }
  return restore(types, ref, parseExact(word, `${name}:`, `expected ${typeText(types, ref)}`));
}

function isWord(entry: TypeEntry): boolean {
  return (
    ['enum', 'own', 'borrow'].includes(entry.kind) ||
    ((entry.kind === 'list' || entry.kind === 'stream') && entry.element === 'u8')
  );
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseExact(text: string, where: string, hint: string): unknown {
  try {
    return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) && isDigits(context?.source)
        ? BigInt(context?.source ?? 0)
        : value,
    );
  } catch (thrown) {
    if (thrown instanceof RangeError) throw thrown;
    throw new SwitchboardError('invalid-arguments', `${where} not JSON: ${printable(text, 60)}; ${hint}`);
  }
}

function isDigits(source: string | undefined): boolean {
  return source !== undefined && /^-?\d{1,400}$/.test(source);
}

/** Puts an integer that JavaScript numbers cannot hold into its JSON form: digits for 64 bits, a number for the rest. */
function restore(types: ComponentTypes, ref: TypeRef | undefined, value: unknown): Json {
  const entry = ref === undefined ? undefined : resolve(types, ref);
  const shape = typeof entry === 'object' ? entry : undefined;
  if (shape?.kind === 'option' && !isOption(types, shape.some)) return restore(types, shape.some, value);
  if (shape?.kind === 'future') return restore(types, shape.element, value);
  if (typeof value === 'bigint') return ref === 'u64' || ref === 's64' ? value.toString() : Number(value);
  if (typeof value !== 'object' || value === null) return value as Json;
  if (Array.isArray(value)) return value.map((item, i) => restore(types, itemType(shape, i), item));
  return restoreMembers(types, value, (name) => memberType(shape, name, value));
}

function itemType(entry: TypeEntry | undefined, index: number): TypeRef | undefined {
  if (entry?.kind === 'list' || entry?.kind === 'stream') return entry.element;
  return entry?.kind === 'tuple' ? entry.items[index] : undefined;
}

function memberType(entry: TypeEntry | undefined, name: string, value: object): TypeRef | undefined {
  switch (entry?.kind) {
    case 'record':
      return entry.fields.find((f) => f.name === name)?.type;
    case 'variant':
      return name === 'val' ? entry.cases.find((c) => 'tag' in value && c.name === value.tag)?.type : undefined;
    case 'result':
      return name === 'ok' ? entry.ok : entry.err;
    case 'option':
      return entry.some;
    default:
      return undefined;
  }
}

function restoreMembers(types: ComponentTypes, value: unknown, typeOf: (name: string) => TypeRef | undefined): Json {
  if (typeof value !== 'object' || value === null) return restore(types, undefined, value);
  const members = Object.entries(value).map(([name, item]) => [name, restore(types, typeOf(name), item)] as const);
  return Object.fromEntries(members);
}
