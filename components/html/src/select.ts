import { find, parseHtml, textOf } from './dom.ts';

/** The record `selection` of world.wit. */
export interface Selection {
  total: number;
  elements: { tag: string; text: string; html: string; attributes: [string, string][] }[];
}

const MAX_ELEMENTS = 10_000;

/** Elements by CSS selector; throws for a selector that is not valid. */
export function select(html: string, selector: string, limit: number | null): Selection {
  const most = limit ?? 100;
  if (most < 1 || most > MAX_ELEMENTS) throw new Error(`limit must be from 1 to ${MAX_ELEMENTS}, not ${most}`);
  const $ = parseHtml(html);
  const found = find($, selector);
  const elements = found.slice(0, most).map((element) => ({
    tag: element.name,
    text: textOf([element]),
    html: $.html(element),
    attributes: Object.entries(element.attribs),
  }));
  return { total: found.length, elements };
}
