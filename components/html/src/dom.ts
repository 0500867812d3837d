import { load, type CheerioAPI } from 'cheerio/slim';
import type { AnyNode, Element } from 'domhandler';

export type { AnyNode, CheerioAPI, Element };

/** Elements whose content no reader sees. */
const HIDDEN = new Set('script style noscript template svg head iframe object canvas audio video datalist'.split(' '));

/** Elements that begin and end a line of their own. */
const BLOCKS = new Set(
  (
    'address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure footer form ' +
    'h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol p pre section summary table tbody td tfoot th thead tr ul'
  ).split(' '),
);

/** Deepest nesting that is read; what lies deeper is left out. Bounds the stack on hostile pages. */
export const MAX_DEPTH = 200;

/**
 * Parsed by htmlparser2: forgiving, twice as fast inside QuickJS as a parser by the HTML standard, and linear in
 * the depth of nesting, where that one is quadratic.
 */
export function parseHtml(html: string): CheerioAPI {
  return load(html, {
    xml: { xmlMode: false, decodeEntities: true, lowerCaseTags: true, lowerCaseAttributeNames: true },
  });
}

export function isElement(node: AnyNode): node is Element {
  return node.type === 'tag' || node.type === 'script' || node.type === 'style';
}

export function isHidden(element: Element): boolean {
  return HIDDEN.has(element.name) || 'hidden' in element.attribs;
}

export function isBlock(element: Element): boolean {
  return BLOCKS.has(element.name);
}

/** The elements that match; throws a message that names the selector when it is not valid CSS. */
export function find($: CheerioAPI, selector: string): Element[] {
  if (selector.trim() === '') throw new Error('the selector is empty; write a CSS selector such as "main p"');
  try {
    return $(selector).toArray().filter(isElement);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`"${selector.slice(0, 200)}" is not a CSS selector that is understood: ${reason}`);
  }
}

/** The whole page, or the outermost elements that match; throws when nothing does. */
export function scope($: CheerioAPI, selector: string | null): AnyNode[] {
  if (selector === null) return $.root().contents().toArray();
  const found = find($, selector);
  if (found.length === 0) throw new Error(`nothing on the page matches "${selector.slice(0, 200)}"`);
  const all = new Set<AnyNode>(found);
  return found.filter((element) => !hasAncestorIn(element, all));
}

function hasAncestorIn(element: Element, set: ReadonlySet<AnyNode>): boolean {
  for (let up = element.parent; up; up = up.parent) if (set.has(up)) return true;
  return false;
}

/** Text as a reader sees it: white space collapsed, a line for each block, hidden elements left out. */
export function textOf(nodes: readonly AnyNode[]): string {
  const parts: string[] = [];
  for (const node of nodes) collect(node, parts, 0);
  return parts
    .join('')
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n[\s]*/g, '\n')
    .trim();
}

function collect(node: AnyNode, parts: string[], depth: number): void {
  if (node.type === 'text') parts.push(node.data.replace(/\s+/g, ' '));
  if (!isElement(node) || isHidden(node) || depth > MAX_DEPTH) return;
  if (node.name === 'br') parts.push('\n');
  const block = isBlock(node);
  if (block) parts.push('\n');
  for (const child of node.children) collect(child, parts, depth + 1);
  if (block) parts.push('\n');
}

/** The page's own base (its base element) on top of the one given. */
export function pageBase(
  $: CheerioAPI,
  base: string | null,
  resolve: (url: string, base: string | null) => string,
): string | null {
  const href = $('base[href]').first().attr('href');
  if (href === undefined) return base;
  const resolved = resolve(href, base);
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(resolved) ? resolved : base;
}
