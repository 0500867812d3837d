/**
 * Statement coverage of a TypeScript or JavaScript guest. Before bundling each statement of the project's own sources
 * gets a counter in front; after each call the guest tells which were new, as a record of its log. So what an instance
 * did counts even where every call has an instance of its own.
 */
import { relative, sep } from 'node:path';
import type { Plugin } from 'rolldown';
import type { ComponentTypes } from '#core/wit-types';
import { callableFunctions, interfaceShortName } from '#core/functions';
import type { LogRecord } from '#core/events';
import type { JavaScriptTools } from '../languages/javascript-tools.ts';
import { withImports } from '../languages/wasi-names.ts';
import type { ProjectWit } from '../wit.ts';

export interface FileCoverage {
  /** Relative to the project. */
  readonly file: string;
  readonly statements: number;
  readonly covered: number;
  /** Lines with a statement that never ran, as `3-5, 9`. */
  readonly missed: string;
}

interface Statement {
  readonly file: string;
  readonly line: number;
}

export interface Coverage {
  readonly plugins: (tools: JavaScriptTools) => Plugin[];
  readonly entry: string;
  /** Takes a record that tells of coverage, and says whether it did. */
  take(record: LogRecord): boolean;
  files(): FileCoverage[];
}

const LOG = 'switchboard:host/log@0.1.0';
const ENTRY = '\0switchboard-coverage-entry';
const RUNTIME = '\0switchboard-coverage-runtime';
const MARK = 'switchboard coverage';

/** For one build. `main` is the project's entry module, `types` those of its world. */
export function createCoverage(dir: string, main: string, types: ComponentTypes): Coverage {
  const statements: Statement[] = [];
  const hit = new Set<number>();
  const plugin = (tools: JavaScriptTools): Plugin => ({
    name: 'switchboard-coverage',
    resolveId: (id) => (id === ENTRY || id === RUNTIME ? id : null),
    load: (id) => (id === ENTRY ? entryText(main, types) : id === RUNTIME ? RUNTIME_TEXT : null),
    transform(code, id) {
      const path = relative(dir, id);
      if (!path.startsWith(`src${sep}`) || !/\.[cm]?[jt]s$/.test(id)) return null;
      const lang = /\.[cm]?ts$/.test(id) ? 'ts' : 'js';
      const program: unknown = tools.parser.parseAst(code, { lang });
      return { code: instrumented(code, program, path.replaceAll(sep, '/'), statements), map: null };
    },
  });
  return {
    plugins: (tools) => [plugin(tools)],
    entry: ENTRY,
    take(record) {
      if (record.stream !== 'log' || record.message !== MARK) return false;
      for (const word of (record.fields?.['hit'] ?? '').split(' ')) if (word !== '') hit.add(Number.parseInt(word, 36));
      return true;
    },
    files: () => filesOf(statements, hit),
  };
}

/** The world with the import that coverage is told by. */
export function withLog(wit: ProjectWit, types: ComponentTypes, hostWit: string): ProjectWit {
  if (types.imports.some(({ id }) => id === LOG)) return wit;
  const whole = withImports(wit.whole, wit.world, [LOG]);
  return { ...wit, whole: /^package switchboard:host@/m.test(whole) ? whole : `${whole}\n${hostWit}` };
}

const RUNTIME_TEXT = `import { write } from '${LOG}';
const told = new Set();
let fresh = [];
globalThis.__sbc = (n) => { if (!told.has(n)) { told.add(n); fresh.push(n.toString(36)); } };
export const flush = () => {
  while (fresh.length > 0) write('trace', '${MARK}', [['hit', fresh.splice(0, 1000).join(' ')]]);
};
export const wrap = (fn) => typeof fn !== 'function' ? fn : function (...args) {
  try { return fn.apply(this, args); } finally { flush(); }
};
export const wrapClass = (made) => {
  if (typeof made !== 'function') return made;
  for (const on of [made, made.prototype]) for (const name of Object.getOwnPropertyNames(on)) {
    const { value, writable } = Object.getOwnPropertyDescriptor(on, name);
    if (writable && name !== 'constructor' && typeof value === 'function') on[name] = wrap(value);
  }
  return made;
};
export const wrapAll = (all) => all && Object.fromEntries(Object.entries(all).map(([name, value]) =>
  [name, /^[A-Z]/.test(name) ? wrapClass(value) : wrap(value)]));
`;

