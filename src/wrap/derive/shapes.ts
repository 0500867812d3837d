/** How a type of TypeScript crosses the boundary, in one direction. */
import type * as TS from 'typescript-6';
import { type Direction, type Field, isNamed, type NamedType, never, type Scalar, type Shape } from '../model.ts';
import { kebab } from '../names.ts';
import { builtinShape } from './builtins.ts';
import { type Deriver, isPublic, lose } from './deriver.ts';
import { docsOf } from './docs.ts';
import { callableResource, resourceOf, typeName } from './resources.ts';
import { unionShape } from './unions.ts';

export interface ShapeOptions {
  readonly direction: Direction;
  /** A name for a type that has none of its own. */
  readonly hint: string;
  readonly depth: number;
  /** Data only: neither resources nor callbacks. */
  readonly dataOnly: boolean;
  /** Types whose members are being read, to see recursion; true once a type was met inside itself. */
  readonly open: Map<TS.Type, boolean>;
}

const DEEPEST = 7;
const MOST_FIELDS = 120;
export const scalar = (kind: Scalar): Shape => ({ kind });

export function shapeOf(d: Deriver, type: TS.Type, o: ShapeOptions): Shape {
  const { TypeFlags } = d.ts;
  const { flags } = type;
  if (flags & (TypeFlags.Any | TypeFlags.Unknown)) return scalar('json');
  if (flags & TypeFlags.Never) return never('a value that cannot exist');
  if (flags & (TypeFlags.Void | TypeFlags.Undefined | TypeFlags.Null)) return scalar('void');
  if (flags & TypeFlags.Boolean) return scalar('bool');
  if (type.isStringLiteral() || type.isNumberLiteral()) return enumLiteral(d, type, type.value);
  if (flags & TypeFlags.BooleanLiteral) return { kind: 'literal', value: d.checker.typeToString(type) === 'true' };
  if (flags & TypeFlags.StringLike) return scalar('string');
  if (flags & TypeFlags.NumberLike && !type.isUnion()) return scalar('number');
  if (flags & TypeFlags.BigIntLike) return scalar('bigint');
  if (flags & TypeFlags.ESSymbolLike) return never('a symbol');
  if (flags & TypeFlags.NonPrimitive) return scalar('json');
  // What is endless is made of objects; a number stays one wherever it is met.
  const isPlain = type.isUnion() && type.types.every((one) => !(one.flags & structured(d)));
  if (!isPlain && d.budget <= 0) return scalar('json');
  if (!isPlain) d.budget -= 1;
  if (type.isUnion()) return unionShape(d, type, o);
  if (flags & TypeFlags.Instantiable) return boundShape(d, type, o);
  if (type.isIntersection()) {
    const primitive = type.types.find(
      (one) => one.flags & (TypeFlags.StringLike | TypeFlags.NumberLike | TypeFlags.BooleanLike),
    );
    if (primitive !== undefined) return shapeOf(d, primitive, o);
  }
  return o.depth > DEEPEST ? scalar('json') : objectShape(d, type, { ...o, depth: o.depth + 1 });
}

const structured = ({ ts: { TypeFlags } }: Deriver): number =>
  TypeFlags.Object | TypeFlags.Intersection | TypeFlags.Instantiable;

function enumLiteral(d: Deriver, type: TS.Type, value: string | number): Shape {
  const isMember = (type.flags & d.ts.TypeFlags.EnumLiteral) !== 0 && type.symbol !== undefined;
  return isMember ? { kind: 'literal', value, label: type.symbol.name } : { kind: 'literal', value };
}

/** A parameter of a type: its default, else its bound, else any value. */
function boundShape(d: Deriver, type: TS.Type, o: ShapeOptions): Shape {
  const bound = d.checker.getBaseConstraintOfType(type);
  const byDefault = type.isTypeParameter() ? type.getDefault() : undefined;
  const taken = byDefault !== undefined && !(byDefault.flags & d.ts.TypeFlags.Instantiable) ? byDefault : bound;
  if (taken === undefined || taken === type || o.depth > DEEPEST) return scalar('json');
  // `{}` and `unknown` say nothing of a value.
  if (taken.flags & d.ts.TypeFlags.Object && d.checker.getPropertiesOfType(taken).length === 0 && isEmpty(d, taken)) {
    return scalar('json');
  }
  return shapeOf(d, taken, { ...o, depth: o.depth + 1 });
}

