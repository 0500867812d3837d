import { type CheerioAPI, pageBase, parseHtml, textOf } from './dom.ts';
import { checkBase, resolveUrl } from './url.ts';

/** The record `page-metadata` of world.wit. */
export interface PageMetadata {
  title: string | null;
  description: string | null;
  canonical: string | null;
  language: string | null;
  author: string | null;
  published: string | null;
  image: string | null;
  siteName: string | null;
  feeds: string[];
  openGraph: [string, string][];
  meta: [string, string][];
}

/** What the page says of itself; throws only for a base that is not absolute. */
export function metadata(html: string, base: string | null): PageMetadata {
  const $ = parseHtml(html);
  const from = pageBase($, checkBase(base), resolveUrl);
  const meta = readMeta($);
  const first = (...names: string[]): string | null => {
    for (const name of names) {
      const value = meta.find(([key, content]) => key.toLowerCase() === name && content !== '')?.[1];
      if (value !== undefined) return value;
    }
    return null;
  };
  const address = (url: string | null | undefined): string | null => (url ? resolveUrl(url, from) : null);
  const title = textOf($('title').first().contents().toArray());
  return {
    title: title || first('og:title', 'twitter:title'),
    description: first('description', 'og:description', 'twitter:description'),
    canonical: address($('link[rel~="canonical"][href]').first().attr('href') ?? first('og:url')),
    language: $('html').attr('lang')?.trim() || first('content-language', 'og:locale'),
    author: first('author', 'article:author', 'dc.creator'),
    published:
      first('article:published_time', 'date', 'dc.date', 'pubdate') ??
      $('time[datetime]').first().attr('datetime') ??
      null,
    image: address(first('og:image', 'og:image:url', 'twitter:image')),
    siteName: first('og:site_name', 'application-name'),
    feeds: readFeeds($, from),
    openGraph: meta.filter(([name]) => name.startsWith('og:')).map(([name, content]) => [name.slice(3), content]),
    meta: meta.filter(([name]) => !name.startsWith('og:')),
  };
}

function readMeta($: CheerioAPI): [string, string][] {
  const found: [string, string][] = [];
  for (const { attribs } of $('meta[content]').toArray()) {
    const name = attribs['property'] ?? attribs['name'] ?? attribs['http-equiv'];
    if (name) found.push([name.trim(), (attribs['content'] ?? '').trim()]);
  }
  return found;
}

function readFeeds($: CheerioAPI, base: string | null): string[] {
  return $('link[rel~="alternate"][href]')
    .toArray()
    .filter(({ attribs }) => /^application\/(?:rss|atom|feed)\+(?:xml|json)$/i.test(attribs['type'] ?? ''))
    .map(({ attribs }) => resolveUrl(attribs['href'] ?? '', base));
}
