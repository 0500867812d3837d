/** Changes of JSON, with or without comments, that touch nothing but what they are of. */
import { createScanner, getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Entry } from './clients.ts';
import { TOKEN } from './json-tokens.ts';
import { maskJson, SHOWN } from './mask.ts';
import { lineOf, SyntaxProblem, type Syntax, type Tree } from './syntax-types.ts';

export function jsonSyntax(comments: boolean): Syntax {
  const parse = (text: string): Tree => treeOf(rootOf(text, comments));
  return {
    parse,
    set: (text, path, members) => {
      let changed = text;
      if (find(rootOf(text, comments), path) === undefined) {
        const kept = Object.entries(members).filter(([, value]) => value !== undefined);
        return put(text, comments, path, Object.fromEntries(kept) as Entry);
      }
      for (const [name, value] of Object.entries(members)) {
        changed =
          value === undefined
            ? take(changed, comments, [...path, name])
            : put(changed, comments, [...path, name], value);
      }
      return changed;
    },
    remove: (text, path) => take(text, comments, path),
    masked: (text, path) => maskJson(text, shownIn(find(rootOf(text, comments), path))),
  };
}

/** The document's root; undefined where there is nothing but white space. Throws `SyntaxProblem`. */
function rootOf(text: string, comments: boolean): Node | undefined {
  const errors: ParseError[] = [];
  let root: Node | undefined;
  try {
    root = parseTree(text, errors, {
      disallowComments: !comments,
      allowTrailingComma: comments,
      allowEmptyContent: true,
    });
  } catch {
    throw new SyntaxProblem('it is nested too deeply');
  }
  const [first] = errors;
  if (first) throw new SyntaxProblem(words(printParseErrorCode(first.error)), lineOf(text, first.offset));
  if (root && root.type !== 'object') throw new SyntaxProblem('it is not an object', 1);
  return root;
}

/** The parts of our entry that are shown as they are. */
function shownIn(entry: Node | undefined): [number, number][] {
  if (entry?.type !== 'object') return [];
  return propertiesOf(entry)
    .filter(({ name }) => SHOWN.includes(name))
    .map(({ value }) => [value.offset, endOf(value)]);
}

