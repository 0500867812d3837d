/** Values of `switchboard:mcp/content` (wit/mcp.wit), in their JSON form, as MCP has them. Types are checked by then. */
import type {
  Annotations,
  BlobResourceContents,
  CallToolResult,
  ContentBlock,
  Resource,
  TextResourceContents,
} from '@modelcontextprotocol/server';
import { SwitchboardError } from '#core/errors';
import { formatSize } from '#core/limits';
import type { ContentKind } from '#core/mcp-content';
import { printable } from '#core/reference';
import { cleanText } from './schemas.ts';
import { isUri, publicUri } from './uris.ts';

const MOST_BLOCKS = 1_000;
/** Characters as sent, base64 included: clients over stdio give up at a line of 10 MiB. */
const LARGEST = 8 * 1024 * 1024;
const DEEPEST = 100;
const LONGEST_NAME = 256;
const LONGEST_DESCRIPTION = 4_000;
const TOKEN = '[a-zA-Z0-9][a-zA-Z0-9!#$&^_.+-]{0,126}';
/** RFC 6838, with parameters as in `text/plain; charset=utf-8`. */
const MIME = new RegExp(`^${TOKEN}/${TOKEN}(?:; ?${TOKEN}=(?:${TOKEN}|"[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]{0,127}"))*$`);
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

type Option<T> = T | null;
export type Role = 'user' | 'assistant';

export interface OwnAnnotations {
  readonly audience: readonly Role[];
  readonly priority: Option<number | string>;
  readonly 'last-modified': Option<string>;
}
export interface OwnNamed {
  readonly name: string;
  readonly title: Option<string>;
  readonly description: Option<string>;
}
export interface OwnDescribed extends OwnNamed {
  readonly 'mime-type': Option<string>;
  readonly annotations: Option<OwnAnnotations>;
}
export interface OwnLink extends OwnDescribed {
  readonly uri: string;
  readonly size: Option<number | string>;
}
export interface OwnContents {
  readonly uri: string;
  readonly 'mime-type': Option<string>;
  readonly body: { readonly tag: 'text' | 'blob'; readonly val: string };
}
interface OwnMedia {
  readonly data: string;
  readonly 'mime-type': string;
  readonly annotations: Option<OwnAnnotations>;
}
export type OwnContent =
  | { readonly tag: 'text'; readonly val: { readonly text: string; readonly annotations: Option<OwnAnnotations> } }
  | { readonly tag: 'image' | 'audio'; readonly val: OwnMedia }
  | {
      readonly tag: 'embedded';
      readonly val: { readonly contents: OwnContents; readonly annotations: Option<OwnAnnotations> };
    }
  | { readonly tag: 'link'; readonly val: OwnLink };
interface OwnToolResult {
  readonly content: readonly OwnContent[];
  readonly structured: Option<string>;
  readonly 'is-error': boolean;
}

/** The result of a function whose type is content. Errors: `invalid-result`, `too-large`. */
export function contentResult(kind: ContentKind, value: unknown, component: string): CallToolResult {
  if (kind === 'block') return { content: contentBlocks([value as OwnContent], component) };
  if (kind === 'list') return { content: contentBlocks(value as readonly OwnContent[], component) };
  const result = value as OwnToolResult;
  const content = contentBlocks(result.content, component);
  const structuredContent = result.structured === null ? undefined : objectOf(result.structured);
  // For clients that read no structured content, as the specification asks.
  if (structuredContent && content.length === 0) content.push({ type: 'text', text: result.structured ?? '' });
  return {
    content,
    ...(structuredContent ? { structuredContent } : {}),
    ...(result['is-error'] ? { isError: true } : {}),
  };
}

/** Blocks as MCP has them; `component` is `ns:name`, whose resources their URIs are. */
export function contentBlocks(values: readonly OwnContent[], component: string): ContentBlock[] {
  const budget = newBudget();
  if (values.length > MOST_BLOCKS) throw tooLarge(`${values.length} blocks of content`, `${MOST_BLOCKS} are`);
  return values.map((value, i) => blockOf(value, component, budget, `content[${i}]`));
}

/** The contents of a resource. */
export function resourceContents(
  values: readonly OwnContents[],
  component: string,
): (TextResourceContents | BlobResourceContents)[] {
  const budget = newBudget();
  if (values.length > MOST_BLOCKS) throw tooLarge(`${values.length} resources`, `${MOST_BLOCKS} are`);
  return values.map((value, i) => contentsOf(value, component, budget, `contents[${i}]`));
}

/** A resource as it is listed, or linked to. `web`: links to the web stay what they are. */
export function resourceOf(link: OwnLink, component: string, path: string, web: boolean): Resource {
  const uri = checkUri(link.uri, path);
  const size = Number(link.size ?? Number.NaN);
  return {
    uri: web && /^https?:\/\//i.test(uri) ? uri : publicUri(component, uri),
    ...describedOf(link, path),
    ...(Number.isSafeInteger(size) ? { size } : {}),
  };
}

