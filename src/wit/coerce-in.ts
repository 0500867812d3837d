import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import type { ComponentTypes, Field, TypeEntry, TypeRef, WitFunction } from '#core/wit-types';
import { expected, isObject, Mismatch, mismatchError, noSuch, within } from './coerce-common.ts';
import type { Handles } from './coerce-common.ts';
import { PRIMITIVE_IN } from './coerce-numbers.ts';
import { camelCase } from './names.ts';
import { isOption, resolve, typeText } from './types.ts';

type In = (value: unknown, call: Call) => unknown;

/**
 * One conversion under way. `left` bounds the work: a few arrays that hold each other many times over
 * would be converted without end. Units are about one number each; an object counts for several.
 */
interface Call {
  readonly handles: Handles;
  left: number;
}

const MOST_WORK = 10_000_000;
const OBJECT_WORK = 4;
const BYTES_WORK = 20;

/**
 * Compiles, once per function, the conversion of JSON arguments to the values jco's generated code takes,
 * in the order of the parameters. Arguments are an object by parameter name, or an array in order; an
 * option may be left out. Throws `invalid-arguments` whose message begins with the path, and what
 * `handles.lower` throws. Exact: nothing is rounded, truncated or converted between types.
 */
export function compileArguments(
  types: ComponentTypes,
  fn: WitFunction,
): (args: unknown, handles: Handles) => unknown[] {
  const compiler = new Compiler(types);
  const names = fn.params.map((p) => p.name);
  const converts = fn.params.map((p) => compiler.compile(p.type));
  const optional = fn.params.map((p) => isOption(types, p.type));
  return (args, handles) => {
    try {
      const values = Array.isArray(args) ? inOrder(args, names, optional) : byName(args, names, optional);
      const call: Call = { handles, left: MOST_WORK };
      for (let i = 0; i < converts.length; i++) {
        try {
          values[i] = (converts[i] as In)(values[i], call);
        } catch (thrown) {
          throw within(thrown, names[i] ?? '');
        }
      }
      return values;
    } catch (thrown) {
      throw mismatchError('invalid-arguments', thrown);
    }
  };
}

function invalidArguments(message: string): SwitchboardError {
  return new SwitchboardError('invalid-arguments', message);
}

function takes(names: readonly string[]): string {
  return names.length === 0 ? 'the function takes none' : `the function takes ${names.join(', ')}`;
}

function inOrder(args: readonly unknown[], names: readonly string[], optional: readonly boolean[]): unknown[] {
  if (args.length > names.length) throw invalidArguments(`${args.length} arguments are too many; ${takes(names)}`);
  for (let i = args.length; i < names.length; i++) {
    if (optional[i] !== true) throw invalidArguments(`missing argument "${names[i]}"; ${takes(names)}`);
  }
  return names.map((_, i) => args[i]);
}

function byName(args: unknown, names: readonly string[], optional: readonly boolean[]): unknown[] {
  if (args === undefined && names.length === 0) return [];
  if (!isObject(args)) throw expected('an object of arguments or an array of them', args);
  let found = 0;
  const values: unknown[] = [];
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (Object.hasOwn(args, name)) {
      found++;
      values.push(args[name]);
    } else if (optional[i] === true) values.push(undefined);
    else throw invalidArguments(`missing argument "${name}"; ${takes(names)}`);
  }
  if (Object.keys(args).length !== found) {
    const extra = Object.keys(args).find((key) => !names.includes(key)) ?? '';
    throw invalidArguments(`unknown argument "${printable(extra, 60)}"; ${takes(names)}`);
  }
  return values;
}

class Compiler {
  readonly #types: ComponentTypes;
  readonly #made = new Map<number, In>();

  constructor(types: ComponentTypes) {
    this.#types = types;
  }

  compile(ref: TypeRef): In {
    if (typeof ref === 'string') return PRIMITIVE_IN[ref];
    const known = this.#made.get(ref);
    if (known !== undefined) return known;
    const made = this.#entry(resolve(this.#types, ref) as TypeEntry, typeText(this.#types, ref));
    this.#made.set(ref, made);
    return made;
  }

