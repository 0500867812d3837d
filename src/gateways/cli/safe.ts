/** Strangers' text on its way to a terminal: no control character of theirs reaches it. */
import { printable } from '#core/reference';

/** Keeps line ends and tabs; escapes every other control and format character, so that no escape sequence is left. */
export function safeText(text: string): string {
  return text
    .split(/([\n\t])/)
    .map((part) => (part === '\n' || part === '\t' ? part : printable(part, Number.POSITIVE_INFINITY)))
    .join('');
}

/** One line without line ends or tabs, cut at `longest`. */
export function safeLine(text: string, longest = 200): string {
  return printable(text, longest);
}

/** JSON in which the characters that JSON leaves as they are but a terminal obeys are escaped: the same document. */
export function safeJson(value: unknown, indent = 2): string {
  return JSON.stringify(value, null, indent).replaceAll(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
