/** An example of each argument: from the library's documentation where it has one, else made from names and types. */
import type * as TS from 'typescript-6';
import type { Compiler } from './derive/program.ts';
import type { Param, Shape } from './model.ts';
import type { Plan, PlannedFunction, PlannedResource } from './plan.ts';

/** In place of a handle that is only known while calls are made. */
export interface HandleOf {
  readonly handleOf: string;
}

/** Arguments in order, in the JSON form of WIT values. */
export function sampleArguments(
  plan: Plan,
  { fn }: PlannedFunction,
  literals: readonly unknown[] | undefined,
  attempt = 0,
): unknown[] {
  const given = fn.params.filter(({ dropped }) => dropped !== true);
  if (literals !== undefined) {
    const fromDocs = literalArguments(plan, given, literals);
    if (fromDocs !== undefined) return fromDocs;
  }
  // What may be left out is, but for lists of what a function takes one by one.
  return given.map((one) =>
    one.optional
      ? null
      : one.rest
        ? [sample(plan, elementOf(one.shape), one.name, attempt)]
        : sample(plan, one.shape, one.name, attempt),
  );
}

const elementOf = (shape: Shape): Shape => (shape.kind === 'list' ? shape.of : shape);

function literalArguments(plan: Plan, given: readonly Param[], literals: readonly unknown[]): unknown[] | undefined {
  const made: unknown[] = [];
  for (const [i, param] of given.entries()) {
    if (param.rest) {
      const items = literals.slice(i).map((one) => toJson(plan, elementOf(param.shape), one));
      if (items.includes(NO_WAY)) return undefined;
      made.push(items);
      return made;
    }
    if (i >= literals.length) {
      if (!param.optional) return undefined;
      made.push(null);
      continue;
    }
    const one = toJson(plan, param.shape, literals[i]);
    if (one === NO_WAY) return undefined;
    made.push(one);
  }
  return made.length >= literals.length ? made : undefined;
}

const NO_WAY = Symbol('cannot be said');

function toJson(plan: Plan, shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case 'json':
      return JSON.stringify(value) ?? NO_WAY;
    case 'bool':
      return typeof value === 'boolean' ? value : NO_WAY;
    case 'number':
      return typeof value === 'number' ? value : NO_WAY;
    case 'string':
    case 'url':
    case 'regexp':
    case 'date':
      return typeof value === 'string' ? value : NO_WAY;
    case 'option':
      return value === null || value === undefined ? null : toJson(plan, shape.of, value);
    case 'list': {
      if (!Array.isArray(value)) return NO_WAY;
      const items = value.map((one: unknown) => toJson(plan, shape.of, one));
      return items.includes(NO_WAY) ? NO_WAY : items;
    }
    case 'map': {
      if (!isObject(value)) return NO_WAY;
      const entries = Object.entries(value).map(([key, one]) => [key, toJson(plan, shape.value, one)]);
      return entries.some(([, one]) => one === NO_WAY) ? NO_WAY : entries;
    }
    case 'enum':
    case 'record':
    case 'variant':
      return namedJson(plan, shape, value);
    default:
      return NO_WAY;
  }
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function namedJson(
  plan: Plan,
  shape: Extract<Shape, { kind: 'enum' | 'record' | 'variant' | 'resource' }>,
  value: unknown,
): unknown {
  const planned = plan.types.find(({ type }) => type === shape.type);
  if (planned === undefined) return NO_WAY;
  const { type, labels } = planned;
  if (type.kind === 'enum') return labels[type.values.indexOf(value as string)] ?? NO_WAY;
  if (type.kind === 'variant') {
    for (const [i, one] of type.cases.entries()) {
      if (one.shape === undefined) {
        if (one.literal === value) return { tag: labels[i] };
        continue;
      }
      const payload = toJson(plan, one.shape, value);
      if (payload !== NO_WAY) return { tag: labels[i], val: payload };
    }
    return NO_WAY;
  }
  if (!isObject(value) || Object.keys(value).some((key) => !type.fields.some(({ name }) => name === key)))
    return NO_WAY;
  const made: { [label: string]: unknown } = {};
  for (const [i, { name, shape: of }] of type.fields.entries()) {
    if (!(name in value) && of.kind !== 'option') return NO_WAY;
    const one = name in value ? toJson(plan, of, value[name]) : null;
    if (one === NO_WAY) return NO_WAY;
    if (one !== null) made[labels[i] ?? ''] = one;
  }
  return made;
}

