import { parseTemplate, type Node } from './template-parse.ts';

export type Escaping = 'none' | 'html' | 'json';

const MAX_OUTPUT = 8_000_000;
const HTML: { readonly [char: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Fills a template; throws an error that says what is wrong and where. */
export function template(
  source: string,
  variables: readonly (readonly [string, string])[],
  data: string | null,
  escape: Escaping | null,
): string {
  const root: { [name: string]: unknown } = Object.create(null);
  Object.assign(root, parseData(data));
  for (const [name, value] of variables) root[name] = value;
  const output: Output = { parts: [], length: 0, escape: escape ?? 'none' };
  render(parseTemplate(source), [root], output);
  return output.parts.join('');
}

interface Output {
  readonly parts: string[];
  length: number;
  readonly escape: Escaping;
}

function parseData(data: string | null): object {
  if (data === null || data.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (error) {
    throw new Error(`data is not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('data must be a JSON object such as {"items":[1,2]}');
  }
  return value;
}

function render(nodes: readonly Node[], scopes: readonly unknown[], output: Output): void {
  for (const node of nodes) {
    if (node.kind === 'text') write(output, node.text);
    else if (node.kind === 'value') {
      const text = show(lookup(scopes, node.name), node, scopes);
      write(output, node.raw ? text : escaped(text, output.escape));
    } else renderSection(node, scopes, output);
  }
}

function renderSection(node: Node & { kind: 'section' }, scopes: readonly unknown[], output: Output): void {
  const value = lookup(scopes, node.name);
  const empty = isEmpty(value);
  if (node.inverted) {
    if (empty) render(node.inside, scopes, output);
  } else if (Array.isArray(value)) {
    for (const item of value) render(node.inside, [...scopes, item], output);
  } else if (!empty) render(node.inside, [...scopes, value], output);
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === false ||
    value === '' ||
    (Array.isArray(value) && value.length === 0)
  );
}

function write(output: Output, text: string): void {
  output.length += text.length;
  if (output.length > MAX_OUTPUT) throw new Error(`the filled template is longer than ${MAX_OUTPUT} characters`);
  output.parts.push(text);
}

/** The first part is looked for from the innermost scope outwards, the others within what it gave. */
function lookup(scopes: readonly unknown[], name: string): unknown {
  if (name === '.') return scopes.at(-1);
  const [first = '', ...rest] = name.split('.');
  for (let i = scopes.length - 1; i >= 0; i--) {
    const scope = scopes[i];
    if (own(scope, name) !== undefined) return own(scope, name);
    let value = own(scope, first);
    if (value === undefined) continue;
    for (const part of rest) value = own(value, part);
    return value;
  }
  return undefined;
}

function own(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as { [name: string]: unknown })[name];
}

function show(value: unknown, node: { name: string; line: number }, scopes: readonly unknown[]): string {
  if (value === undefined) {
    const names =
      Object.keys(scopes[0] as object)
        .slice(0, 20)
        .join(', ') || 'none';
    throw new Error(
      `line ${node.line}: there is no value "${node.name}"; there are: ${names}. Wrap it in {{#${node.name}}}…{{/${node.name}}} if it may be missing`,
    );
  }
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function escaped(text: string, escaping: Escaping): string {
  if (escaping === 'html') return text.replace(/[&<>"']/g, (char) => HTML[char] ?? char);
  return escaping === 'json' ? JSON.stringify(text).slice(1, -1) : text;
}
