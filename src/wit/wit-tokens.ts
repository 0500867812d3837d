/** WIT text in tokens, doc comments among them. */

export interface Token {
  readonly kind: 'word' | 'mark' | 'docs';
  readonly text: string;
}

const TOKEN =
  /\/\/\/(?<line>[^\n]*)|\/\/[^\n]*|\/\*\*(?!\/)(?<block>[\s\S]*?)\*\/|\/\*[\s\S]*?\*\/|%?(?<word>[A-Za-z][A-Za-z0-9-]*)|(?<number>[0-9][0-9A-Za-z.+-]*)|(?<mark>->|[^\s])/g;
const LARGEST_TEXT = 4 * 1024 * 1024;

/** Tokens of WIT text; plain comments are left out, and what no grammar knows becomes a mark. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  for (const { groups } of source.slice(0, LARGEST_TEXT).matchAll(TOKEN)) {
    const { line, block, word, number, mark } = groups ?? {};
    if (line !== undefined) tokens.push({ kind: 'docs', text: line.trim() });
    else if (block !== undefined) tokens.push({ kind: 'docs', text: unstarred(block) });
    else if (word !== undefined || number !== undefined) tokens.push({ kind: 'word', text: word ?? number ?? '' });
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark });
  }
  return tokens;
}

function unstarred(block: string): string {
  return block
    .split('\n')
    .map((line) => line.trim().replace(/^\*+ ?/, ''))
    .join('\n')
    .trim();
}