/** Exports what the project's own entry does, with an end of each call that tells what ran. */
function entryText(main: string, types: ComponentTypes): string {
  const names = new Set<string>();
  const lines = [`import { wrap, wrapAll } from '${RUNTIME}';`, `import * as guest from ${JSON.stringify(main)};`];
  for (const { fn } of callableFunctions(types, () => false)) {
    const interfaceName = fn.interface === undefined ? undefined : camel(interfaceShortName(fn.interface));
    const name = interfaceName ?? camel(fn.name);
    if (names.has(name)) continue;
    names.add(name);
    lines.push(`export const ${name} = ${interfaceName === undefined ? 'wrap' : 'wrapAll'}(guest.${name});`);
  }
  return `${lines.join('\n')}\n`;
}

const camel = (name: string): string => name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value && typeof value.type === 'string';

/** Statements that do something; declarations of functions, classes and types do nothing by themselves. */
const COUNTED =
  /^(?:Expression|If|For|ForIn|ForOf|While|DoWhile|Return|Throw|Switch|Try|Break|Continue|Labeled)Statement$|^VariableDeclaration$/;

/** Puts `__sbc(n);` in front of each statement that stands in a block; one that does not gets a block. */
function instrumented(code: string, program: unknown, file: string, statements: Statement[]): string {
  const insertions: { readonly at: number; readonly text: string }[] = [];
  const lineOf = lineFinder(code);
  const count = (node: Node): string => {
    statements.push({ file, line: lineOf(node.start) });
    return `__sbc(${statements.length - 1});`;
  };
  const list = (nodes: unknown): void => {
    if (!Array.isArray(nodes)) return;
    for (const node of nodes.filter(isNode)) {
      const inner =
        /^Export(?:Named|Default)Declaration$/.test(node.type) && isNode(node['declaration'])
          ? node['declaration']
          : node;
      const directive = node.type === 'ExpressionStatement' && typeof node['directive'] === 'string';
      const ambient = inner['declare'] === true;
      if (COUNTED.test(inner.type) && !directive && !ambient) insertions.push({ at: node.start, text: count(node) });
      visit(node);
    }
  };
  const alone = (node: unknown): void => {
    if (!isNode(node)) return;
    if (node.type !== 'BlockStatement' && COUNTED.test(node.type)) {
      insertions.push({ at: node.start, text: `{${count(node)}` });
      visit(node);
      insertions.push({ at: node.end, text: '}' });
    } else visit(node);
  };
  const visit = (node: Node): void => {
    for (const [member, value] of Object.entries(node)) {
      if (member === 'body' && Array.isArray(value) && node.type !== 'ClassBody') list(value);
      else if (member === 'consequent' && node.type === 'SwitchCase') list(value);
      else if (isBranch(node, member)) alone(value);
      else if (Array.isArray(value)) {
        for (const item of value) if (isNode(item)) visit(item);
      } else if (isNode(value)) visit(value);
    }
  };
  if (isNode(program)) visit(program);
  // Where two stand at one place the outer one comes first: it was put there first.
  const ordered = insertions.map((one, i) => ({ ...one, i })).sort((a, b) => a.at - b.at || a.i - b.i);
  let from = 0;
  const parts: string[] = [];
  for (const { at, text } of ordered) {
    parts.push(code.slice(from, at), text);
    from = at;
  }
  return `${parts.join('')}${code.slice(from)}`;
}

/** Whether the member is one statement that may stand without a block. */
function isBranch({ type }: Node, member: string): boolean {
  if (type === 'IfStatement') return member === 'consequent' || member === 'alternate';
  return member === 'body' && /^(?:For|ForIn|ForOf|While|DoWhile)Statement$/.test(type);
}

function lineFinder(code: string): (offset: number) => number {
  const ends: number[] = [];
  for (let at = code.indexOf('\n'); at >= 0; at = code.indexOf('\n', at + 1)) ends.push(at);
  return (offset) => {
    const line = ends.findIndex((end) => end >= offset);
    return (line < 0 ? ends.length : line) + 1;
  };
}

function filesOf(statements: readonly Statement[], hit: ReadonlySet<number>): FileCoverage[] {
  const files = new Map<string, { statements: number; covered: number; missed: Set<number> }>();
  for (const [index, { file, line }] of statements.entries()) {
    const known = files.get(file) ?? { statements: 0, covered: 0, missed: new Set<number>() };
    files.set(file, known);
    known.statements += 1;
    if (hit.has(index)) known.covered += 1;
    else known.missed.add(line);
  }
  return [...files]
    .map(([file, { missed, ...counts }]) => ({ file, ...counts, missed: ranges([...missed].sort((a, b) => a - b)) }))
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

function ranges(lines: readonly number[]): string {
  const spans: [number, number][] = [];
  for (const line of lines) {
    const last = spans.at(-1);
    if (last && line === last[1] + 1) last[1] = line;
    else spans.push([line, line]);
  }
  return spans.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
}
