/** Reads the type grammar of the component model's Binary.md, "Type Definitions". */
import { SwitchboardError } from '#core/errors';
import type { Primitive } from '#core/wit-types';
import type { Alias, Decl, Def, Desc, NamedVal, OptionalVal, Sort, ValType } from './ast.ts';
import { skipCoreType } from './parse-core-types.ts';
import { checkDistinct, checkExtern, checkLabel, checkCoreName } from './names.ts';
import { invalid } from './reader.ts';
import type { Reader } from './reader.ts';

/** Types and components nested deeper than this in the binary are refused; toolchains nest three or four. */
export const DEEPEST_NESTING = 32;

const PRIMITIVES: { readonly [code: number]: Primitive | 'error-context' } = {
  0x7f: 'bool',
  0x7e: 's8',
  0x7d: 'u8',
  0x7c: 's16',
  0x7b: 'u16',
  0x7a: 's32',
  0x79: 'u32',
  0x78: 's64',
  0x77: 'u64',
  0x76: 'f32',
  0x75: 'f64',
  0x74: 'char',
  0x73: 'string',
  0x64: 'error-context',
};

function unknown(what: string, code: number, at: number): SwitchboardError {
  return invalid(`unknown ${what} 0x${code.toString(16)}`, at);
}

export function parseValType(r: Reader): ValType {
  const at = r.pos;
  const primitive = PRIMITIVES[r.peek()];
  if (primitive !== undefined) {
    r.u8();
    return primitive;
  }
  const index = r.s33();
  if (index < 0) throw unknown('type', index & 0x7f, at);
  return index;
}

function optional(r: Reader): ValType | undefined {
  const at = r.pos;
  const flag = r.u8();
  if (flag > 1) throw unknown('option flag', flag, at);
  return flag === 1 ? parseValType(r) : undefined;
}

function fields(r: Reader, what: string, least: number): NamedVal[] {
  const at = r.pos;
  const list = r.list(() => ({ name: checkLabel(what, r.name()), type: parseValType(r) }), 2);
  if (list.length < least) throw invalid(`${what} list is empty`, at);
  checkDistinct(
    what,
    list.map((f) => f.name),
  );
  return list;
}

function labels(r: Reader, what: string): string[] {
  const at = r.pos;
  const list = r.list(() => checkLabel(what, r.name()));
  if (list.length === 0) throw invalid(`${what} list is empty`, at);
  checkDistinct(what, list);
  return list;
}

function cases(r: Reader): OptionalVal[] {
  const at = r.pos;
  const list = r.list(() => {
    const parsed = { name: checkLabel('a case', r.name()), type: optional(r) };
    const refines = r.u8();
    if (refines !== 0) throw unknown('case suffix', refines, r.pos - 1);
    return parsed;
  }, 3);
  if (list.length === 0) throw invalid('a variant has no case', at);
  checkDistinct(
    'a case',
    list.map((c) => c.name),
  );
  return list;
}

function func(r: Reader, async: boolean): Def {
  const params = fields(r, 'a parameter', 0);
  const at = r.pos;
  const kind = r.u8();
  if (kind === 0) return { kind: 'func', async, params, result: parseValType(r) };
  if (kind !== 1) throw unknown('result list', kind, at);
  if (r.u32() !== 0) throw invalid('a function has named results', at);
  return { kind: 'func', async, params, result: undefined };
}

function resource(r: Reader, async: boolean): Def {
  const at = r.pos;
  const rep = r.u8();
  if (rep !== 0x7f) throw unknown('resource representation', rep, at);
  if (r.u8() === 1) r.u32();
  if (async && r.u8() === 1) r.u32();
  return { kind: 'resource' };
}

