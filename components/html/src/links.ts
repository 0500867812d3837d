import { type Element, find, isElement, pageBase, parseHtml, scope, textOf } from './dom.ts';
import { checkBase, resolveUrl } from './url.ts';

/** The record `link` of world.wit. */
export interface Link {
  url: string;
  text: string;
  title: string | null;
  rel: string | null;
}

/** Links in the order of the page; throws when `base` or `selector` cannot be used. */
export function links(html: string, base: string | null, selector: string | null): Link[] {
  const $ = parseHtml(html);
  const from = pageBase($, checkBase(base), resolveUrl);
  const inside =
    selector === null ? find($, 'a[href], area[href]') : linksWithin($, scope($, selector).filter(isElement));
  return inside.map((element) => ({
    url: resolveUrl(element.attribs['href'] ?? '', from),
    text: textOf([element]) || alternative($, element),
    title: element.attribs['title'] ?? null,
    rel: element.attribs['rel'] ?? null,
  }));
}

function linksWithin($: ReturnType<typeof parseHtml>, roots: readonly Element[]): Element[] {
  return roots.flatMap((root) => {
    const own = $(root).is('a[href], area[href]') ? [root] : [];
    return [...own, ...$(root).find('a[href], area[href]').toArray()];
  });
}

function alternative($: ReturnType<typeof parseHtml>, element: Element): string {
  return (
    element.attribs['alt'] ??
    $(element).find('img[alt]').first().attr('alt') ??
    element.attribs['aria-label'] ??
    ''
  ).trim();
}
