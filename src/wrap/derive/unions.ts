/** Unions of TypeScript: enums, options, variants. */
import type * as TS from 'typescript-6';
import { type Case, type NamedType, never, type Shape } from '../model.ts';
import { kebab } from '../names.ts';
import { type Deriver, lose } from './deriver.ts';
import { docsOf } from './docs.ts';
import { typeName } from './resources.ts';
import { formOf, listOf, optionOf, scalar, type ShapeOptions, shapeOf } from './shapes.ts';

const MOST_CASES = 12;
const MOST_VALUES = 400;

export function unionShape(d: Deriver, type: TS.UnionType, o: ShapeOptions): Shape {
  const { TypeFlags } = d.ts;
  const none = type.types.some((one) => one.flags & TypeFlags.Undefined)
    ? 'undefined'
    : type.types.some((one) => one.flags & TypeFlags.Null)
      ? 'null'
      : undefined;
  const present = type.types.filter((one) => !(one.flags & (TypeFlags.Undefined | TypeFlags.Null | TypeFlags.Void)));
  const voids = present.length < type.types.length;
  if (present.length === 0) return scalar('void');
  const shapes =
    present.length > MOST_VALUES
      ? [scalar('json')]
      : present.map((one) => shapeOf(d, one, { ...o, hint: hintOf(d, one, o.hint) }));
  const name = unionName(d, type, present, o);
  const joined = joinShapes(d, shapes, { ...o, name, docs: docsOf(type.aliasSymbol, d).text });
  return voids ? optionOf(joined, none ?? 'undefined') : joined;
}

function hintOf(d: Deriver, type: TS.Type, hint: string): string {
  const own = typeName(type, d, '');
  return own === '' ? hint : own;
}

function unionName(d: Deriver, type: TS.UnionType, present: readonly TS.Type[], o: ShapeOptions): string {
  if (type.aliasSymbol !== undefined) return type.aliasSymbol.name;
  const [first] = present;
  // A TypeScript enum is the union of its members; their parent has the name.
  if (first !== undefined && first.flags & d.ts.TypeFlags.EnumLiteral && type.symbol !== undefined)
    return type.symbol.name;
  return o.hint;
}

interface JoinOptions extends Pick<ShapeOptions, 'direction' | 'dataOnly'> {
  readonly name: string;
  readonly docs: string;
}

/** One shape for what may be any of several. */
export function joinShapes(d: Deriver, given: readonly Shape[], o: JoinOptions): Shape {
  const [first] = given;
  if (given.length === 1 && first !== undefined && first.kind !== 'literal') return first;
  const optional = given.some(({ kind }) => kind === 'option' || kind === 'void');
  if (optional) {
    const bare = given.flatMap((shape) =>
      shape.kind === 'option' ? [shape.of] : shape.kind === 'void' ? [] : [shape],
    );
    return bare.length === 0 ? scalar('void') : optionOf(joinShapes(d, bare, o), 'undefined');
  }
  if (given.some(({ kind }) => kind === 'promise')) {
    const of = joinShapes(
      d,
      given.map((shape) => (shape.kind === 'promise' ? shape.of : shape)),
      o,
    );
    return of.kind === 'never' ? of : { kind: 'promise', of };
  }
  let shapes = given.flatMap((shape) =>
    shape.kind === 'variant' && shape.type.kind === 'variant' ? spread(shape.type.cases) : [shape],
  );
  shapes = shapes.flatMap((shape): Shape[] =>
    shape.kind === 'enum' && shape.type.kind === 'enum'
      ? shape.type.values.map((value, i) =>
          literalOf(value, shape.type.kind === 'enum' ? shape.type.labels[i] : undefined),
        )
      : [shape],
  );
  const refused = shapes.filter((shape) => shape.kind === 'never');
  shapes = shapes.filter((shape) => shape.kind !== 'never');
  if (shapes.length === 0) return refused[0] ?? never('nothing');
  if (refused.length > 0 && !o.dataOnly) for (const one of refused) lose(d, o.name, `not as ${one.reason}`);
  shapes = simplified(shapes, o);
  const [only] = shapes;
  if (shapes.length === 1 && only !== undefined) return only.kind === 'literal' ? literalShape([only], o) : only;
  if (shapes.some(({ kind }) => kind === 'json') || shapes.length > MOST_CASES * 3) {
    const literals = shapes.filter((shape) => shape.kind === 'literal');
    return literals.length === shapes.length ? literalShape(literals, o) : scalar('json');
  }
  const values = shapes.filter((shape) => shape.kind === 'literal');
  if (values.length === shapes.length) return literalShape(values, o);
  if (shapes.length > MOST_CASES) return scalar('json');
  return variantShape(shapes, o);
}

const spread = (cases: readonly Case[]): Shape[] =>
  cases.map((one): Shape => one.shape ?? { kind: 'literal', value: one.literal ?? '' });