/** Reads one `deftype`. */
export function parseDef(r: Reader, depth: number): Def {
  const at = r.pos;
  if (depth > DEEPEST_NESTING) throw invalid(`types nest deeper than ${DEEPEST_NESTING}`, at);
  const code = r.u8();
  const primitive = PRIMITIVES[code];
  if (primitive !== undefined) return { kind: 'alias', type: primitive };
  switch (code) {
    case 0x72:
      return { kind: 'record', fields: fields(r, 'a field', 1) };
    case 0x71:
      return { kind: 'variant', cases: cases(r) };
    case 0x70:
      return { kind: 'list', type: parseValType(r) };
    case 0x6f:
      return tuple(r, at);
    case 0x6e:
      return { kind: 'flags', labels: labels(r, 'a flag') };
    case 0x6d:
      return { kind: 'enum', labels: labels(r, 'an enum case') };
    case 0x6b:
      return { kind: 'option', type: parseValType(r) };
    case 0x6a:
      return { kind: 'result', ok: optional(r), err: optional(r) };
    case 0x69:
      return { kind: 'own', resource: r.u32() };
    case 0x68:
      return { kind: 'borrow', resource: r.u32() };
    case 0x67:
      parseValType(r);
      r.u32();
      return { kind: 'unsupported', what: 'a fixed-size list' };
    case 0x66:
      return { kind: 'stream', type: optional(r) };
    case 0x65:
      return { kind: 'future', type: optional(r) };
    case 0x63:
      parseValType(r);
      parseValType(r);
      return { kind: 'unsupported', what: 'map' };
    case 0x40:
    case 0x43:
      return func(r, code === 0x43);
    case 0x41:
      return { kind: 'component', decls: r.list(() => parseDecl(r, depth + 1, true), 2) };
    case 0x42:
      return { kind: 'instance', decls: r.list(() => parseDecl(r, depth + 1, false), 2) };
    case 0x3f:
    case 0x3e:
      return resource(r, code === 0x3e);
    default:
      throw unknown('type', code, at);
  }
}

function tuple(r: Reader, at: number): Def {
  const types = r.list(() => parseValType(r));
  if (types.length === 0) throw invalid('a tuple is empty', at);
  return { kind: 'tuple', types };
}

function parseDecl(r: Reader, depth: number, component: boolean): Decl {
  const at = r.pos;
  const code = r.u8();
  if (code === 0x00) {
    skipCoreType(r, 0);
    return { kind: 'alias', at, sort: 'core', target: 'core-export' };
  }
  if (code === 0x01) return { kind: 'type', at, def: parseDef(r, depth) };
  if (code === 0x02) return parseAlias(r);
  if (code === 0x03 && component)
    return { kind: 'import', at, name: parseExternName(r, 'an import'), desc: parseDesc(r) };
  if (code === 0x04) return { kind: 'declare', at, name: parseExternName(r, 'an export'), desc: parseDesc(r) };
  throw unknown('declaration', code, at);
}

/** Reads an import or export name with its prefix byte and checks it. */
export function parseExternName(r: Reader, what: string): string {
  const at = r.pos;
  const form = r.u8();
  if (form === 0x02) {
    const name = r.name();
    throw new SwitchboardError(
      'unsupported-component',
      `the component has ${what} "${checkCoreName(what, name)}" with name options, which are not supported`,
    );
  }
  if (form > 0x02) throw unknown('name form', form, at);
  return checkExtern(what, r.name());
}

/** Reads an `externdesc`. */
export function parseDesc(r: Reader): Desc {
  const at = r.pos;
  const code = r.u8();
  switch (code) {
    case 0x00:
      if (r.u8() !== 0x11) throw unknown('core sort', code, at);
      r.u32();
      return { sort: 'module' };
    case 0x01:
      return { sort: 'func', type: r.u32() };
    case 0x02:
      if (r.u8() === 0) r.u32();
      else parseValType(r);
      return { sort: 'value' };
    case 0x03: {
      const bound = r.u8();
      if (bound > 1) throw unknown('type bound', bound, at);
      return { sort: 'type', eq: bound === 0 ? r.u32() : undefined };
    }
    case 0x04:
      return { sort: 'component', type: r.u32() };
    case 0x05:
      return { sort: 'instance', type: r.u32() };
    default:
      throw unknown('import or export kind', code, at);
  }
}

const SORTS: readonly Sort[] = ['core', 'func', 'value', 'type', 'component', 'instance'];

/** Reads a `sort`. */
export function parseSort(r: Reader): Sort {
  const at = r.pos;
  const code = r.u8();
  const sort = SORTS[code];
  if (sort === undefined) throw unknown('sort', code, at);
  if (sort !== 'core') return sort;
  return r.u8() === 0x11 ? 'module' : 'core';
}

/** Reads an `alias`. */
export function parseAlias(r: Reader): Alias {
  const at = r.pos;
  const sort = parseSort(r);
  const target = r.u8();
  if (target === 0x00) {
    return { kind: 'alias', at, sort, target: 'export', instance: r.u32(), name: checkExtern('an alias', r.name()) };
  }
  if (target === 0x01) {
    r.u32();
    checkCoreName('a core alias', r.name());
    return { kind: 'alias', at, sort: 'core', target: 'core-export' };
  }
  if (target === 0x02) return { kind: 'alias', at, sort, target: 'outer', count: r.u32(), index: r.u32() };
  throw unknown('alias target', target, at);
}
