/** A stranger's text on its way to a person or a model: only what they both see. */

// Bidirectional controls, joiners, tags and selectors among them: what only one of the two would see, or see elsewhere.
const UNSEEN = /[^\P{Cc}\n\t]|[\p{Cf}\p{Zl}\p{Zp}\p{Co}\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}]/gu;

/** Without control and invisible characters but line ends and tabs. */
export function shownText(text: string): string {
  return text.toWellFormed().replaceAll(/\r\n?/g, '\n').replaceAll(UNSEEN, '');
}

/** The same in one line, cut at `longest` characters: nothing in it can look like a line of somebody else's. */
export function shownLine(text: string, longest: number): string {
  // Cut before as well: what comes may be megabytes.
  const line = shownText(text.slice(0, 4 * longest).replaceAll(/\s+/g, ' '))
    .replaceAll(/ {2,}/g, ' ')
    .trim();
  return line.length > longest ? `${line.slice(0, longest - 1).toWellFormed()}…` : line;
}

// Quotation marks of whatever script and ornament, and what looks like them.
const ONE = String.raw`'‘’‚‛‹›′‵${'`'}´ʹʼʻʽˈˊˋ՚׳❛❜❟＇｀`;
const TWO = String.raw`"“”„‟«»＂″‶‴‷⁗ʺˮ˝״〃〝〞〟❝❞❠⹂⸗\u{1F676}-\u{1F678}`;
/** What looks like a double mark, alone or made of several, also of marks that combine to one over a space. */
const DOUBLE = new RegExp(`[${ONE}]*[${TWO}][${ONE}${TWO}]*|[${ONE}]{2,}|(?<=^|\\s)\\p{M}+`, 'gu');

/** A line as a quotation that it cannot end itself. */
export function quotation(text: string, longest: number): string {
  return `“${shownLine(text, longest).replaceAll(DOUBLE, '’')}”`;
}
