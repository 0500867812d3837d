/** Changes of TOML that touch nothing but what they are of: no library keeps comments, so this is done in the text. */
import { parse, TomlDate, TomlError } from 'smol-toml';
import type { Entry } from './clients.ts';
import { hidden, SHOWN } from './mask.ts';
import { at, type Members, SyntaxProblem, type Syntax, type Tree } from './syntax-types.ts';
import { scanToml, type Statement } from './toml-scan.ts';

type Value = Entry[string];

export const tomlSyntax: Syntax = {
  parse: parseToml,
  set(text, path, members) {
    const tree = parseToml(text);
    const main = scanToml(text).statements.find(({ kind, path: own }) => kind === 'table' && same(own, path));
    if (!main && at(tree, path) === undefined) {
      const changed = append(text, path, members);
      // Only the table's own place can be in the way: the rest was valid.
      if (!isToml(changed)) throw new SyntaxProblem(`${nameOf(path[0] ?? '')} is written in a way that takes no table`);
      return changed;
    }
    if (!main) throw inline(path);
    let changed = text;
    for (const [name, value] of Object.entries(members)) changed = setMember(changed, path, name, value);
    return changed;
  },
  remove(text, path) {
    const changed = removeAll(text, path);
    if (at(parseToml(changed), path) !== undefined) throw inline(path);
    return changed;
  },
  masked(text, path) {
    const { statements, comments } = scanToml(text);
    const cuts = comments.map(([from, to]) => ({ from, to, by: '# …' }));
    for (const { kind, path: own, strings } of statements) {
      if (kind !== 'pair' || (begins(own, path) && SHOWN.includes(own[path.length] ?? ''))) continue;
      for (const [from, to] of strings) {
        const quote = text[from] ?? '';
        const mark = text.startsWith(quote.repeat(3), from) && to - from >= 6 ? quote.repeat(3) : quote;
        cuts.push({ from, to, by: hidden(text.slice(from, to), mark, mark) });
      }
    }
    return cut(text, cuts);
  },
};

function parseToml(text: string): Tree {
  try {
    return treeOf(parse(text, { integersAsBigInt: true }));
  } catch (error) {
    if (!(error instanceof TomlError)) throw new SyntaxProblem('it is nested too deeply');
    throw new SyntaxProblem(error.message.split('\n')[0] ?? 'it is not TOML', error.line);
  }
}

function isToml(text: string): boolean {
  try {
    parseToml(text);
    return true;
  } catch {
    return false;
  }
}

function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return { value: value.map(treeOf) };
  if (typeof value !== 'object' || value === null || value instanceof TomlDate) return { value };
  return { members: Object.entries(value).map(([name, own]) => [name, treeOf(own)]) };
}

const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && begins(a, b);
const begins = (path: readonly string[], start: readonly string[]): boolean =>
  start.length <= path.length && start.every((name, i) => path[i] === name);
const inline = (path: readonly string[]): SyntaxProblem =>
  new SyntaxProblem(`${path.map(nameOf).join('.')} is not a table of its own, as [${path.map(nameOf).join('.')}]`);

const nameOf = (name: string): string => (/^[A-Za-z0-9_-]+$/.test(name) ? name : textOf(name));
// JSON's escapes are TOML's too; JSON leaves this one character as it is.
const textOf = (text: string): string => JSON.stringify(text).replaceAll('\u007f', '\\u007f');

function render(value: Value): string {
  if (typeof value === 'string') return textOf(value);
  if (Array.isArray(value)) return `[${value.map(render).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value).map(([name, own]) => `${nameOf(name)} = ${render(own)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

const eolOf = (text: string): string => /\r?\n/.exec(text)?.[0] ?? '\n';

interface Cut {
  readonly from: number;
  readonly to: number;
  readonly by: string;
}

function cut(text: string, cuts: readonly Cut[]): string {
  let changed = text;
  for (const { from, to, by } of cuts.toSorted((a, b) => b.from - a.from)) {
    changed = changed.slice(0, from) + by + changed.slice(to);
  }
  return changed;
}

/** A new table at the end: what stands before it cannot be of it. */
function append(text: string, path: readonly string[], members: Members): string {
  const eol = eolOf(text);
  const lines = [`[${path.map(nameOf).join('.')}]`];
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined) lines.push(`${nameOf(name)} = ${render(value)}`);
  }
  const gap = text === '' || /\n\r?\n$/.test(text) ? '' : text.endsWith('\n') ? eol : eol + eol;
  return `${text}${gap}${lines.join(eol)}${eol}`;
}

function setMember(text: string, table: readonly string[], name: string, value: Value | undefined): string {
  const path = [...table, name];
  if (value === undefined) return removeAll(text, path);
  const pair = scanToml(text).statements.find((one) => one.kind === 'pair' && same(one.path, path));
  if (pair) {
    const by = render(value);
    if (isSame(at(parseToml(text), path), value)) return text;
    return cut(text, [{ from: pair.value[0], to: pair.value[1], by }]);
  }
  const cleared = removeAll(text, path);
  const { statements } = scanToml(cleared);
  const start = statements.findIndex((one) => one.kind === 'table' && same(one.path, table));
  const end = statements.findIndex((one, i) => i > start && one.kind !== 'pair');
  const last = statements[(end === -1 ? statements.length : end) - 1] as Statement;
  return cut(cleared, [{ from: last.to, to: last.to, by: `${eolOf(text)}${nameOf(name)} = ${render(value)}` }]);
}

function isSame(tree: Tree | undefined, value: Value): boolean {
  if (tree === undefined) return false;
  if ('members' in tree) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const own = Object.entries(value);
    return own.length === tree.members.length && own.every(([name, one]) => isSame(at(tree, [name]), one));
  }
  if (!Array.isArray(tree.value)) return tree.value === value;
  return (
    Array.isArray(value) &&
    value.length === tree.value.length &&
    value.every((one, i) => isSame((tree.value as Tree[])[i], one))
  );
}

/** The text without the tables and pairs of `path`, each with its own lines. */
function removeAll(text: string, path: readonly string[]): string {
  const { statements } = scanToml(text);
  const cuts: Cut[] = [];
  for (let i = 0; i < statements.length; i += 1) {
    const first = statements[i] as Statement;
    if (!begins(first.path, path)) continue;
    let last = first;
    if (first.kind !== 'pair') {
      while (statements[i + 1]?.kind === 'pair') {
        i += 1;
        last = statements[i] as Statement;
      }
    }
    cuts.push({ ...linesOf(text, first, last), by: '' });
  }
  return cut(text, cuts);
}

/** From the start of the first line to that of the line after the last; of a table, with one blank line before it. */
function linesOf(text: string, first: Statement, last: Statement): { readonly from: number; readonly to: number } {
  const start = text.lastIndexOf('\n', first.from - 1) + 1;
  const to = text.startsWith('\r\n', last.to) ? last.to + 2 : Math.min(last.to + 1, text.length);
  // Nothing but blank lines would begin the text.
  const gap = start === 0 ? (/^(?:\r?\n)*/.exec(text.slice(to))?.[0].length ?? 0) : 0;
  const blank = first.kind !== 'pair' ? /\n(\r?\n)$/.exec(text.slice(0, start))?.[1] : undefined;
  return { from: start - (blank?.length ?? 0), to: to + (first.kind === 'pair' ? 0 : gap) };
}