/** Without what another of them says as well. */
function simplified(shapes: readonly Shape[], o: JoinOptions): Shape[] {
  const has = (kind: Shape['kind']): boolean => shapes.some((shape) => shape.kind === kind);
  const values = new Set(shapes.flatMap((shape) => (shape.kind === 'literal' ? [shape.value] : [])));
  const isWhole = has('bool') || (values.has(true) && values.has(false));
  const kept = new Map<string, Shape>();
  const lists = shapes.filter((shape) => shape.kind === 'list');
  for (const shape of shapes) {
    const { kind } = shape;
    if (kind === 'literal') {
      if (typeof shape.value === 'string' && has('string')) continue;
      if (typeof shape.value === 'number' && has('number')) continue;
      if (typeof shape.value === 'boolean' && isWhole) {
        kept.set('bool', scalar('bool'));
        continue;
      }
    }
    // Text says a time and an address as well as the object does.
    if (o.direction === 'in' && (kind === 'date' || kind === 'url') && has('string')) continue;
    if ((kind === 'buffer' || kind === 'array-buffer') && (has('bytes') || (kind === 'array-buffer' && has('buffer'))))
      continue;
    if (kind === 'numbers' && shapes.some((one) => one.kind === 'list' && one.of.kind === 'number')) continue;
    if (kind === 'bool') kept.set('bool', shape);
    else if (kind === 'list' && lists.length > 1) continue;
    else kept.set(kind === 'literal' ? `${typeof shape.value} ${String(shape.value)}` : formOf(shape), shape);
  }
  const all = [...kept.values()];
  if (lists.length > 1) {
    const items = new Map(lists.map((one) => [formOf(one.of), one.of]));
    const of = items.size === 1 ? lists[0]?.of : undefined;
    if (of !== undefined) all.push(listOf(of));
    else
      all.push(
        ...(o.direction === 'in' ? new Map(lists.map((one) => [formOf(one.of), one])).values() : [scalar('json')]),
      );
  }
  const loneNumbers = all.filter(
    (shape) => shape.kind === 'literal' && typeof shape.value === 'number' && shape.label === undefined,
  );
  // Numbers among other kinds of values need no case each.
  if (loneNumbers.length > 0 && loneNumbers.length < all.length) {
    return [...all.filter((shape) => !loneNumbers.includes(shape)), scalar('number')];
  }
  return all;
}

type Literal = Extract<Shape, { kind: 'literal' }>;
const literalOf = (value: string | number, label?: string): Literal =>
  label === undefined || label === value ? { kind: 'literal', value } : { kind: 'literal', value, label };

/** Strings become an enum, and numbers that a TypeScript enum names; other numbers stay numbers. */
function literalShape(literals: readonly Literal[], o: JoinOptions): Shape {
  const values = literals.map(({ value }) => value).filter((value) => typeof value !== 'boolean');
  const labels = literals.map(({ label, value }) => label ?? String(value));
  const areNamed = literals.every(({ label, value }) => label !== undefined || typeof value === 'string');
  if (literals.every(({ value }) => typeof value === 'number') && !areNamed) return scalar('number');
  if (values.length === 0) return scalar('bool');
  if (values.length < literals.length || !areNamed) return variantShape(literals, o);
  // A value without letters or digits has no name in WIT.
  if (labels.some((text) => !/[a-z0-9]/i.test(text)) || labels.length > 200) return scalar('string');
  return { kind: 'enum', type: { kind: 'enum', name: kebab(o.name, 'choice'), values, labels, docs: o.docs } };
}

function variantShape(shapes: readonly Shape[], o: JoinOptions): Shape {
  if (o.direction === 'out' && !canTell(shapes)) return scalar('json');
  const cases = shapes.map((shape): Case => {
    const name = caseName(shape);
    return shape.kind === 'literal' ? { name, literal: shape.value, docs: '' } : { name, shape, docs: '' };
  });
  const type: NamedType = {
    kind: 'variant',
    name: kebab(o.name, 'value'),
    cases,
    docs: o.docs,
    direction: o.direction,
  };
  return { kind: 'variant', type };
}

function caseName(shape: Shape): string {
  switch (shape.kind) {
    case 'literal':
      return typeof shape.value === 'boolean'
        ? shape.value
          ? 'yes'
          : 'no'
        : kebab(shape.label ?? String(shape.value), 'empty');
    case 'string':
      return 'text';
    case 'bool':
      return 'boolean';
    case 'list':
      return shape.of.kind === 'string' ? 'texts' : shape.of.kind === 'number' ? 'numbers' : 'items';
    case 'record':
    case 'variant':
    case 'enum':
    case 'resource':
      return shape.type.name;
    case 'array-buffer':
    case 'buffer':
      return 'bytes';
    case 'map':
      return 'entries';
    case 'mapper':
      return 'callback';
    default:
      return shape.kind;
  }
}

/** Whether a value itself tells which of them it is: at most one is an array, and objects differ in what they must have. */
function canTell(shapes: readonly Shape[]): boolean {
  const arrays = shapes.filter(({ kind }) => kind === 'list' || kind === 'tuple' || kind === 'numbers');
  const maps = shapes.filter(({ kind }) => kind === 'map');
  const records = shapes.flatMap((shape) =>
    shape.kind === 'record' && shape.type.kind === 'record' ? [shape.type] : [],
  );
  if (arrays.length > 1 || maps.length > 1 || (maps.length === 1 && records.length > 0)) return false;
  const marks = records.map(({ fields }) =>
    fields
      .filter(({ shape }) => shape.kind !== 'option')
      .map(({ name, shape }) => (shape.kind === 'literal' || shape.kind === 'enum' ? `${name}=${formOf(shape)}` : name))
      .sort()
      .join(),
  );
  return new Set(marks).size === marks.length;
}
