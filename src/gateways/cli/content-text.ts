/** Content (`switchboard:mcp/content`) for a person at a terminal: texts to read, of the rest what it is. */
import { formatSize } from '#core/limits';
import type { ContentKind } from '#core/mcp-content';
import type { Json } from '#host/api';
import { safeJson, safeLine, safeText } from './safe.ts';

interface Contents {
  readonly uri: string;
  readonly 'mime-type': string | null;
  readonly body: { readonly tag: 'text' | 'blob'; readonly val: string };
}
type Content =
  | { readonly tag: 'text'; readonly val: { readonly text: string } }
  | { readonly tag: 'image' | 'audio'; readonly val: { readonly data: string; readonly 'mime-type': string } }
  | { readonly tag: 'embedded'; readonly val: { readonly contents: Contents } }
  | {
      readonly tag: 'link';
      readonly val: {
        readonly uri: string;
        readonly name: string;
        readonly title: string | null;
        readonly 'mime-type': string | null;
        readonly size: number | string | null;
      };
    };
interface ToolResult {
  readonly content: readonly Content[];
  readonly structured: string | null;
  readonly 'is-error': boolean;
}

/** Whether a value can be content at all: only then its function's type is asked for. */
export function mayBeContent(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every(isTagged);
  return isTagged(value) || (isObject(value) && Array.isArray(value['content']) && 'is-error' in value);
}

function isTagged(value: unknown): boolean {
  return isObject(value) && typeof value['tag'] === 'string';
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text of a value of that kind; the value's type was checked. */
export function contentText(kind: ContentKind, value: unknown): string {
  if (kind === 'block') return `${partText(value as Content)}\n`;
  if (kind === 'list') return partsText(value as readonly Content[]);
  const { content, structured, 'is-error': failed } = value as ToolResult;
  const texts = [
    ...(failed ? ['the tool says that it failed'] : []),
    ...content.map(partText),
    ...(structured === null ? [] : [structuredText(structured)]),
  ];
  return texts.map((text) => `${text}\n`).join('');
}

function partsText(parts: readonly Content[]): string {
  return parts.map((part) => `${partText(part)}\n`).join('');
}

function partText(content: Content): string {
  switch (content.tag) {
    case 'text':
      return safeText(content.val.text);
    case 'image':
    case 'audio':
      return note(content.tag, safeLine(content.val['mime-type']), bytesOf(content.val.data));
    case 'embedded': {
      const { uri, body, 'mime-type': mime } = content.val.contents;
      const head = note('resource', safeLine(uri), typeOf(mime), body.tag === 'blob' ? bytesOf(body.val) : '');
      return body.tag === 'text' ? `${head}\n${safeText(body.val)}` : head;
    }
    case 'link': {
      const { uri, name, title, size, 'mime-type': mime } = content.val;
      const bytes = size === null ? '' : formatSize(Number(size));
      return note('link', safeLine(title ?? name), safeLine(uri), typeOf(mime), bytes);
    }
  }
}

function note(what: string, ...details: readonly string[]): string {
  return `[${what}: ${details.filter((detail) => detail !== '').join(', ')}]`;
}

function typeOf(mime: string | null): string {
  return mime === null ? '' : safeLine(mime);
}

/** The size of what base64 stands for. */
function bytesOf(base64: string): string {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  return formatSize((base64.length / 4) * 3 - padding);
}

function structuredText(json: string): string {
  try {
    return safeJson(JSON.parse(json));
  } catch {
    return safeText(json);
  }
}
