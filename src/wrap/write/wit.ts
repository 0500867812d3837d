/** The WIT of a wrapped library, with the library's own documentation. */
import type { NamedType, Param, ResourceType, Shape } from '../model.ts';
import { written } from '../names.ts';
import type { Plan, PlannedFunction, PlannedType } from '../plan.ts';

export interface WitOptions {
  /** `ns:name@1.2.3`. */
  readonly package: string;
  readonly docs: string;
  /** An example of a call in the library's own words, by the title of the function. */
  readonly exampleOf: (fn: PlannedFunction) => string | undefined;
}

export function writeWit(plan: Plan, options: WitOptions): string {
  const shared = new Set<string>();
  const types = plan.types.filter(({ wit }) => !shared.has(wit) && shared.add(wit));
  const parts = [
    ...types.map((one) => typeText(plan, one)),
    ...plan.resources.map(({ wit, type, members }) => {
      const inner = members.map((one) => functionText(plan, one, options));
      return `${docs(type.docs)}resource ${written(wit)} {\n${indent(inner.join('\n'))}\n}`;
    }),
    ...plan.functions.map((one) => functionText(plan, one, options)),
  ];
  return [
    `package ${options.package.replace(/^([^:]*):([^@]*)/, (_, space: string, name: string) => `${written(space)}:${written(name)}`)};`,
    '',
    `${docs(options.docs)}interface api {\n${indent(parts.join('\n\n'))}\n}`,
    '',
    'world tool {\n    export api;\n}',
    '',
  ].join('\n');
}

function typeText(plan: Plan, { wit, type, labels }: PlannedType): string {
  const name = written(wit);
  const head = docs(type.docs);
  if (type.kind === 'enum') {
    const values = type.values.map((value, i) => {
      const label = labels[i] ?? '';
      return `${label === value ? '' : docs(`As the library says: ${JSON.stringify(value)}`)}${written(label)},`;
    });
    return `${head}enum ${name} {\n${indent(values.join('\n'))}\n}`;
  }
  const direction = type.direction;
  if (type.kind === 'record') {
    const fields = type.fields.map(
      (one, i) =>
        `${docs(withForm(one.docs, one.shape))}${written(labels[i] ?? '')}: ${plan.witOf(one.shape, direction) ?? 'bool'},`,
    );
    return `${head}record ${name} {\n${indent(fields.join('\n'))}\n}`;
  }
  const cases = type.cases.map((one, i) => {
    const payload = one.shape === undefined ? undefined : plan.witOf(one.shape, direction);
    const said = one.shape === undefined ? `The value ${JSON.stringify(one.literal)}` : withForm(one.docs, one.shape);
    return `${docs(said)}${written(labels[i] ?? '')}${payload === undefined ? '' : `(${payload})`},`;
  });
  return `${head}variant ${name} {\n${indent(cases.join('\n'))}\n}`;
}

/** What callers depend on: each function and each type without its documentation. */
export interface Surface {
  readonly functions: { readonly [name: string]: string };
  readonly types: { readonly [name: string]: string };
}

export function surfaceOf(plan: Plan): Surface {
  const bare = (text: string): string =>
    text
      .split('\n')
      .filter((line) => !/^\s*\/\/\//.test(line))
      .join(' ')
      .replaceAll(/\s+/g, ' ');
  const options: WitOptions = { package: '', docs: '', exampleOf: () => undefined };
  const signature = (one: PlannedFunction): string =>
    bare(functionText(plan, one, options)).replace(/^[^:]*: |;$/g, '');
  const functions = [
    ...plan.functions.map((one) => [one.wit, signature(one)] as const),
    ...plan.resources.flatMap(({ wit, members }) =>
      members.map((one) => [`${wit}.${one.wit}`, signature(one)] as const),
    ),
  ];
  return {
    functions: Object.fromEntries(functions),
    types: Object.fromEntries(plan.types.map((one) => [one.wit, bare(typeText(plan, one))])),
  };
}

function functionText(plan: Plan, planned: PlannedFunction, options: WitOptions): string {
  const { fn } = planned;
  const given = fn.params.filter(({ dropped }) => dropped !== true);
  const params = given.map((one, i) => `${written(planned.params[i] ?? '')}: ${plan.witOf(one.shape, 'in') ?? 'bool'}`);
  const ok = plan.witOf(fn.result, 'out');
  const isStatic =
    fn.access !== undefined && fn.call !== 'method' && plan.resources.some(({ type }) => type.members.includes(fn));
  const text = docs(functionDocs(planned, given, options));
  return `${text}${written(planned.wit)}: ${isStatic ? 'static ' : ''}func(${params.join(', ')}) -> result<${ok ?? '_'}, string>;`;
}

function functionDocs(planned: PlannedFunction, given: readonly Param[], options: WitOptions): string {
  const { fn } = planned;
  const about = given.flatMap((one, i) => {
    const said = withForm(one.docs, one.shape);
    return said === '' ? [] : [`- ${planned.params[i] ?? ''}: ${said.replaceAll('\n', ' ')}`];
  });
  const example = options.exampleOf(planned);
  const returned = formOf(fn.result);
  return [
    fn.docs === '' ? defaultDocs(fn.title, fn.call) : fn.docs,
    ...about,
    ...(returned === '' ? [] : [`The answer is ${returned}.`]),
    ...(example === undefined ? [] : [`Example: ${example.replaceAll('\n', ' ')}`]),
  ].join('\n');
}

function defaultDocs(title: string, call: string): string {
  if (call === 'construct') return `Makes one, as ${title}(…) does.`;
  return call === 'property' ? `The property ${title}.` : `Calls ${title}.`;
}

/** What WIT does not say of a string. */
function formOf(shape: Shape): string {
  switch (shape.kind) {
    case 'json':
      return 'JSON text';
    case 'date':
      return 'a time in ISO 8601';
    case 'bigint':
      return 'a whole number in decimal digits';
    case 'regexp':
      return 'a regular expression as /source/flags';
    case 'url':
      return 'a URL';
    case 'mapper':
      return `JavaScript source of a function ${shape.text}, which runs in the same sandbox`;
    case 'literal':
      return `always ${JSON.stringify(shape.value)}`;
    case 'option':
    case 'promise':
      return formOf(shape.of);
    case 'list': {
      const inner = formOf(shape.of);
      return inner === '' ? '' : `a list, each ${inner}`;
    }
    default:
      return '';
  }
}

function withForm(text: string, shape: Shape): string {
  const form = formOf(shape);
  if (form === '') return text;
  return text === '' ? `${form.replace(/^./, (c) => c.toUpperCase())}.` : `${text.replace(/[.\s]+$/, '')} (${form}).`;
}

/** Comments of WIT hold no control characters and none that turn the direction of text. */
function docs(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ').trimEnd())
    .filter((line, i, all) => line !== '' || (i > 0 && i < all.length - 1));
  return lines.every((line) => line === '')
    ? ''
    : lines
        .map((line) => `/// ${line}`.trimEnd())
        .join('\n')
        .concat('\n');
}

const indent = (text: string): string => text.replaceAll(/^(?=.)/gm, '    ');
export type { NamedType, ResourceType };
