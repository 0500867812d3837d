/** Types of the language itself, of Node and of browsers. */
import type * as TS from 'typescript-6';
import { never, type Shape } from '../model.ts';
import type { Deriver } from './deriver.ts';
import { isLoose, listOf, scalar, type ShapeOptions, shapeOf } from './shapes.ts';

const LISTS: { readonly [name: string]: 'array' | 'set' | 'iterable' } = {
  Array: 'array',
  ReadonlyArray: 'array',
  ArrayLike: 'array',
  ConcatArray: 'array',
  Set: 'set',
  ReadonlySet: 'set',
  Iterable: 'iterable',
  Iterator: 'iterable',
  IterableIterator: 'iterable',
  IteratorObject: 'iterable',
  ArrayIterator: 'iterable',
  SetIterator: 'iterable',
  MapIterator: 'iterable',
  StringIterator: 'iterable',
  RegExpStringIterator: 'iterable',
  Generator: 'iterable',
  AsyncIterable: 'iterable',
  AsyncIterableIterator: 'iterable',
  AsyncIteratorObject: 'iterable',
  AsyncGenerator: 'iterable',
};
const SIMPLE: { readonly [name: string]: Shape } = {
  Date: { kind: 'date' },
  RegExp: { kind: 'regexp' },
  URL: { kind: 'url' },
  Uint8Array: { kind: 'bytes' },
  Uint8ClampedArray: { kind: 'bytes' },
  Buffer: { kind: 'buffer' },
  ArrayBuffer: { kind: 'array-buffer' },
  SharedArrayBuffer: { kind: 'array-buffer' },
  ArrayBufferView: { kind: 'bytes' },
  DataView: { kind: 'bytes' },
  String: { kind: 'string' },
  Number: { kind: 'number' },
  Boolean: { kind: 'bool' },
  BigInt: { kind: 'bigint' },
  Object: { kind: 'json' },
  Function: never('a function'),
  CallableFunction: never('a function'),
  NewableFunction: never('a class'),
  Symbol: never('a symbol'),
};
const ERRORS = /^(?:|Type|Range|Syntax|Reference|URI|Eval|Aggregate)Error$/;
const NUMBERS = /^(?:Int8|Int16|Uint16|Int32|Uint32|Float16|Float32|Float64)Array$/;
const BIG_NUMBERS = /^Big(?:Int|Uint)64Array$/;

/** Undefined for types that the library declares. */
export function builtinShape(d: Deriver, type: TS.Type, o: ShapeOptions): Shape | undefined {
  const name = type.symbol?.name;
  if (name === undefined) return undefined;
  if (!d.isForeign(type.symbol.declarations?.[0])) return inherited(d, type);
  const args = typeArguments(d, type);
  const argument = (i: number, hint: string): Shape => {
    const of = args[i];
    return of === undefined ? scalar('json') : shapeOf(d, of, { ...o, hint: `${o.hint}${hint}` });
  };
  const list = LISTS[name];
  if (list !== undefined) return listOf(argument(0, 'Item'), list);
  if (Object.hasOwn(SIMPLE, name)) return SIMPLE[name];
  if (ERRORS.test(name)) return scalar('error');
  if (NUMBERS.test(name)) return { kind: 'numbers', array: name };
  if (BIG_NUMBERS.test(name)) return listOf(scalar('bigint'));
  if (name === 'RegExpMatchArray' || name === 'RegExpExecArray') return listOf(scalar('string'));
  if (name === 'Map' || name === 'ReadonlyMap') {
    const [key, value] = [argument(0, 'Key'), argument(1, 'Value')];
    const bad = [key, value].find(({ kind }) => kind === 'never');
    return (
      bad ?? {
        kind: 'map',
        key: isLoose(key) ? scalar('json') : key,
        value: isLoose(value) ? scalar('json') : value,
        as: 'map',
      }
    );
  }
  if (name === 'Promise' || name === 'PromiseLike') {
    const of = argument(0, '');
    return of.kind === 'never' ? of : { kind: 'promise', of };
  }
  // Plain data of the platform, as DateTimeFormatOptions of Intl, is read like any other.
  if (
    type.getProperties().some((one) => d.checker.getTypeOfSymbolAtLocation(one, d.entry).getCallSignatures().length > 0)
  ) {
    return never(`${name}, which the sandbox does not have`);
  }
  if (name.startsWith('__') || name === 'Record') return undefined;
  return foreignData(d, type);
}

function foreignData(d: Deriver, type: TS.Type): Shape | undefined {
  if (type.getCallSignatures().length > 0 || d.checker.getIndexInfosOfType(type).length > 0) return undefined;
  // Its members are of the platform, so that they would all be left out as foreign.
  return /Options$|Init$/.test(type.symbol.name) ? scalar('json') : undefined;
}

/** Classes of a library that extend one of the language are that, as a caller sees it. */
function inherited(d: Deriver, type: TS.Type): Shape | undefined {
  if (!type.isClassOrInterface()) return undefined;
  for (const base of d.checker.getBaseTypes(type)) {
    const name = base.symbol?.name ?? '';
    if (!d.isForeign(base.symbol?.declarations?.[0])) {
      const above = inherited(d, base);
      if (above !== undefined) return above;
    } else if (ERRORS.test(name)) return scalar('error');
    else if (/^(?:Duplex|Readable|Writable|Transform|EventEmitter|EventTarget|Element|Node)$/.test(name)) {
      return never(`a ${name} of the platform`);
    }
  }
  return undefined;
}

function typeArguments(d: Deriver, type: TS.Type): readonly TS.Type[] {
  const isReference = 'target' in type && (type as unknown as TS.ObjectType).objectFlags & d.ts.ObjectFlags.Reference;
  return isReference ? d.checker.getTypeArguments(type as TS.TypeReference) : (type.aliasTypeArguments ?? []);
}
