export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly name: string; readonly raw: boolean; readonly line: number }
  | Section;

export interface Section {
  readonly kind: 'section';
  readonly name: string;
  readonly inverted: boolean;
  readonly line: number;
  readonly inside: Node[];
}

const MAX_DEPTH = 50;
const TAG = /\{\{(?:\{([^}]*)\}\}\}|([^}]*)\}\})/g;

/** Parses the template; throws an error that names the line of a tag that is malformed, unclosed or unopened. */
export function parseTemplate(source: string): Node[] {
  const root: Node[] = [];
  const open: Section[] = [];
  const into = (): Node[] => open.at(-1)?.inside ?? root;
  let [end, line] = [0, 1];
  for (const tag of source.matchAll(TAG)) {
    const before = source.slice(end, tag.index);
    checkText(before, line);
    line += countBreaks(before);
    const { sign, name } = readTag(tag, line);
    const alone = '#^/!'.includes(sign) && sign !== '' && standsAlone(source, tag);
    const text = alone ? before.replace(/[ \t]+$/, '') : before;
    if (text !== '') into().push({ kind: 'text', text });
    if (sign === '/') close(open, name, line);
    else if (sign === '#' || sign === '^') {
      if (open.length === MAX_DEPTH) throw new Error(`line ${line}: sections are nested deeper than ${MAX_DEPTH}`);
      const section: Section = { kind: 'section', name, inverted: sign === '^', line, inside: [] };
      into().push(section);
      open.push(section);
    } else if (sign !== '!') into().push({ kind: 'value', name, raw: sign === '&', line });
    end = tag.index + tag[0].length;
    if (alone) end += /^[ \t]*\r?\n?/.exec(source.slice(end, end + 1000))?.[0].length ?? 0;
    line += countBreaks(source.slice(tag.index, end));
  }
  const unclosed = open.at(-1);
  if (unclosed)
    throw new Error(`line ${unclosed.line}: section {{#${unclosed.name}}} is never closed with {{/${unclosed.name}}}`);
  const rest = source.slice(end);
  checkText(rest, line);
  if (rest !== '') root.push({ kind: 'text', text: rest });
  return root;
}

function readTag(tag: RegExpExecArray, line: number): { sign: string; name: string } {
  const body = (tag[1] ?? tag[2] ?? '').trim();
  const sign = tag[1] === undefined ? (/^[#^/!&]/.exec(body)?.[0] ?? '') : '&';
  const name = tag[1] === undefined ? body.slice(sign.length).trim() : body;
  if (sign !== '!' && !/^(?:\.|[^\s{}#^/!&>=]+)$/.test(name)) {
    throw new Error(
      `line ${line}: ${tag[0]} is not a tag; write {{name}}, {{{name}}}, {{#name}}, {{^name}}, {{/name}} or {{! comment }}`,
    );
  }
  return { sign, name };
}

function checkText(text: string, line: number): void {
  const at = text.indexOf('{{');
  if (at >= 0) throw new Error(`line ${line + countBreaks(text.slice(0, at))}: a {{ is never closed with }}`);
}

function close(open: Section[], name: string, line: number): void {
  const last = open.pop();
  if (!last) throw new Error(`line ${line}: {{/${name}}} closes a section that was never opened`);
  if (last.name !== name)
    throw new Error(`line ${line}: {{/${name}}} where {{/${last.name}}} was expected (opened in line ${last.line})`);
}

/** A section or comment tag alone in its line leaves no blank line behind (Mustache's standalone tags). */
function standsAlone(source: string, tag: RegExpExecArray): boolean {
  const lineStart = source.lastIndexOf('\n', tag.index - 1) + 1;
  const end = tag.index + tag[0].length;
  const lineEnd = source.indexOf('\n', end);
  const after = source.slice(end, lineEnd < 0 ? source.length : lineEnd);
  return source.slice(lineStart, tag.index).trim() === '' && after.trim() === '';
}

function countBreaks(text: string): number {
  let count = 0;
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) count++;
  return count;
}