  #entry(entry: TypeEntry, text: string): In {
    switch (entry.kind) {
      case 'stream':
        return this.#stream(entry.element, text);
      case 'future':
        return futureIn(entry.element === undefined ? nothingIn : this.compile(entry.element));
      case 'list':
        return entry.element === 'u8' ? bytesIn : listIn(this.compile(entry.element), text);
      case 'tuple':
        return tupleIn(
          entry.items.map((item) => this.compile(item)),
          text,
        );
      case 'record':
        return this.#record(entry.fields, text);
      case 'variant':
        return this.#variant(entry, text);
      case 'enum':
        return enumIn(
          entry.cases.map((c) => c.name),
          text,
        );
      case 'flags':
        return flagsIn(
          entry.flags.map((f) => f.name),
          text,
        );
      case 'option':
        return optionIn(this.compile(entry.some), isOption(this.#types, entry.some), text);
      case 'result':
        return this.#result(entry, text);
      case 'own':
      case 'borrow':
        return handleIn(entry.resource, entry.kind === 'own', text);
      case 'resource':
        throw new RangeError('a resource is not a value');
    }
  }

  #stream(element: TypeRef | undefined, text: string): In {
    if (element === 'u8') return (value, call) => [bytesIn(value, call)];
    return listIn(element === undefined ? nullIn : this.compile(element), text);
  }

  #record(fields: readonly Field[], text: string): In {
    const members = fields.map((f) => ({
      name: f.name,
      key: camelCase(f.name),
      convert: this.compile(f.type),
      optional: isOption(this.#types, f.type),
      text: typeText(this.#types, f.type),
    }));
    const names = new Set(fields.map((f) => f.name));
    return (value, call) => {
      if (!isObject(value)) throw expected(text, value);
      spend(call, members.length + OBJECT_WORK);
      const out: { [key: string]: unknown } = {};
      let found = 0;
      for (const member of members) {
        const present = Object.hasOwn(value, member.name);
        if (present) found++;
        else if (!member.optional) throw new Mismatch(`missing field "${member.name}" (${member.text})`);
        try {
          out[member.key] = member.convert(present ? value[member.name] : undefined, call);
        } catch (thrown) {
          throw within(thrown, member.name);
        }
      }
      if (Object.keys(value).length !== found) throw unknownField(value, names);
      return out;
    };
  }

  #variant(entry: TypeEntry & { readonly kind: 'variant' }, text: string): In {
    const cases = new Map(
      entry.cases.map((c) => [
        c.name,
        {
          convert: c.type === undefined ? undefined : this.compile(c.type),
          optional: c.type !== undefined && isOption(this.#types, c.type),
        },
      ]),
    );
    return (value, call) => {
      const tag = isObject(value) && Object.hasOwn(value, 'tag') ? value['tag'] : undefined;
      if (!isObject(value) || typeof tag !== 'string') {
        throw new Mismatch(
          `expected ${text} as {"tag": …}, got ${isObject(value) ? 'object' : expected('', value).problem.replace(/^.*got /, '')}`,
        );
      }
      spend(call, OBJECT_WORK);
      const found = cases.get(tag);
      if (found === undefined) throw noSuch(`case of ${text}`, tag, [...cases.keys()]);
      const present = Object.hasOwn(value, 'val');
      if (Object.keys(value).length !== (present ? 2 : 1)) throw unknownField(value, new Set(['tag', 'val']));
      if (found.convert === undefined) {
        if (present) throw new Mismatch(`case "${tag}" has no value, but "val" is given`);
        return { tag };
      }
      if (!present && !found.optional) throw new Mismatch(`case "${tag}" needs "val"`);
      try {
        return { tag, val: found.convert(present ? value['val'] : undefined, call) };
      } catch (thrown) {
        throw within(thrown, 'val');
      }
    };
  }

  #result(entry: TypeEntry & { readonly kind: 'result' }, text: string): In {
    const ok = entry.ok === undefined ? nothingIn : this.compile(entry.ok);
    const err = entry.err === undefined ? nothingIn : this.compile(entry.err);
    return (value, call) => {
      const keys = isObject(value) ? Object.keys(value) : [];
      const tag = keys[0];
      if (!isObject(value) || keys.length !== 1 || (tag !== 'ok' && tag !== 'err')) {
        throw new Mismatch(`expected ${text} as {"ok": …} or {"err": …}`);
      }
      try {
        return { tag, val: (tag === 'ok' ? ok : err)(value[tag], call) };
      } catch (thrown) {
        throw within(thrown, tag);
      }
    };
  }
}