const isEmpty = (d: Deriver, type: TS.Type): boolean =>
  d.checker.getIndexInfosOfType(type).length === 0 &&
  type.getCallSignatures().length === 0 &&
  type.getConstructSignatures().length === 0;

function objectShape(d: Deriver, type: TS.Type, o: ShapeOptions): Shape {
  if (d.checker.isTupleType(type)) return tupleShape(d, type as TS.TupleTypeReference, o);
  const builtin = builtinShape(d, type, o);
  if (builtin !== undefined) return builtin;
  const calls = type.getCallSignatures();
  if (calls.length > 0) return o.direction === 'in' ? mapperShape(d, type, calls, o) : returnedFunction(d, type, o);
  if (type.getConstructSignatures().length > 0) return never('a class, not a value');
  if (o.open.has(type)) {
    o.open.set(type, true);
    return scalar('json');
  }
  o.open.set(type, false);
  const shape = membersShape(d, type, o);
  const recursive = o.open.get(type) === true;
  o.open.delete(type);
  // A type that holds itself has no finite WIT: the whole value is JSON text.
  return recursive && shape.kind !== 'resource' ? scalar('json') : shape;
}

function returnedFunction(d: Deriver, type: TS.Type, o: ShapeOptions): Shape {
  // Inside other values a function is a hook of the library's own.
  if (o.dataOnly || o.depth > 2) return never('a function');
  const known = type.symbol === undefined ? undefined : d.resources.get(type.symbol);
  if (known !== undefined) return { kind: 'resource', type: known };
  // One that returns functions again is a way of writing programs, not a tool.
  return d.current.title.endsWith('()') ? never('a function') : callableResource(d, type);
}

function tupleShape(d: Deriver, type: TS.TupleTypeReference, o: ShapeOptions): Shape {
  const args = d.checker.getTypeArguments(type);
  const flags = type.target.elementFlags;
  const items = args.map((one, i) => shapeOf(d, one, { ...o, hint: `${o.hint}${i + 1}` }));
  const bad = items.find(({ kind }) => kind === 'never');
  if (bad !== undefined) return bad;
  if (flags.some((flag) => flag !== d.ts.ElementFlags.Required)) {
    return items.length === 1 ? listOf(items[0] ?? scalar('json')) : scalar('json');
  }
  if (items.length === 0 || items.length > 12 || items.some(isLoose)) return scalar('json');
  return { kind: 'tuple', items };
}

export const isLoose = (shape: Shape): boolean =>
  shape.kind === 'json' || shape.kind === 'void' || (shape.kind === 'option' && isLoose(shape.of));

export function listOf(of: Shape, as: 'array' | 'set' | 'iterable' = 'array'): Shape {
  if (of.kind === 'never') return of;
  return isLoose(of) && as === 'array'
    ? scalar('json')
    : { kind: 'list', of: of.kind === 'void' ? scalar('json') : of, as };
}

/** A callback crosses as source where it maps data to data; nothing else of it could. */
function mapperShape(d: Deriver, type: TS.Type, calls: readonly TS.Signature[], o: ShapeOptions): Shape {
  const [signature] = calls;
  if (o.dataOnly || signature === undefined) return never('a function');
  const inner = { ...o, depth: o.depth + 2, dataOnly: true };
  const result = shapeOf(d, d.checker.getReturnTypeOfSignature(signature), { ...inner, direction: 'in' });
  if (result.kind === 'void') return never('a callback that is called for its effects');
  if (result.kind === 'never') return never(`a callback that returns ${result.reason}`);
  for (const parameter of signature.parameters) {
    const given = shapeOf(d, d.checker.getTypeOfSymbolAtLocation(parameter, d.entry), { ...inner, direction: 'out' });
    if (given.kind === 'never') return never(`a callback that is given ${given.reason}`);
  }
  return { kind: 'mapper', text: d.checker.typeToString(type, undefined, d.ts.TypeFormatFlags.None).slice(0, 200) };
}

