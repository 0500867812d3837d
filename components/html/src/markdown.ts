import {
  type AnyNode,
  type Element,
  isBlock,
  isElement,
  isHidden,
  MAX_DEPTH,
  pageBase,
  parseHtml,
  scope,
} from './dom.ts';
import { inlineText, rawText } from './markdown-inline.ts';
import { readTable } from './tables.ts';
import { checkBase, resolveUrl } from './url.ts';

/** The page, or the elements that match, as Markdown; ends without a line break. */
export function toMarkdown(html: string, base: string | null, selector: string | null): string {
  const $ = parseHtml(html);
  const from = pageBase($, checkBase(base), resolveUrl);
  return blocks(scope($, selector), { base: from, depth: 0 }).join('\n\n');
}

/** What converting needs to know of where it is. */
interface Place {
  readonly base: string | null;
  readonly depth: number;
}

/** Blocks of Markdown, each without blank lines around it. Inline content between blocks makes paragraphs. */
function blocks(nodes: readonly AnyNode[], place: Place): string[] {
  const done: string[] = [];
  let inline: AnyNode[] = [];
  const flush = (): void => {
    const text = inlineText(inline, place.base).trim();
    if (text !== '') done.push(protectStart(text));
    inline = [];
  };
  for (const node of nodes) {
    if (isElement(node) && (isBlock(node) || hasBlockInside(node, 0))) {
      flush();
      if (place.depth < MAX_DEPTH && !isHidden(node)) {
        done.push(...block(node, { ...place, depth: place.depth + 1 }).filter((text) => text !== ''));
      }
    } else inline.push(node);
  }
  flush();
  return done;
}

/** An inline element around blocks, such as a link around a card, is read as a block. */
function hasBlockInside(element: Element, depth: number): boolean {
  if (depth > 20 || isHidden(element)) return false;
  return element.children.some((child) => isElement(child) && (isBlock(child) || hasBlockInside(child, depth + 1)));
}

function block(element: Element, place: Place): string[] {
  const { name } = element;
  if (/^h[1-6]$/.test(name)) {
    const text = inlineText(element.children, place.base)
      .trim()
      .replace(/\s*\n\s*/g, ' ');
    return text === '' ? [] : [`${'#'.repeat(Number(name[1]))} ${text}`];
  }
  if (name === 'ul' || name === 'ol' || name === 'menu') return [list(element, place)];
  if (name === 'blockquote') return [prefixed(blocks(element.children, place).join('\n\n'), '> ')];
  if (name === 'pre') return [codeBlock(element)];
  if (name === 'hr') return ['---'];
  if (name === 'table') return table(element, place);
  if (name === 'dt') return blocks(element.children, place).map((text) => `**${text}**`);
  if (name === 'dd') return [item('- ', blocks(element.children, place), false)];
  return blocks(element.children, place);
}

function list(element: Element, place: Place): string {
  const ordered = element.name === 'ol';
  let number = Number.parseInt(element.attribs['start'] ?? '1', 10) || 1;
  const items: string[] = [];
  let loose = false;
  for (const child of element.children) {
    if (!isElement(child) || isHidden(child)) continue;
    const inside = child.name === 'li' ? blocks(child.children, place) : block(child, place);
    const tight = inside.length <= 1 || (inside.length === 2 && /^(?:[-*]|\d+\.) /.test(inside[1] ?? ''));
    if (!tight) loose = true;
    items.push(item(ordered ? `${number++}. ` : '- ', inside, tight));
  }
  return items.join(loose ? '\n\n' : '\n');
}

function item(marker: string, inside: readonly string[], tight: boolean): string {
  const text = inside.join(tight ? '\n' : '\n\n');
  return marker + prefixed(text, ' '.repeat(marker.length)).slice(marker.length);
}

function prefixed(text: string, prefix: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? prefix.trimEnd() : prefix + line))
    .join('\n');
}

function codeBlock(element: Element): string {
  const code = element.children.find((child): child is Element => isElement(child) && child.name === 'code');
  const classes = `${code?.attribs['class'] ?? ''} ${element.attribs['class'] ?? ''}`;
  const language = /(?:^|\s)(?:lang(?:uage)?|highlight-source)-([\w+#.-]+)/.exec(classes)?.[1] ?? '';
  const text = rawText(element.children).replace(/^\n/, '').replace(/\n+$/, '');
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** A table of one column or row without a header is layout: its cells are read as blocks. */
function table(element: Element, place: Place): string[] {
  const cell = (node: Element): string =>
    inlineText(node.children, place.base)
      .trim()
      .replace(/\s*\n\s*/g, ' ')
      .replaceAll('|', '\\|');
  const { caption, header, rows } = readTable(element, cell);
  const width = Math.max(header.length, ...rows.map((row) => row.length), 0);
  if (header.length === 0 && (width < 2 || rows.length < 2)) return layout(element, place);
  const line = (cells: readonly string[]): string =>
    `| ${Array.from({ length: width }, (_, i) => cells[i] ?? '').join(' | ')} |`;
  const lines = [line(header), `|${' --- |'.repeat(width)}`, ...rows.map(line)];
  return [...(caption ? [caption] : []), lines.join('\n')];
}

function layout(element: Element, place: Place): string[] {
  return element.children
    .filter(isElement)
    .flatMap((child) =>
      /^t(?:head|body|foot|r|d|h)$/.test(child.name) ? layoutPart(child, place) : blocks([child], place),
    );
}

function layoutPart(element: Element, place: Place): string[] {
  return /^t[dh]$/.test(element.name) ? blocks(element.children, place) : layout(element, place);
}

/** A paragraph must not turn into another block by what it begins with. */
function protectStart(text: string): string {
  return text.replace(/^(?=[-+>#](?:\s|$)|#{2,6}\s|(?:---|===))/gm, '\\').replace(/^(\d{1,9})([.)])(?=\s)/gm, '$1\\$2');
}
