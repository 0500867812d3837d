/** The program of a wrapped library: how each call and each value gets from WIT to the library and back. */
import { isNamed, type Shape, type WrappedFunction } from '../model.ts';
import { camel, pascal } from '../names.ts';
import type { Plan, PlannedFunction, PlannedType } from '../plan.ts';

export interface GlueOptions {
  /** Something the library does ends later: the guest then has promises that can be waited for. */
  readonly promises: boolean;
  /** `Buffer` of Node, for libraries that cannot do without. */
  readonly buffer: boolean;
}

export function writeGlue(plan: Plan, options: GlueOptions): string {
  const modules = [
    ...new Set(allFunctions(plan).flatMap(({ fn }) => (fn.access === undefined ? [] : [fn.access.from]))),
  ];
  const moduleOf = (from: string): string => `library${modules.length > 1 ? modules.indexOf(from) + 1 : ''}`;
  const codecs = new Map(plan.types.map((one, i) => [one.type, `${camel(one.wit)}${i + 1}`]));
  const codec = (shape: Shape): string =>
    codecText(shape, (type) => codecs.get(type as PlannedType['type']) ?? 'v.json', plan);
  const types = plan.types.map((one) => `const ${codecs.get(one.type) ?? ''} = ${typeText(one, codec)};`);
  const classes = plan.resources.map(({ wit, type, members }) => {
    const body = members.map((one) => {
      const isStatic = one.fn.access !== undefined;
      return `  ${isStatic ? 'static ' : ''}${memberName(one.wit)} = ${callText(one, codec, moduleOf)};`;
    });
    return `class ${className(wit)} extends Handle {\n  static marks = ${JSON.stringify(type.marks)};\n${body.join('\n')}\n}`;
  });
  const members = [
    ...plan.resources.map(({ wit }) => `  ${pascal(wit)}: ${className(wit)},`),
    ...plan.functions.map((one) => `  ${memberName(one.wit)}: ${callText(one, codec, moduleOf)},`),
  ];
  return [
    '// Made by switchboard wrap; yours to change. switchboard rewrap makes it anew.',
    "import './runtime/globals.ts';",
    ...(options.buffer ? ["import './runtime/buffer.ts';"] : []),
    ...(options.promises ? ["import './runtime/promises.ts';"] : []),
    ...modules.map((from) => `import * as ${moduleOf(from)} from ${JSON.stringify(from)};`),
    "import { call, construct, get, Handle, method, self } from './runtime/calls.ts';",
    "import * as v from './runtime/values.ts';",
    '',
    ...types,
    '',
    ...classes,
    '',
    `export const api = {\n${members.join('\n')}\n};`,
    '',
  ].join('\n');
}

/** Whether a call can end later than it returns. */
export function needsPromises(plan: Plan): boolean {
  return allFunctions(plan).some(({ fn }) => fn.completion || hasPromise(fn.result));
}

function hasPromise(shape: Shape): boolean {
  if (shape.kind === 'promise') return true;
  if (shape.kind === 'list') return shape.as === 'iterable' || hasPromise(shape.of);
  return shape.kind === 'option' && hasPromise(shape.of);
}

export const allFunctions = (plan: Plan): PlannedFunction[] => [
  ...plan.functions,
  ...plan.resources.flatMap(({ members }) => members),
];

/** The name `new` is allowed of members; the word `constructor` is not. */
const memberName = (wit: string): string => (/^[a-z]/.test(wit) ? camel(wit) : `'${camel(wit)}'`);
const className = (wit: string): string => `${pascal(wit)}Handle`;

function callText(
  { fn }: PlannedFunction,
  codec: (shape: Shape) => string,
  moduleOf: (from: string) => string,
): string {
  const params = `[${fn.params.map((one) => (one.dropped === true ? 'v.gone' : codec(one.shape))).join(', ')}]`;
  const options = [fn.params.at(-1)?.rest === true ? 'rest: true' : '', fn.completion ? 'completion: true' : ''].filter(
    Boolean,
  );
  const tail = `${params}, ${codec(fn.result)}${options.length > 0 ? `, { ${options.join(', ')} }` : ''})`;
  if (fn.access !== undefined) {
    const target = `${moduleOf(fn.access.from)}, ${JSON.stringify(fn.access.path)}`;
    return `${fn.call === 'construct' ? 'construct' : 'call'}(${target}, ${tail}`;
  }
  if (fn.call === 'property') return `get(${JSON.stringify(fn.member)}, ${codec(fn.result)})`;
  return fn.call === 'call-self' ? `self(${tail}` : `method(${JSON.stringify(fn.member)}, ${tail}`;
}

function typeText({ type, labels }: PlannedType, codec: (shape: Shape) => string): string {
  if (type.kind === 'enum') {
    return `v.choice(${JSON.stringify(Object.fromEntries(labels.map((label, i) => [label, type.values[i]])))})`;
  }
  if (type.kind === 'record') {
    const fields = type.fields.map(
      ({ name, shape }, i) => `  [${JSON.stringify(name)}, '${camel(labels[i] ?? '')}', ${codec(shape)}],`,
    );
    return `v.record([\n${fields.join('\n')}\n])`;
  }
  const cases = type.cases.map(
    (one, i) =>
      `  ['${labels[i] ?? ''}', ${one.shape === undefined ? `v.literal(${JSON.stringify(one.literal)})` : codec(one.shape)}${one.shape === undefined ? ', true' : ''}],`,
  );
  return `v.variant([\n${cases.join('\n')}\n])`;
}

function codecText(shape: Shape, nameOf: (type: unknown) => string, plan: Plan): string {
  const inner = (of: Shape): string => codecText(of, nameOf, plan);
  if (isNamed(shape)) {
    const { type } = shape;
    return type.kind === 'resource' ? `v.handle(() => ${className(plan.nameOf(type))})` : nameOf(type);
  }
  switch (shape.kind) {
    case 'array-buffer':
      return 'v.arrayBuffer';
    case 'void':
    case 'never':
      return 'v.nothing';
    case 'numbers':
      return `v.numbers(${shape.array})`;
    case 'literal':
      return `v.literal(${JSON.stringify(shape.value)})`;
    case 'list':
      return `v.list(${inner(shape.of)}, '${shape.as}')`;
    case 'tuple':
      return `v.tuple([${shape.items.map(inner).join(', ')}])`;
    case 'map':
      return `v.map(${inner(shape.key)}, ${inner(shape.value)}, '${shape.as}')`;
    case 'option':
      return `v.option(${inner(shape.of)}, ${shape.none})`;
    case 'promise':
      return `v.later(${inner(shape.of)})`;
    default:
      return `v.${shape.kind}`;
  }
}

export type { WrappedFunction };
