import { SwitchboardError } from '#core/errors';
import type { ComponentTypes, TypeEntry, TypeRef, WitFunction } from '#core/wit-types';
import { expected, isObject, Mismatch, mismatchError, within } from './coerce-common.ts';
import type { Handles, Json } from './coerce-common.ts';
import { PRIMITIVE_OUT } from './coerce-numbers.ts';
import { camelCase } from './names.ts';
import { isOption, resolve, successOf, typeText } from './types.ts';

type Out = (value: unknown, handles: Handles) => unknown;

/**
 * Compiles, once per function, the conversion of what jco's generated code returns to JSON. Of a
 * top-level `result<T, E>` jco returns the T and throws the E; where the function names its result by
 * an alias (`use types.{outcome}`), jco returns both as `{tag, val}`, and it is done here: an E is thrown
 * as `component-error` with data `{value}`. Gives undefined where nothing is returned. Throws
 * `invalid-result` for a value that is not of the declared type, and what `handles.lift` throws.
 */
export function compileResult(
  types: ComponentTypes,
  fn: WitFunction,
): (value: unknown, handles: Handles) => Json | undefined {
  const success = compileValue(types, successOf(types, fn));
  if (!mayBeTagged(types, fn)) return success;
  const failure = compileError(types, fn);
  return (value, handles) => {
    const tag = isObject(value) ? value['tag'] : undefined;
    if (!isObject(value) || (tag !== 'ok' && tag !== 'err')) return success(value, handles);
    if (tag === 'ok') return success(value['val'], handles);
    const error = failure(value['val'], handles) ?? null;
    const text = typeof error === 'string' ? error : JSON.stringify(error);
    throw new SwitchboardError('component-error', text, { data: { value: error } });
  };
}

/**
 * Whether a function's result may come as `{tag, val}`: it has a name. Where the T itself could look so,
 * only a name of another interface counts, as that is certainly an alias.
 */
function mayBeTagged(types: ComponentTypes, fn: WitFunction): boolean {
  const entry = fn.result === undefined ? undefined : resolve(types, fn.result);
  if (typeof entry !== 'object' || entry.kind !== 'result' || entry.name === undefined) return false;
  const ok = entry.ok === undefined ? undefined : resolve(types, entry.ok);
  const alike = typeof ok === 'object' && ['result', 'variant', 'record'].includes(ok.kind);
  return !alike || entry.interface !== fn.interface;
}

/** The same for the E of a top-level `result<T, E>`; undefined where the function has none. */
export function compileError(
  types: ComponentTypes,
  fn: WitFunction,
): (value: unknown, handles: Handles) => Json | undefined {
  const entry = fn.result === undefined ? undefined : resolve(types, fn.result);
  return compileValue(types, typeof entry === 'object' && entry.kind === 'result' ? entry.err : undefined);
}

function compileValue(
  types: ComponentTypes,
  ref: TypeRef | undefined,
): (value: unknown, handles: Handles) => Json | undefined {
  if (ref === undefined) return () => undefined;
  const convert = new Compiler(types).compile(ref);
  return (value, handles) => {
    try {
      return convert(value, handles) as Json;
    } catch (thrown) {
      throw mismatchError('invalid-result', within(thrown, 'result'));
    }
  };
}

class Compiler {
  readonly #types: ComponentTypes;
  readonly #made = new Map<number, Out>();

  constructor(types: ComponentTypes) {
    this.#types = types;
  }

  compile(ref: TypeRef): Out {
    if (typeof ref === 'string') return PRIMITIVE_OUT[ref];
    const known = this.#made.get(ref);
    if (known !== undefined) return known;
    const made = this.#entry(resolve(this.#types, ref) as TypeEntry, typeText(this.#types, ref));
    this.#made.set(ref, made);
    return made;
  }