function unknownField(value: object, names: ReadonlySet<string>): Mismatch {
  const extra = Object.keys(value).find((key) => !names.has(key)) ?? '';
  return noSuch('field', extra, [...names]);
}

function nothingIn(value: unknown): undefined {
  if (value !== null && value !== undefined) throw expected('null', value);
  return undefined;
}

/** An item of a stream without values. */
function nullIn(value: unknown): null {
  nothingIn(value);
  return null;
}

function futureIn(convert: In): In {
  return (value, call) => Promise.resolve(convert(value, call));
}

function spend(call: Call, amount: number): void {
  call.left -= amount;
  if (call.left < 0) throw new Mismatch(`the arguments hold more values than one call may take`);
}

function bytesIn(value: unknown, call: Call): unknown {
  if (value instanceof Uint8Array) return value;
  spend(call, BYTES_WORK);
  if (typeof value !== 'string') throw expected('list<u8> as a base64 string', value);
  try {
    return Uint8Array.fromBase64(value, { lastChunkHandling: 'strict' });
  } catch {
    throw new Mismatch('expected list<u8> as a base64 string, got a string that is not base64');
  }
}

function listIn(convert: In, text: string): In {
  return (value, call) => {
    if (!Array.isArray(value)) throw expected(text, value);
    const list = value as readonly unknown[];
    spend(call, list.length + OBJECT_WORK);
    const out: unknown[] = Array.from({ length: list.length });
    let i = 0;
    try {
      for (; i < list.length; i++) out[i] = convert(list[i], call);
    } catch (thrown) {
      throw within(thrown, i);
    }
    return out;
  };
}

function tupleIn(converts: readonly In[], text: string): In {
  return (value, call) => {
    if (!Array.isArray(value)) throw expected(text, value);
    const list = value as readonly unknown[];
    if (list.length !== converts.length) {
      throw new Mismatch(`expected ${text} of ${converts.length} items, got ${list.length}`);
    }
    spend(call, list.length + OBJECT_WORK);
    return converts.map((convert, i) => {
      try {
        return convert(list[i], call);
      } catch (thrown) {
        throw within(thrown, i);
      }
    });
  };
}

function enumIn(names: readonly string[], text: string): In {
  const known = new Set(names);
  return (value) => {
    if (typeof value !== 'string') throw expected(text, value);
    if (!known.has(value)) throw noSuch(`case of ${text}`, value, names);
    return value;
  };
}

function flagsIn(names: readonly string[], text: string): In {
  const keys = new Map(names.map((name) => [name, camelCase(name)]));
  return (value) => {
    if (!Array.isArray(value)) throw expected(`${text} as an array of names`, value);
    const out: { [key: string]: boolean } = {};
    for (const key of keys.values()) out[key] = false;
    if (value.length > names.length) throw new Mismatch(`expected ${text}, got more names than there are flags`);
    for (const name of value as readonly unknown[]) {
      const key = typeof name === 'string' ? keys.get(name) : undefined;
      if (typeof name !== 'string') throw expected(`${text} as an array of names`, name);
      if (key === undefined) throw noSuch(`flag of ${text}`, name, names);
      if (out[key] === true) throw new Mismatch(`flag "${name}" is given twice`);
      out[key] = true;
    }
    return out;
  };
}

function optionIn(convert: In, nested: boolean, text: string): In {
  if (!nested) return (value, call) => (value === null || value === undefined ? undefined : convert(value, call));
  return (value, call) => {
    if (value === null || value === undefined) return { tag: 'none' };
    if (!isObject(value) || !Object.hasOwn(value, 'some') || Object.keys(value).length !== 1) {
      throw new Mismatch(`expected ${text} as null or {"some": …}`);
    }
    try {
      return { tag: 'some', val: convert(value['some'], call) };
    } catch (thrown) {
      throw within(thrown, 'some');
    }
  };
}

function handleIn(resource: number, own: boolean, text: string): In {
  return (value, call) => {
    if (typeof value !== 'string') throw expected(`a handle of ${text}`, value);
    return call.handles.lower(resource, value, own);
  };
}
