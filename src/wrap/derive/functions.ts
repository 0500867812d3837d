/** From the signatures of one function of a library to the functions that are offered for it. */
import type * as TS from 'typescript-6';
import { never, type Param, type Shape, type WrappedFunction } from '../model.ts';
import { kebab } from '../names.ts';
import { BUDGET, type Deriver, lose, type Pending } from './deriver.ts';
import { docsOf } from './docs.ts';
import { formOf, optionOf, scalar, type ShapeOptions, shapeOf } from './shapes.ts';
import { joinShapes } from './unions.ts';

/** Functions that overloads are split into; further ones are listed as left out. */
const MOST_SPLIT = 4;
const MOST_SIGNATURES = 40;

interface Variation {
  readonly signature: TS.Signature | undefined;
  result: Shape;
  params: Param[];
  completion: boolean;
}

export interface Reading {
  readonly pending: Pending;
  readonly variations: readonly Variation[];
}

/** First what is returned: only then is it known which values with methods a caller can have. */
export function readResults(d: Deriver, pending: Pending): Reading {
  d.current = pending;
  if (pending.call === 'property') {
    const type = pending.type ?? d.checker.getAnyType();
    const result = out(d, type, pending.name);
    return { pending, variations: [{ signature: undefined, result, params: [], completion: false }] };
  }
  const usable = pending.signatures
    .filter((one) => !docsOf(one, d).text.includes('@internal'))
    .slice(0, MOST_SIGNATURES);
  const variations = usable.map((signature): Variation => {
    if (pending.call === 'construct' && pending.resource !== undefined) {
      return { signature, result: { kind: 'resource', type: pending.resource }, params: [], completion: false };
    }
    const returned = out(d, d.checker.getReturnTypeOfSignature(signature), `${pending.name}Result`);
    const given = returned.kind === 'void' || returned.kind === 'json' ? completionOf(d, signature) : undefined;
    return given === undefined
      ? { signature, result: returned, params: [], completion: false }
      : { signature, result: given, params: [], completion: true };
  });
  return { pending, variations };
}

/** Then what is given. The overloads that cross become one function where one result type holds for all, else several. */
export function readFunction(d: Deriver, { pending, variations }: Reading): WrappedFunction[] | string {
  d.current = pending;
  const crossing: Variation[] = [];
  let reason = 'it has no signature';
  for (const one of variations) {
    if (one.result.kind === 'never') {
      reason = `it returns ${one.result.reason}`;
      continue;
    }
    const ways = one.signature === undefined ? [[]] : paramsOf(d, one.signature, pending, one.completion);
    for (const params of ways) {
      const bad = params.find(({ shape }) => shape.kind === 'never');
      if (bad?.shape.kind === 'never') reason = `its parameter ${bad.name} is ${bad.shape.reason}`;
      else crossing.push({ ...one, params });
    }
  }
  if (crossing.length === 0) return reason;
  // A callback for the end is a second way to what is also returned.
  const plain = crossing.filter(({ completion }) => !completion);
  const taken = plain.some(({ result }) => result.kind !== 'void') ? plain : crossing;
  return grouped(d, taken, pending).map((group, i) => functionOf(d, group, pending, i));
}

function grouped(d: Deriver, variations: readonly Variation[], pending: Pending): Variation[][] {
  const joined = joinShapes(
    d,
    variations.map(({ result }) => result),
    {
      direction: 'out',
      dataOnly: true,
      name: `${pending.name}Result`,
      docs: '',
    },
  );
  // As JSON text a value with methods is worth nothing.
  const hides = joined.kind === 'json' && variations.some(({ result }) => result.kind === 'resource');
  if (joined.kind !== 'variant' && !hides && variations.every(({ completion }) => !completion)) {
    for (const one of variations) one.result = joined;
    return [[...variations]];
  }
  const groups = new Map<string, Variation[]>();
  for (const one of variations) {
    const form = formOf(one.result);
    const group = groups.get(form);
    if (group === undefined) groups.set(form, [one]);
    else group.push(one);
  }
  const all = [...groups.values()];
  for (const group of all.slice(MOST_SPLIT)) {
    lose(
      d,
      `an overload that returns ${group[0]?.result.kind ?? ''}`,
      `more than ${MOST_SPLIT} overloads differ in what they return`,
    );
  }
  return all.slice(0, MOST_SPLIT);
}

