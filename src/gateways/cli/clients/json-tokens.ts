/** The kinds of token of jsonc-parser, whose own names are a const enum that type stripping cannot keep. */
export const TOKEN = {
  comma: 5,
  colon: 6,
  text: 10,
  lineComment: 12,
  blockComment: 13,
  lineBreak: 14,
  blank: 15,
  end: 17,
} as const;
