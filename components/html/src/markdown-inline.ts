import { type AnyNode, type Element, isBlock, isElement, isHidden, MAX_DEPTH } from './dom.ts';
import { resolveUrl } from './url.ts';

const EMPHASIS: { readonly [tag: string]: string } = {
  strong: '**',
  b: '**',
  em: '*',
  i: '*',
  cite: '*',
  del: '~~',
  s: '~~',
  strike: '~~',
};
const CODE = new Set(['code', 'kbd', 'samp', 'tt']);

/** Inline content as Markdown, white space collapsed; line breaks are a backslash at the end of the line. */
export function inlineText(nodes: readonly AnyNode[], base: string | null): string {
  return convert(nodes, base, 0)
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n ?/g, '\n');
}

function convert(nodes: readonly AnyNode[], base: string | null, depth: number): string {
  let text = '';
  for (const node of nodes) {
    if (node.type === 'text') text += escapeText(node.data.replace(/\s+/g, ' '));
    else if (isElement(node) && !isHidden(node) && depth < MAX_DEPTH) text += inlineElement(node, base, depth + 1);
  }
  return text;
}

function inlineElement(element: Element, base: string | null, depth: number): string {
  const { name } = element;
  if (name === 'br') return '\\\n';
  if (name === 'img') return image(element, base);
  if (CODE.has(name)) return codeSpan(rawText(element.children).replace(/\s+/g, ' '));
  const inside = convert(element.children, base, depth);
  if (name === 'a') return link(element, inside, base);
  const mark = Object.hasOwn(EMPHASIS, name) ? EMPHASIS[name] : undefined;
  if (mark !== undefined) return emphasis(inside, mark);
  return isBlock(element) ? ` ${inside} ` : inside;
}

/** Emphasis must touch its text: spaces at its ends go outside. */
function emphasis(inside: string, mark: string): string {
  const [, before = '', text = '', after = ''] = /^(\s*)([\s\S]*?)(\s*)$/.exec(inside) ?? [];
  return text === '' ? inside : `${before}${mark}${text}${mark}${after}`;
}

function link(element: Element, inside: string, base: string | null): string {
  const text = inside.replace(/\s+/g, ' ').trim();
  const href = element.attribs['href'];
  if (href === undefined) return inside;
  if (text === '') return '';
  const spaceBefore = /^\s/.test(inside) ? ' ' : '';
  const spaceAfter = /\s$/.test(inside) ? ' ' : '';
  return `${spaceBefore}[${text}](${destination(href, base)}${title(element)})${spaceAfter}`;
}

function image(element: Element, base: string | null): string {
  const source = element.attribs['src'] ?? element.attribs['data-src'];
  const alt = escapeText((element.attribs['alt'] ?? '').replace(/\s+/g, ' ').trim());
  if (source === undefined || source.startsWith('data:')) return alt;
  return `![${alt}](${destination(source, base)}${title(element)})`;
}

function destination(url: string, base: string | null): string {
  return resolveUrl(url, base).replace(/[ ()<>\\]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function title(element: Element): string {
  const text = element.attribs['title']?.replace(/\s+/g, ' ').trim();
  return text ? ` "${text.replace(/["\\]/g, '\\$&')}"` : '';
}

/** A code span, its fence longer than any run of backticks inside. */
export function codeSpan(code: string): string {
  if (code === '') return '';
  const longest = Math.max(0, ...(code.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = code.startsWith('`') || code.endsWith('`') ? ' ' : '';
  return fence + pad + code + pad + fence;
}

/** Text as it is written, for code. */
export function rawText(nodes: readonly AnyNode[], depth = 0): string {
  if (depth > MAX_DEPTH) return '';
  let text = '';
  for (const node of nodes) {
    if (node.type === 'text') text += node.data;
    else if (isElement(node)) text += node.name === 'br' ? '\n' : rawText(node.children, depth + 1);
  }
  return text;
}

/** Only what would be read as Markdown in the middle of a line is escaped: an underscore within a word would not. */
function escapeText(text: string): string {
  return text
    .replace(/[\\`*[\]]/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/<(?=[a-zA-Z/!?])/g, '\\<')
    .replace(/&(?=#?\w+;)/g, '\\&')
    .replace(/~~/g, '\\~~');
}
