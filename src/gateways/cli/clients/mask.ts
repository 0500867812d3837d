/** Settings as they may be shown: other servers' keys and tokens stand in the same files. */
import { createScanner } from 'jsonc-parser';
import { TOKEN } from './json-tokens.ts';

/** The members of our own entry whose values are shown. */
export const SHOWN: readonly string[] = ['type', 'command', 'args', 'url', 'httpUrl', 'source'];

const HIDDEN = '…';

/** Each line of a text in quotes or of a comment as `…`, so that the lines stay the same ones. */
export function hidden(text: string, open: string, close: string): string {
  if (text.startsWith(`${open}Bearer `)) return `${open}Bearer ${HIDDEN}${close}`;
  const inner = text
    .slice(open.length, text.length - close.length)
    .split('\n')
    .map((line) => (line.trim() === '' ? line : HIDDEN));
  return open + inner.join('\n') + close;
}

type Range = readonly [from: number, to: number];

/** JSON with every value in quotes and every comment hidden, names and what lies in `shown` excepted. */
export function maskJson(text: string, shown: readonly Range[]): string {
  const pieces: string[] = [];
  /** The place among the pieces of a text in quotes that is a value, unless a colon follows. */
  let value: { readonly at: number; readonly masked: string } | undefined;
  const scanner = createScanner(text, false);
  for (let kind = scanner.scan(); kind !== TOKEN.end; kind = scanner.scan()) {
    const from = scanner.getTokenOffset();
    const token = text.slice(from, from + scanner.getTokenLength());
    if (kind === TOKEN.lineComment) pieces.push(`// ${HIDDEN}`);
    else if (kind === TOKEN.blockComment) pieces.push(hidden(token, '/*', '*/'));
    else pieces.push(token);
    if (kind === TOKEN.blank || kind === TOKEN.lineBreak) continue;
    if (kind === TOKEN.lineComment || kind === TOKEN.blockComment) continue;
    if (value && kind !== TOKEN.colon) pieces[value.at] = value.masked;
    const isShown = shown.some(([start, end]) => from >= start && from < end);
    value = kind === TOKEN.text && !isShown ? { at: pieces.length - 1, masked: hidden(token, '"', '"') } : undefined;
  }
  return pieces.join('');
}
