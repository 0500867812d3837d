import { type Response, send } from 'switchboard:host/http@0.1.0';
import { links as linksOf } from '../../html/src/links.ts';
import { toMarkdown } from '../../html/src/markdown.ts';
import { metadata as metadataOf } from '../../html/src/metadata.ts';
import { parseHtml, textOf } from '../../html/src/dom.ts';
import { charsetOf, decode } from './charset.ts';

const CHARACTERS = 50_000;
const MOST_CHARACTERS = 1_000_000;
const MOST_BYTES = 8 * 1024 * 1024;
const TIMEOUT_MS = 15_000;
const TEXTUAL = /^(?:text\/|application\/(?:[\w.-]+\+)?(?:json|xml|javascript|xhtml\+xml|yaml|toml)|image\/svg)/i;
const HTML = /^(?:text\/html|application\/xhtml\+xml)/i;

interface Fetched extends Response {
  readonly contentType: string;
  readonly text: string;
}

/** The functions that world.wit exports. The message of a thrown error is the error case of a result. */
export function read(url: string, format: 'markdown' | 'text' | 'raw' | null, maxCharacters: number | null): object {
  const page = fetchText(url);
  const isHtml = HTML.test(page.contentType);
  const wanted = format ?? 'markdown';
  const content =
    !isHtml || wanted === 'raw'
      ? page.text
      : wanted === 'text'
        ? plain(page.text)
        : toMarkdown(page.text, page.url, null);
  const most = Math.min(maxCharacters ?? CHARACTERS, MOST_CHARACTERS);
  return {
    url: page.url,
    status: page.status,
    contentType: page.contentType,
    content: content.slice(0, most),
    truncated: page.truncated || content.length > most,
  };
}

export function links(url: string): object[] {
  const page = fetchText(url);
  return linksOf(page.text, page.url, null).map(({ url: to, text }) => ({ url: to, text }));
}

export function metadata(url: string): object {
  const page = fetchText(url);
  return { ...metadataOf(page.text, page.url), url: page.url };
}

function plain(html: string): string {
  const $ = parseHtml(html);
  return textOf($.root().contents().toArray());
}

function fetchText(url: string): Fetched {
  const response = get(url);
  const contentType = response.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? 'text/plain';
  if (!TEXTUAL.test(contentType)) throw new Error(`${response.url} is ${contentType}, not text`);
  return { ...response, contentType, text: decode(response.body, charsetOf(contentType, response.body)) };
}

function get(url: string): Response {
  const wanted = /^[a-z][a-z0-9+.-]*:/i.test(url) ? url : `https://${url}`;
  try {
    return send({
      method: 'GET',
      url: wanted,
      headers: [
        ['accept', 'text/html, application/xhtml+xml, application/json;q=0.9, text/*;q=0.8'],
        ['user-agent', 'Mozilla/5.0 (compatible; switchboard-fetch)'],
      ],
      timeoutMs: TIMEOUT_MS,
      maxBytes: MOST_BYTES,
      redirects: 5,
    });
  } catch (thrown) {
    const { payload = thrown } = thrown as { payload?: unknown };
    const { tag, val } = payload as { tag?: string; val?: string };
    throw new Error(`${wanted}: ${[tag, val].filter((part) => part !== undefined).join(': ') || String(payload)}`);
  }
}