/** Of what a parameter is called, what it could hold. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/xml/i, '<note id="1"><to>Ada</to></note>'],
  [/html/i, '<p>Hello, <b>Ada</b></p>'],
  [/json/i, '{"name":"Ada"}'],
  [/ya?ml/i, 'name: Ada\n'],
  [/csv/i, 'name,age\nAda,36\n'],
  [/toml|ini/i, 'name = "Ada"\n'],
  [/markdown|^md$/i, '# Hello\n\n*Ada*'],
  [/url|uri|href|link/i, 'https://example.com/a?b=c'],
  [/e-?mail/i, 'ada@example.com'],
  [/phone|tel/i, '+14155552671'],
  [/date|time|iso/i, '2026-03-01T12:30:00Z'],
  [/colou?r/i, '#336699'],
  [/version|semver/i, '1.2.3'],
  [/range/i, '^1.0.0'],
  [/uuid|guid/i, '6ba7b810-9dad-11d1-80b4-00c04fd430c8'],
  [/regex|pattern/i, 'a+'],
  [/cron|schedule/i, '*/5 * * * *'],
  [/expr|code|formula/i, '1 + 2'],
  [/locale|lang/i, 'en'],
  [/format|fmt/i, 'yyyy-MM-dd'],
  [/template|tpl/i, 'Hello'],
];

/** Of most attempts one is what a function takes. */
export const ATTEMPTS = 3;
const OTHER_TEXTS: readonly string[] = ['', '2', '2026-03-01T12:30:00Z'];

export function sample(plan: Plan, shape: Shape, name: string, attempt = 0): unknown {
  switch (shape.kind) {
    case 'bool':
      return true;
    case 'number':
      return /year/i.test(name) ? 2026 : /len|size|count|digits|precision|month|day|hour/i.test(name) ? 4 : 2;
    case 'bigint':
      return '12';
    case 'date':
      return '2026-03-01T12:30:00.000Z';
    case 'regexp':
      return '/a+/g';
    case 'url':
      return 'https://example.com/';
    case 'bytes':
    case 'buffer':
    case 'array-buffer':
      return Buffer.from('Hello, Ada').toString('base64');
    case 'numbers':
      return [1, 2, 3];
    case 'json':
      return attempt === 0 ? sampleJson(name) : attempt === 1 ? '"Hello, Ada"' : '[1,2,3]';
    case 'mapper':
      return '(a, b) => (typeof a === "number" && typeof b === "number" ? a - b : a)';
    case 'literal':
      return shape.value;
    case 'option':
      return null;
    case 'promise':
      return sample(plan, shape.of, name, attempt);
    case 'list':
      return [sample(plan, shape.of, name, attempt)];
    case 'tuple':
      return shape.items.map((one) => sample(plan, one, name, attempt));
    case 'map':
      return [[sample(plan, shape.key, 'key', attempt), sample(plan, shape.value, name, attempt)]];
    case 'enum':
    case 'record':
    case 'variant':
    case 'resource':
      return sampleNamed(plan, shape.type, name, attempt);
    default:
      return attempt > 0
        ? (OTHER_TEXTS[attempt] ?? '2')
        : (TEXTS.find(([like]) => like.test(name))?.[1] ?? 'Hello, Ada');
  }
}

function sampleJson(name: string): string {
  if (/arr|list|collection|items|values|data|rows/i.test(name))
    return '[{"name":"Ada","age":36},{"name":"Grace","age":85}]';
  if (/date/i.test(name)) return '"2026-03-01T12:30:00.000Z"';
  if (/num|^[abxyn]$|count|size/i.test(name)) return '2';
  if (/str|text/i.test(name)) return '"Hello, Ada"';
  return '{"name":"Ada","age":36}';
}