/** What resources, templates and links share. */
export function describedOf(
  value: OwnDescribed,
  path: string,
): { name: string; title?: string; description?: string; mimeType?: string; annotations?: Annotations } {
  return {
    ...namedOf(value, path),
    ...(value['mime-type'] === null ? {} : { mimeType: mimeOf(value['mime-type'], path) }),
    ...annotationsOf(value.annotations, path),
  };
}

/** Name, title and description: a stranger's prose, so without what nobody sees. */
export function namedOf(value: OwnNamed, path: string): { name: string; title?: string; description?: string } {
  const name = cleanText(value.name, LONGEST_NAME);
  if (name === '') throw invalid(`${path}.name`, 'is empty');
  return {
    name,
    ...(value.title === null ? {} : { title: cleanText(value.title, LONGEST_NAME) }),
    ...(value.description === null ? {} : { description: cleanText(value.description, LONGEST_DESCRIPTION) }),
  };
}

export function invalid(path: string, problem: string): SwitchboardError {
  return new SwitchboardError('invalid-result', `${path} ${problem}`);
}

type Budget = (length: number) => void;

function newBudget(): Budget {
  let total = 0;
  return (length) => {
    total += length;
    if (total > LARGEST) throw tooLarge(`content of more than ${formatSize(LARGEST)}`, `${formatSize(LARGEST)} is`);
  };
}

function tooLarge(what: string, most: string): SwitchboardError {
  return new SwitchboardError('too-large', `the component returned ${what}; ${most} the most that clients are sent`);
}

function blockOf(content: OwnContent, component: string, budget: Budget, path: string): ContentBlock {
  switch (content.tag) {
    case 'text': {
      const { text, annotations } = content.val;
      budget(text.length);
      return { type: 'text', text, ...annotationsOf(annotations, path) };
    }
    case 'image':
    case 'audio': {
      const { data, annotations } = content.val;
      const mimeType = mimeOf(content.val['mime-type'], path);
      if (!mimeType.toLowerCase().startsWith(`${content.tag}/`)) {
        throw invalid(`${path}.mime-type`, `is "${mimeType}", which is no type of ${content.tag}`);
      }
      budget(data.length);
      return { type: content.tag, data, mimeType, ...annotationsOf(annotations, path) };
    }
    case 'embedded': {
      const { contents, annotations } = content.val;
      const resource = contentsOf(contents, component, budget, path);
      return { type: 'resource', resource, ...annotationsOf(annotations, path) };
    }
    case 'link': {
      budget(content.val.uri.length);
      return { type: 'resource_link', ...resourceOf(content.val, component, path, true) };
    }
  }
}

function contentsOf(
  contents: OwnContents,
  component: string,
  budget: Budget,
  path: string,
): TextResourceContents | BlobResourceContents {
  const { tag, val } = contents.body;
  budget(val.length);
  const head = {
    uri: publicUri(component, checkUri(contents.uri, path)),
    ...(contents['mime-type'] === null ? {} : { mimeType: mimeOf(contents['mime-type'], path) }),
  };
  return tag === 'text' ? { ...head, text: val } : { ...head, blob: val };
}

function annotationsOf(value: Option<OwnAnnotations>, path: string): { annotations?: Annotations } {
  if (value === null) return {};
  const { audience, priority } = value;
  const lastModified = value['last-modified'];
  if (priority !== null && !(typeof priority === 'number' && priority >= 0 && priority <= 1)) {
    throw invalid(`${path}.annotations.priority`, 'is not from 0 to 1');
  }
  if (lastModified !== null && !(INSTANT.test(lastModified) && !Number.isNaN(Date.parse(lastModified)))) {
    throw invalid(`${path}.annotations.last-modified`, 'is not a time as 2026-07-28T12:00:00Z');
  }
  const annotations: Annotations = {
    ...(audience.length === 0 ? {} : { audience: [...new Set(audience)] }),
    ...(priority === null ? {} : { priority }),
    ...(lastModified === null ? {} : { lastModified }),
  };
  return Object.keys(annotations).length === 0 ? {} : { annotations };
}

function mimeOf(text: string, path: string): string {
  if (text.length > 255 || !MIME.test(text)) {
    throw invalid(`${path}.mime-type`, `is "${printable(text, 60)}", which is no media type`);
  }
  return text;
}

function checkUri(text: string, path: string): string {
  if (!isUri(text)) throw invalid(`${path}.uri`, `is "${printable(text, 60)}", which is no absolute URI`);
  return text;
}

function objectOf(json: string): { [key: string]: unknown } {
  newBudget()(json.length);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw invalid('structured', 'is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('structured', 'is not a JSON object');
  }
  if (isDeep(value)) throw invalid('structured', `nests deeper than ${DEEPEST}`);
  return value as { [key: string]: unknown };
}

/** Whether it nests deeper than may be: what JSON.parse reads without a stack, JSON.stringify would need one for. */
function isDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return false;
}