  #entry(entry: TypeEntry, text: string): Out {
    const maybe = (ref: TypeRef | undefined): Out => (ref === undefined ? () => null : this.compile(ref));
    switch (entry.kind) {
      // Both were read to their end before: see the engine's `collect`.
      case 'future':
        return maybe(entry.element);
      case 'stream':
        if (entry.element === undefined) return listOut(() => null, text);
        return entry.element === 'u8' ? bytesOut : listOut(this.compile(entry.element), text);
      case 'list':
        return entry.element === 'u8' ? bytesOut : listOut(this.compile(entry.element), text);
      case 'tuple':
        return tupleOut(
          entry.items.map((item) => this.compile(item)),
          text,
        );
      case 'record':
        return recordOut(
          entry.fields.map((f) => ({ name: f.name, key: camelCase(f.name), convert: this.compile(f.type) })),
          text,
        );
      case 'variant':
        return variantOut(
          new Map(entry.cases.map((c) => [c.name, c.type === undefined ? undefined : this.compile(c.type)])),
          text,
        );
      case 'enum':
        return enumOut(new Set(entry.cases.map((c) => c.name)), text);
      case 'flags':
        return flagsOut(
          entry.flags.map((f) => [f.name, camelCase(f.name)]),
          text,
        );
      case 'option':
        return optionOut(this.compile(entry.some), isOption(this.#types, entry.some), text);
      case 'result':
        return resultOut(maybe(entry.ok), maybe(entry.err), text);
      case 'own':
      case 'borrow':
        return handleOut(entry.resource, text);
      case 'resource':
        throw new RangeError('a resource is not a value');
    }
  }
}

function bytesOut(value: unknown): unknown {
  if (!(value instanceof Uint8Array)) throw expected('list<u8>', value);
  return value.toBase64();
}

function listOut(convert: Out, text: string): Out {
  return (value, handles) => {
    if (!Array.isArray(value) && !(ArrayBuffer.isView(value) && 'length' in value)) throw expected(text, value);
    const list = value as ArrayLike<unknown>;
    const out: unknown[] = Array.from({ length: list.length });
    let i = 0;
    try {
      for (; i < list.length; i++) out[i] = convert(list[i], handles);
    } catch (thrown) {
      throw within(thrown, i);
    }
    return out;
  };
}

function tupleOut(converts: readonly Out[], text: string): Out {
  return (value, handles) => {
    if (!Array.isArray(value) || value.length !== converts.length) throw expected(text, value);
    return converts.map((convert, i) => {
      try {
        return convert((value as unknown[])[i], handles);
      } catch (thrown) {
        throw within(thrown, i);
      }
    });
  };
}

interface Member {
  readonly name: string;
  readonly key: string;
  readonly convert: Out;
}

function recordOut(members: readonly Member[], text: string): Out {
  return (value, handles) => {
    if (!isObject(value)) throw expected(text, value);
    const out: { [name: string]: unknown } = {};
    for (const { name, key, convert } of members) {
      try {
        out[name] = convert(Object.hasOwn(value, key) ? value[key] : undefined, handles);
      } catch (thrown) {
        throw within(thrown, name);
      }
    }
    return out;
  };
}

function variantOut(cases: ReadonlyMap<string, Out | undefined>, text: string): Out {
  return (value, handles) => {
    const tag = isObject(value) ? value['tag'] : undefined;
    if (!isObject(value) || typeof tag !== 'string' || !cases.has(tag)) throw expected(text, value);
    const convert = cases.get(tag);
    if (convert === undefined) return { tag };
    try {
      return { tag, val: convert(value['val'], handles) };
    } catch (thrown) {
      throw within(thrown, 'val');
    }
  };
}

function enumOut(names: ReadonlySet<string>, text: string): Out {
  return (value) => {
    if (typeof value !== 'string' || !names.has(value)) throw expected(text, value);
    return value;
  };
}

function flagsOut(flags: readonly (readonly [name: string, key: string])[], text: string): Out {
  return (value) => {
    if (!isObject(value)) throw expected(text, value);
    return flags.filter(([, key]) => value[key] === true).map(([name]) => name);
  };
}

function optionOut(convert: Out, nested: boolean, text: string): Out {
  if (!nested) {
    return (value, handles) => (value === undefined || value === null ? null : convert(value, handles));
  }
  return (value, handles) => {
    const tag = isObject(value) ? value['tag'] : undefined;
    if (tag === 'none') return null;
    if (!isObject(value) || tag !== 'some') throw expected(text, value);
    try {
      return { some: convert(value['val'], handles) };
    } catch (thrown) {
      throw within(thrown, 'some');
    }
  };
}

function resultOut(ok: Out, err: Out, text: string): Out {
  return (value, handles) => {
    const tag = isObject(value) ? value['tag'] : undefined;
    if (!isObject(value) || (tag !== 'ok' && tag !== 'err')) throw expected(text, value);
    try {
      return tag === 'ok' ? { ok: ok(value['val'], handles) } : { err: err(value['val'], handles) };
    } catch (thrown) {
      throw within(thrown, tag);
    }
  };
}

function handleOut(resource: number, text: string): Out {
  return (value, handles) => {
    if (typeof value !== 'object' || value === null) throw new Mismatch(`expected a handle of ${text}`);
    return handles.lift(resource, value);
  };
}