function sampleNamed(
  plan: Plan,
  of: PlannedResource['type'] | Plan['types'][number]['type'],
  name: string,
  attempt: number,
): unknown {
  if (of.kind === 'resource') return { handleOf: plan.nameOf(of) } satisfies HandleOf;
  const planned = plan.types.find(({ type }) => type === of);
  const label = (i: number): string => planned?.labels[i] ?? '';
  if (of.kind === 'enum') return label(0);
  if (of.kind === 'variant') {
    // Text is what most take, and a handle what is known last.
    const order = attempt % 2 === 0 ? ['string', 'number', 'json', 'date'] : ['number', 'json', 'string', 'date'];
    const rank = (i: number): number => {
      const kind = of.cases[i]?.shape?.kind ?? 'void';
      return kind === 'resource' ? 99 : order.includes(kind) ? order.indexOf(kind) : 10;
    };
    const [best = 0] = of.cases.map((_, i) => i).sort((a, b) => rank(a) - rank(b));
    const shape = of.cases[best]?.shape;
    return shape === undefined ? { tag: label(best) } : { tag: label(best), val: sample(plan, shape, name, attempt) };
  }
  const entries = of.fields.map((field, i): [string, unknown] => [
    label(i),
    sample(plan, field.shape, field.name, attempt),
  ]);
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}

/** The arguments of the first call in a text whose callee ends with one of the names, where they can be known. */
export function literalCall(ts: Compiler, text: string, names: readonly string[]): unknown[] | undefined {
  if (!names.some((name) => text.includes(name))) return undefined;
  const file = ts.createSourceFile('example.ts', text, ts.ScriptTarget.ESNext);
  const known = new Map<string, TS.Expression>();
  let found: unknown[] | undefined;
  const visit = (node: TS.Node): void => {
    if (found !== undefined) return;
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer !== undefined) {
      known.set(node.name.text, node.initializer);
    }
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const callee = node.expression;
      const name = ts.isPropertyAccessExpression(callee)
        ? callee.name.text
        : ts.isIdentifier(callee)
          ? callee.text
          : '';
      const given = node.arguments ?? [];
      if (names.includes(name) && given.length > 0) {
        const values = given.map((one) => literalValue(ts, one, known));
        if (!values.includes(NO_WAY)) {
          found = values;
          return;
        }
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

type Known = ReadonlyMap<string, TS.Expression>;

function literalValue(ts: Compiler, node: TS.Expression, known: Known, depth = 0): unknown {
  if (depth > 12) return NO_WAY;
  const inner = (one: TS.Expression): unknown => literalValue(ts, one, known, depth + 1);
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (ts.isRegularExpressionLiteral(node)) return node.text;
  if (ts.isParenthesizedExpression(node)) return inner(node.expression);
  if (node.kind === ts.SyntaxKind.TrueKeyword) return true;
  if (node.kind === ts.SyntaxKind.FalseKeyword) return false;
  if (node.kind === ts.SyntaxKind.NullKeyword) return null;
  if (ts.isIdentifier(node)) {
    const initializer = known.get(node.text);
    return initializer === undefined ? NO_WAY : inner(initializer);
  }
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
    const value = inner(node.operand);
    return typeof value === 'number' ? -value : NO_WAY;
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [inner(node.left), inner(node.right)];
    return typeof left === 'string' && typeof right === 'string' ? left + right : NO_WAY;
  }
  if (ts.isArrayLiteralExpression(node)) {
    const items = node.elements.map(inner);
    return items.includes(NO_WAY) ? NO_WAY : items;
  }
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'Date') {
    return dateValue((node.arguments ?? []).map(inner));
  }
  if (!ts.isObjectLiteralExpression(node)) return NO_WAY;
  const made: [string, unknown][] = [];
  for (const property of node.properties) {
    if (!ts.isPropertyAssignment(property) || ts.isComputedPropertyName(property.name)) return NO_WAY;
    const value = inner(property.initializer);
    if (value === NO_WAY) return NO_WAY;
    made.push([propertyName(ts, property.name), value]);
  }
  return Object.fromEntries(made);
}

const propertyName = (ts: Compiler, name: TS.PropertyName): string =>
  ts.isIdentifier(name) || ts.isStringLiteralLike(name) || ts.isNumericLiteral(name) ? name.text : '';

/** Of `new Date(2014, 1, 11)` as of `new Date('2014-02-11')`; times are UTC in the sandbox. */
function dateValue(args: readonly unknown[]): unknown {
  const [first, month = 0, day = 1, ...time] = args;
  if (args.includes(NO_WAY) || first === undefined) return NO_WAY;
  const ms =
    args.length === 1
      ? new Date(first as string).getTime()
      : Date.UTC(Number(first), Number(month), Number(day), ...time.map(Number));
  return Number.isNaN(ms) ? NO_WAY : new Date(ms).toISOString();
}
