import { type Comparable, type Expression, parsePath, type Segment, type Selector } from './json-path-parse.ts';
import { parseJson } from './table.ts';

/** Record `json-match` of world.wit. */
export interface JsonMatch {
  path: string;
  value: string;
}

interface Node {
  readonly path: string;
  readonly value: unknown;
}

const MAX_NODES = 200_000;
const MAX_MATCHES = 100_000;

/** Values of a JSON text by JSONPath (RFC 9535 without functions); throws for JSON or a path that is not valid. */
export function jsonGet(json: string, path: string, limit: number | null): JsonMatch[] {
  const most = limit ?? 1000;
  if (most < 1 || most > MAX_MATCHES) throw new Error(`limit must be from 1 to ${MAX_MATCHES}, not ${most}`);
  const root = parseJson(json);
  const nodes = evaluate(parsePath(path), root, root);
  return nodes.slice(0, most).map((node) => ({ path: `$${node.path}`, value: JSON.stringify(node.value) }));
}

function evaluate(segments: readonly Segment[], from: unknown, root: unknown): Node[] {
  let nodes: Node[] = [{ path: '', value: from }];
  for (const segment of segments) {
    const next: Node[] = [];
    for (const start of nodes) {
      for (const node of segment.descendant ? descendants(start) : [start]) {
        for (const selector of segment.selectors) select(selector, node, root, next);
        if (next.length > MAX_NODES) throw new Error(`the path matches more than ${MAX_NODES} values on the way`);
      }
    }
    nodes = next;
  }
  return nodes;
}

/** The node and all below it, parents first. Not recursive: JSON may be nested deeper than the stack. */
function descendants(node: Node): Node[] {
  const found: Node[] = [];
  const waiting: Node[] = [node];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    found.push(next);
    if (found.length > MAX_NODES) throw new Error(`the path matches more than ${MAX_NODES} values on the way`);
    for (const child of children(next).reverse()) waiting.push(child);
  }
  return found;
}

function children({ path, value }: Node): Node[] {
  if (Array.isArray(value)) return value.map((item: unknown, i) => ({ path: `${path}[${i}]`, value: item }));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([name, item]) => ({ path: path + nameInPath(name), value: item as unknown }));
}

function nameInPath(name: string): string {
  return `['${JSON.stringify(name).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}']`;
}

function select(selector: Selector, node: Node, root: unknown, into: Node[]): void {
  const { path, value } = node;
  switch (selector.kind) {
    case 'name':
      if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, selector.name)) {
        into.push({
          path: path + nameInPath(selector.name),
          value: (value as { [name: string]: unknown })[selector.name],
        });
      }
      return;
    case 'index': {
      if (!Array.isArray(value)) return;
      const at = selector.index < 0 ? value.length + selector.index : selector.index;
      if (at >= 0 && at < value.length) into.push({ path: `${path}[${at}]`, value: value[at] as unknown });
      return;
    }
    case 'slice':
      if (Array.isArray(value))
        for (const at of slice(selector, value.length))
          into.push({ path: `${path}[${at}]`, value: value[at] as unknown });
      return;
    case 'wildcard':
      for (const child of children(node)) into.push(child);
      return;
    case 'filter':
      for (const child of children(node)) if (holds(selector.test, child.value, root)) into.push(child);
  }
}

/** RFC 9535, 2.3.4.2.2. */
function slice({ start, end, step }: Selector & { kind: 'slice' }, length: number): number[] {
  if (step === 0) return [];
  const bound = (i: number | undefined, fallback: number): number =>
    i === undefined ? fallback : i >= 0 ? i : length + i;
  const clamp = (i: number, low: number, high: number): number => Math.min(Math.max(i, low), high);
  const found: number[] = [];
  if (step > 0) {
    const last = clamp(bound(end, length), 0, length);
    for (let i = clamp(bound(start, 0), 0, length); i < last; i += step) found.push(i);
  } else {
    const last = clamp(bound(end, -length - 1), -1, length - 1);
    for (let i = clamp(bound(start, length - 1), -1, length - 1); i > last; i += step) found.push(i);
  }
  return found;
}

function holds(test: Expression, current: unknown, root: unknown): boolean {
  switch (test.kind) {
    case 'or':
      return test.parts.some((part) => holds(part, current, root));
    case 'and':
      return test.parts.every((part) => holds(part, current, root));
    case 'not':
      return !holds(test.part, current, root);
    case 'exists':
      return evaluate(test.path.segments, test.path.absolute ? root : current, root).length > 0;
    case 'compare':
      return compare(test.operator, valueOf(test.left, current, root), valueOf(test.right, current, root));
  }
}

const NOTHING = Symbol('nothing');

function valueOf(side: Comparable, current: unknown, root: unknown): unknown {
  if (side.kind === 'literal') return side.value;
  const nodes = evaluate(side.segments, side.absolute ? root : current, root);
  return nodes.length === 1 ? nodes[0]?.value : NOTHING;
}

/** RFC 9535, 2.3.5.2.2: order only between two numbers or two strings; equality of all JSON values. */
function compare(operator: string, a: unknown, b: unknown): boolean {
  if (operator === '==') return equal(a, b);
  if (operator === '!=') return !equal(a, b);
  const orderly = (typeof a === 'number' && typeof b === 'number') || (typeof a === 'string' && typeof b === 'string');
  if (!orderly) return operator.endsWith('=') && equal(a, b);
  const [x, y] = [a as number, b as number];
  if (operator === '<') return x < y;
  if (operator === '<=') return x <= y;
  return operator === '>' ? x > y : x >= y;
}

function equal(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  if (keys.length !== others.length) return false;
  const [x, y] = [a as { [key: string]: unknown }, b as { [key: string]: unknown }];
  return keys.every((key) => Object.hasOwn(y, key) && equal(x[key], y[key]));
}