function functionOf(d: Deriver, group: readonly Variation[], pending: Pending, index: number): WrappedFunction {
  const [first] = group;
  const result = first?.result ?? scalar('void');
  const documented = group.find(({ signature }) => docsOf(signature, d).text !== '') ?? first;
  const docs = docsOf(documented?.signature ?? pending.symbol, d);
  const own = docs.text === '' ? docsOf(pending.symbol, d).text : docs.text;
  const suffix = index === 0 ? '' : `-as-${kebab(nameOfShape(result))}`;
  return {
    title: pending.title,
    name: `${kebab(pending.name, 'call')}${suffix}`,
    call: pending.call,
    ...(pending.access === undefined ? {} : { access: pending.access }),
    ...(pending.member === undefined ? {} : { member: pending.member }),
    params: merged(
      d,
      group.map(({ params }) => params),
    ),
    result,
    completion: group.every(({ completion }) => completion),
    docs: own,
    examples: group.flatMap(({ signature }) => docsOf(signature, d).examples),
    place: pending.place,
    counted: pending.counted,
  };
}

const nameOfShape = (shape: Shape): string => ('type' in shape ? shape.type.name : shape.kind);

/** One list of parameters for several: what some do not have is optional, what differs in type may be any of the types. */
function merged(d: Deriver, lists: readonly (readonly Param[])[]): Param[] {
  const [only] = lists;
  if (lists.length === 1 && only !== undefined) return [...only];
  const longest = Math.max(...lists.map((list) => list.length));
  const restAt = Math.min(...lists.map((list) => list.findIndex(({ rest }) => rest)).filter((at) => at >= 0), longest);
  const params: Param[] = [];
  for (let i = 0; i < longest && i <= restAt; i += 1) {
    const here = lists.flatMap((list) => (i < restAt ? list.slice(i, i + 1) : list.slice(i)));
    const named = here[0];
    if (named === undefined) continue;
    const rest = i === restAt;
    const shapes = here.map(({ shape }) => (rest && shape.kind === 'list' ? shape.of : shape));
    const shape = joinShapes(d, shapes, { direction: 'in', dataOnly: true, name: named.name, docs: '' });
    const optional = !rest && (here.length < lists.length || here.some((one) => one.optional));
    params.push({
      name: named.name,
      shape: rest ? { kind: 'list', of: bare(shape), as: 'array' } : optional ? optionOf(shape, 'undefined') : shape,
      optional,
      rest,
      docs: here.find(({ docs }) => docs !== '')?.docs ?? '',
      ...(here.every(({ dropped }) => dropped === true) ? { dropped: true } : {}),
    });
  }
  return params;
}

const bare = (shape: Shape): Shape =>
  shape.kind === 'option' ? shape.of : shape.kind === 'void' ? scalar('json') : shape;

/** One list for each way to call it: a rest parameter of tuples is several. */
function paramsOf(d: Deriver, signature: TS.Signature, pending: Pending, completion: boolean): Param[][] {
  const docs = docsOf(signature, d);
  const given = completion ? signature.parameters.slice(0, -1) : signature.parameters;
  const base: Param[] = [];
  for (const [i, symbol] of given.entries()) {
    const declaration = symbol.valueDeclaration;
    const parameter = declaration !== undefined && d.ts.isParameter(declaration) ? declaration : undefined;
    const name = parameterName(symbol.name, i, given.length);
    const type = d.checker.getTypeOfSymbolAtLocation(symbol, d.entry);
    const said = docs.params.get(symbol.name) ?? '';
    if (parameter?.dotDotDotToken !== undefined) {
      const tuples = tuplesOf(d, type);
      if (tuples !== undefined) return tuples.map((one) => [...base, ...tupleParams(d, one, pending, name)]);
      base.push(paramOf(d, type, pending, { name, optional: false, rest: true, docs: said }, declaration));
    } else {
      const optional = parameter !== undefined && d.checker.isOptionalParameter(parameter);
      base.push(paramOf(d, type, pending, { name, optional, rest: false, docs: said }, declaration));
    }
  }
  return [base];
}