/** `CommaExpected` as `comma expected`. */
const words = (code: string): string => code.replaceAll(/(?<=.)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();

function treeOf(node: Node | undefined): Tree {
  if (!node) return { members: [] };
  if (node.type === 'object') return { members: propertiesOf(node).map(({ name, value }) => [name, treeOf(value)]) };
  return { value: node.type === 'array' ? (node.children ?? []).map(treeOf) : node.value };
}

interface Property {
  readonly name: string;
  readonly value: Node;
  readonly from: number;
  readonly to: number;
}

function propertiesOf(object: Node): Property[] {
  return (object.children ?? []).flatMap(({ children, offset }) => {
    const [key, value] = children ?? [];
    return key && value ? [{ name: key.value as string, value, from: offset, to: endOf(value) }] : [];
  });
}

const endOf = (node: Node): number => node.offset + node.length;

/** The node of `path`. Throws `SyntaxProblem` where the way leads through something else than an object, or is there twice. */
function find(root: Node | undefined, path: readonly string[]): Node | undefined {
  let node = root;
  for (const name of path) {
    if (!node) return undefined;
    if (node.type !== 'object') throw new SyntaxProblem(`what holds "${name}" is not an object`);
    const [first, second] = propertiesOf(node).filter((property) => property.name === name);
    if (second) throw new SyntaxProblem(`"${name}" is there twice`);
    node = first?.value;
  }
  return node;
}

/** What the layout of a text tells: its line ends and by how much it indents. */
interface Layout {
  readonly eol: string;
  readonly unit: string;
}

function layoutOf(text: string, root: Node | undefined): Layout {
  const eol = /\r?\n/.exec(text)?.[0] ?? '\n';
  const first = root && propertiesOf(root)[0];
  const unit = first && startsLine(text, first.from) ? indentOf(text, first.from) : '';
  return { eol, unit: unit === '' ? '  ' : unit };
}

const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;
const indentOf = (text: string, offset: number): string =>
  /^[ \t]*/.exec(text.slice(lineStart(text, offset)))?.[0] ?? '';
const startsLine = (text: string, offset: number): boolean => text.slice(lineStart(text, offset), offset).trim() === '';

function render(value: Entry[string], indent: string, { eol, unit }: Layout): string {
  return JSON.stringify(value, null, unit).replaceAll('\n', eol + indent);
}

/** In a text without line ends: as tight as what stands around it. */
function renderTight(value: Entry[string], spaced: boolean): string {
  if (!spaced) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: Entry[string]) => renderTight(item, true)).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${renderTight(item, true)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

const splice = (text: string, from: number, to: number, by: string): string =>
  text.slice(0, from) + by + text.slice(to);

/** The text with `value` at `path`. */
function put(text: string, comments: boolean, path: readonly string[], value: Entry[string]): string {
  const root = rootOf(text, comments);
  const layout = layoutOf(text, root);
  if (!root) {
    const whole = path.reduceRight<Entry[string]>((inner, name) => ({ [name]: inner }), value);
    const before = text.trimEnd();
    return `${before}${before === '' ? '' : layout.eol}${render(whole, '', layout)}${layout.eol}`;
  }
  const there = find(root, path);
  if (there) {
    if (JSON.stringify(getNodeValue(there)) === JSON.stringify(value)) return text;
    const tight = !text.slice(there.offset, endOf(there)).includes('\n') && !startsLine(text, keyStart(text, there));
    const by = tight
      ? renderTight(value, /[:,] /.test(text))
      : render(value, indentOf(text, keyStart(text, there)), layout);
    return splice(text, there.offset, endOf(there), by);
  }
  let depth = path.length - 1;
  while (find(root, path.slice(0, depth)) === undefined) depth -= 1;
  const parent = find(root, path.slice(0, depth)) as Node;
  if (parent.type !== 'object') throw new SyntaxProblem(`"${path[depth - 1] ?? ''}" is not an object`);
  const inner = path.slice(depth + 1).reduceRight<Entry[string]>((nested, name) => ({ [name]: nested }), value);
  return insert(text, parent, path[depth] ?? '', inner, layout);
}

/** Where the property of a value begins. */
function keyStart(text: string, value: Node): number {
  return value.parent?.type === 'property' ? value.parent.offset : lineStart(text, value.offset);
}

/** A new member after the last one of an object. */
function insert(text: string, object: Node, name: string, value: Entry[string], layout: Layout): string {
  const properties = propertiesOf(object);
  const last = properties.at(-1);
  const close = endOf(object) - 1;
  const key = JSON.stringify(name);
  const outer = indentOf(text, object.offset);
  if (!last) {
    const own = outer + layout.unit;
    const kept = text.slice(object.offset + 1, close).trimEnd();
    const by = `${kept}${layout.eol}${own}${key}: ${render(value, own, layout)}${layout.eol}${outer}`;
    return splice(text, object.offset + 1, close, by);
  }
  const comma = commaAfter(text, last.to, close);
  if (!text.slice(object.offset, close).includes('\n')) {
    const spaced = /[:,] /.test(text.slice(object.offset, close));
    const member = `${key}:${spaced ? ' ' : ''}${renderTight(value, spaced)}`;
    const from = comma === undefined ? last.to : comma + 1;
    return splice(
      text,
      from,
      from,
      `${comma === undefined ? ',' : ''}${spaced ? ' ' : ''}${member}${comma === undefined ? '' : ','}`,
    );
  }
  const own = startsLine(text, last.from) ? indentOf(text, last.from) : outer + layout.unit;
  const after = comma === undefined ? last.to : comma + 1;
  // What follows on the same line is a remark on the member before.
  const end = Math.min(endOfRemarks(text, after), close);
  const remarks = text.slice(after, end).trimEnd();
  const closing = text.slice(end, close).includes('\n') ? '' : layout.eol + outer;
  const to = closing === '' ? after + remarks.length : close;
  const member = `${key}: ${render(value, own, layout)}`;
  const by = `${comma === undefined ? ',' : ''}${remarks}${layout.eol}${own}${member}${comma === undefined ? '' : ','}${closing}`;
  return splice(text, after, to, by);
}

/** The comma that follows `from` before `close`, with nothing but comments between. */
function commaAfter(text: string, from: number, close: number): number | undefined {
  const scanner = createScanner(text, true);
  scanner.setPosition(from);
  const kind = scanner.scan();
  return kind === TOKEN.comma && scanner.getTokenOffset() < close ? scanner.getTokenOffset() : undefined;
}

/** Where white space and comments that begin on the line of `from` end; a line comment ends before its line end. */
function endOfRemarks(text: string, from: number): number {
  const scanner = createScanner(text, false);
  scanner.setPosition(from);
  let end = from;
  for (;;) {
    const kind = scanner.scan();
    const comment = kind === TOKEN.lineComment || kind === TOKEN.blockComment;
    if (!comment && kind !== TOKEN.blank) return end;
    end = scanner.getTokenOffset() + scanner.getTokenLength();
  }
}

/** The text without the member at `path`. */
function take(text: string, comments: boolean, path: readonly string[]): string {
  const root = rootOf(text, comments);
  const parent = find(root, path.slice(0, -1));
  if (!find(root, path) || !parent) return text;
  const properties = propertiesOf(parent);
  const index = properties.findIndex(({ name }) => name === path.at(-1));
  const { from, to } = properties[index] as Property;
  const before = properties[index - 1];
  const close = endOf(parent) - 1;
  const comma = commaAfter(text, to, close);
  const end = endOfRemarks(text, comma === undefined ? to : comma + 1);
  const ownLines = startsLine(text, from) && /^[ \t]*(?:\r?\n|\})/.test(text.slice(end));
  const start = ownLines ? Math.max(lineStart(text, from) - lineBreakBefore(text, from), parent.offset + 1) : from;
  const endTrimmed = ownLines ? (comma ?? to - 1) + 1 + text.slice((comma ?? to - 1) + 1, end).trimEnd().length : end;
  if (properties.length === 1) {
    const rest = text.slice(parent.offset + 1, start) + text.slice(endTrimmed, close);
    return rest.trim() === '' ? splice(text, parent.offset + 1, close, '') : splice(text, start, endTrimmed, '');
  }
  if (comma !== undefined || !before) {
    return ownLines ? splice(text, start, endTrimmed, '') : splice(text, from, end, '');
  }
  // The last one, and no comma after it: the one before it has one too many.
  const lead = commaAfter(text, before.to, close) ?? before.to;
  const between = text.slice(lead + 1, start);
  return splice(text, lead, ownLines ? endTrimmed : to, ownLines ? between : between.trimEnd());
}

function lineBreakBefore(text: string, offset: number): number {
  const start = lineStart(text, offset);
  return start === 0 ? 0 : text[start - 2] === '\r' ? 2 : 1;
}
