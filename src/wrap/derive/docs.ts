/** Documentation comments of TypeScript as text for WIT. */
import type * as TS from 'typescript-6';
import type { LibraryProgram } from './program.ts';

export interface Docs {
  readonly text: string;
  readonly params: ReadonlyMap<string, string>;
  readonly examples: readonly string[];
  readonly defaultValue: string | undefined;
  readonly deprecated: boolean;
}

const LONGEST = 1_500;

/** Of a symbol, or of one signature of it. Defaults (`@default`, `@defaultValue`) are kept in the text. */
export function docsOf(of: TS.Symbol | TS.Signature | undefined, { ts, checker }: LibraryProgram): Docs {
  const tags = of?.getJsDocTags(checker) ?? [];
  const text = plain(ts.displayPartsToString(of?.getDocumentationComment(checker) ?? []));
  const params = new Map<string, string>();
  const examples: string[] = [];
  let defaultValue: string | undefined;
  let deprecated = false;
  for (const tag of tags) {
    const said = ts.displayPartsToString(tag.text ?? []);
    if (tag.name === 'param' || tag.name === 'arg') {
      const match = /^\[?([\w$]+)(?:=([^\]]*))?\]?\s*(?:-\s*)?([\s\S]*)$/.exec(said.trim());
      if (match !== null) params.set(match[1] ?? '', plain(withDefault(match[3] ?? '', match[2])));
    } else if (tag.name === 'example') examples.push(said.replaceAll(/^```\w*\s*|```\s*$/gm, '').trim());
    else if (/^default(?:value)?$/i.test(tag.name)) defaultValue = plain(said).split('\n')[0];
    else if (tag.name === 'deprecated') deprecated = true;
  }
  const returned = tags.find(({ name }) => name === 'returns' || name === 'return');
  const result = returned === undefined ? '' : plain(ts.displayPartsToString(returned.text ?? []));
  const whole = [text, result === '' ? '' : `Returns: ${result}`].filter((part) => part !== '').join('\n');
  return { text: withDefault(whole, defaultValue), params, examples, defaultValue, deprecated };
}

function withDefault(text: string, value: string | undefined): string {
  if (value === undefined || value === '') return text;
  return `${text}${text === '' ? '' : /[.!?]$/.test(text) ? ' ' : '. '}Default: ${value}.`;
}

/** Without mark-up of JSDoc and of HTML, of a length that a model is glad to read. */
function plain(text: string): string {
  const bare = text
    .replaceAll(
      /\{@link(?:code|plain)?\s+([^}|\s]+)[|\s]*([^}]*)\}/g,
      (_, target: string, label: string) => label || target,
    )
    .replaceAll(/<\/?(?:p|b|i|em|strong|code|br|ul|li|pre)\s*\/?>/gi, '')
    .replaceAll(/\r/g, '')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
  return bare.length > LONGEST ? `${bare.slice(0, LONGEST)}…` : bare;
}