function parameterName(name: string, index: number, count: number): string {
  if (/^[A-Za-z$_][\w$]*$/.test(name) && !name.startsWith('__')) return name;
  return index === count - 1 ? 'options' : `value${index + 1}`;
}

function paramOf(
  d: Deriver,
  type: TS.Type,
  pending: Pending,
  base: Pick<Param, 'name' | 'optional' | 'rest' | 'docs'>,
  declaration: TS.Node | undefined,
): Param {
  const { name, optional, rest } = base;
  d.budget = BUDGET;
  const shape = shapeOf(d, type, into(`${pending.name}${name.replace(/^./, (c) => c.toUpperCase())}`));
  if (shape.kind === 'never' && (optional || rest)) {
    lose(d, `parameter ${name}`, shape.reason, d.placeOf(declaration));
    return { ...base, shape: scalar('void'), optional: true, rest: false, dropped: true };
  }
  if (shape.kind === 'void') return { ...base, shape, optional: true, rest: false, dropped: true };
  // What is taken one by one is a list, whatever its type says besides.
  if (rest && shape.kind !== 'list' && shape.kind !== 'never') {
    return { ...base, shape: { kind: 'list', of: scalar('json'), as: 'array' } };
  }
  return { ...base, shape: optional ? optionOf(shape, 'undefined') : shape };
}

/** The tuples that a rest parameter may be; undefined where it is a list. */
function tuplesOf(d: Deriver, type: TS.Type): TS.TupleTypeReference[] | undefined {
  const all = type.isUnion() ? type.types : [type];
  const isFixed = (one: TS.Type): one is TS.TupleTypeReference =>
    d.checker.isTupleType(one) &&
    (one as TS.TupleTypeReference).target.elementFlags.every(
      (flag) => flag & (d.ts.ElementFlags.Required | d.ts.ElementFlags.Optional),
    );
  return all.every(isFixed) && all.length <= 8 ? all : undefined;
}

function tupleParams(d: Deriver, tuple: TS.TupleTypeReference, pending: Pending, rest: string): Param[] {
  const { elementFlags, labeledElementDeclarations: labels = [] } = tuple.target;
  return d.checker.getTypeArguments(tuple).map((type, i) => {
    const label = labels[i];
    const name = label !== undefined && d.ts.isIdentifier(label.name) ? label.name.text : `${rest}${i + 1}`;
    const optional = elementFlags[i] === d.ts.ElementFlags.Optional;
    return paramOf(
      d,
      optional ? d.checker.getNonNullableType(type) : type,
      pending,
      { name, optional, rest: false, docs: '' },
      label,
    );
  });
}

/** `(error, value) => void` as the last parameter: what a call answers with. */
function completionOf(d: Deriver, signature: TS.Signature): Shape | undefined {
  const last = signature.parameters.at(-1);
  if (last === undefined) return undefined;
  const type = d.checker.getNonNullableType(d.checker.getTypeOfSymbolAtLocation(last, d.entry));
  const [call] = type.getCallSignatures();
  const [error, value] = call?.parameters ?? [];
  if (call === undefined || error === undefined || !/^(?:e|err|error|exception)$/i.test(error.name)) return undefined;
  if (value === undefined) return scalar('void');
  const shape = out(d, d.checker.getNonNullableType(d.checker.getTypeOfSymbolAtLocation(value, d.entry)), value.name);
  return shape.kind === 'never' ? never(`what its callback is given: ${shape.reason}`) : { kind: 'promise', of: shape };
}

const into = (hint: string): ShapeOptions => ({ direction: 'in', hint, depth: 0, dataOnly: false, open: new Map() });
const out = (d: Deriver, type: TS.Type, hint: string): Shape => {
  d.budget = BUDGET;
  return shapeOf(d, type, { direction: 'out', hint, depth: 0, dataOnly: false, open: new Map() });
};