function membersShape(d: Deriver, type: TS.Type, o: ShapeOptions): Shape {
  const all = d.checker.getPropertiesOfType(type);
  // Plain data of the platform is data all the same.
  const isForeign = d.isForeign(type.symbol?.declarations?.[0]);
  const properties = all.filter((one) => isForeign || isPublic(d, one));
  const methods = properties.filter((one) => isRequiredMethod(d, one));
  if (methods.length > 0 && type.symbol !== undefined) {
    const known = d.resources.get(type.symbol);
    if (o.dataOnly) return never(`${typeName(type, d)}, which has methods`);
    if (known !== undefined) return { kind: 'resource', type: known };
    if (o.direction === 'out') {
      const made = resourceOf(d, type);
      return typeof made === 'string' ? never(made) : { kind: 'resource', type: made };
    }
  }
  const indexes = d.checker.getIndexInfosOfType(type);
  const [index] = indexes;
  if (index !== undefined && properties.length === 0) return mapShape(d, index, o);
  // More keys than are known: what comes out would be lost, what goes in has at least those that are known.
  if (index !== undefined && o.direction === 'out') return scalar('json');
  if (properties.length === 0) return scalar('json');
  if (properties.length > MOST_FIELDS) return scalar('json');
  return recordShape(d, type, properties, o);
}

function isRequiredMethod(d: Deriver, property: TS.Symbol): boolean {
  if (property.flags & d.ts.SymbolFlags.Optional) return false;
  return d.checker.getTypeOfSymbolAtLocation(property, d.entry).getCallSignatures().length > 0;
}

function mapShape(d: Deriver, index: TS.IndexInfo, o: ShapeOptions): Shape {
  const value = shapeOf(d, index.type, { ...o, hint: `${o.hint}Value` });
  if (value.kind === 'never') return value;
  return isLoose(value) ? scalar('json') : { kind: 'map', key: scalar('string'), value, as: 'object' };
}

function recordShape(d: Deriver, type: TS.Type, properties: readonly TS.Symbol[], o: ShapeOptions): Shape {
  const name = typeName(type, d, o.hint);
  const fields: Field[] = [];
  for (const property of properties) {
    const optional = (property.flags & d.ts.SymbolFlags.Optional) !== 0;
    const declared = d.checker.getTypeOfSymbolAtLocation(property, d.entry);
    const place = d.placeOf(property.declarations?.[0]);
    const bare = optional ? withoutUndefined(d, declared) : declared;
    const shape = shapeOf(d, bare, { ...o, hint: `${name}${property.name.replace(/^./, (c) => c.toUpperCase())}` });
    const docs = docsOf(property, d).text;
    if (shape.kind === 'never' || shape.kind === 'void') {
      const reason = shape.kind === 'never' ? shape.reason : 'it has no value';
      if (shape.kind === 'never' && o.direction === 'in' && !optional)
        return never(`${name}.${property.name}: ${reason}`);
      if (!o.dataOnly) lose(d, `${name}.${property.name}`, reason, place);
      continue;
    }
    fields.push({ name: property.name, shape: optional ? optionOf(shape, 'undefined') : shape, docs, place });
  }
  if (fields.length === 0) return o.direction === 'in' ? never(`${name} has nothing that can cross`) : scalar('json');
  if (fields.every(({ shape }) => isLoose(shape)) && fields.length > 12) return scalar('json');
  const named: NamedType = {
    kind: 'record',
    name: kebab(name, 'options'),
    fields,
    docs: docsOf(type.aliasSymbol ?? type.symbol, d).text,
    direction: o.direction,
  };
  return { kind: 'record', type: named };
}

function withoutUndefined(d: Deriver, type: TS.Type): TS.Type {
  if (!type.isUnion() || !type.types.some((one) => one.flags & d.ts.TypeFlags.Undefined)) return type;
  const nullable = type.types.some((one) => one.flags & d.ts.TypeFlags.Null);
  return nullable ? type : d.checker.getNonNullableType(type);
}

export function optionOf(of: Shape, none: 'undefined' | 'null'): Shape {
  if (of.kind === 'never' || of.kind === 'void') return of;
  return of.kind === 'option' ? { ...of, none } : { kind: 'option', of, none };
}

/** Two shapes of one form have the same text. */
export function formOf(shape: Shape, seen: readonly NamedType[] = []): string {
  if (isNamed(shape)) {
    const { type } = shape;
    if (type.kind === 'resource') return `resource ${type.name}`;
    if (type.kind === 'enum') return `enum ${type.values.join('|')}`;
    if (seen.includes(type)) return type.name;
    const within = [...seen, type];
    return type.kind === 'record'
      ? `{${type.fields.map((one) => `${one.name}:${formOf(one.shape, within)}`).join()}}`
      : `<${type.cases.map((one) => `${one.name}:${one.shape ? formOf(one.shape, within) : String(one.literal)}`).join()}>`;
  }
  return JSON.stringify(shape, (key, value: unknown) =>
    key !== '' && typeof value === 'object' && value !== null && 'kind' in value ? formOf(value as Shape, seen) : value,
  );
}
