/** Characters that people do not see and models read. */

/** What was found, with what it spells where it spells something. */
export interface Hidden {
  readonly severity: 'high' | 'medium';
  readonly what: string;
}

const TAGS = /[\u{E0000}-\u{E007F}]+/gu;
/** Flags of regions are spelled in tags: England, Scotland and Wales. With any other letters they could spell a text. */
const FLAG =
  /\u{1F3F4}\u{E0067}\u{E0062}(?:\u{E0065}\u{E006E}\u{E0067}|\u{E0073}\u{E0063}\u{E0074}|\u{E0077}\u{E006C}\u{E0073})\u{E007F}/gu;
/** Of a Latin letter there is one form. */
const SELECTORS = /[\u{E0100}-\u{E01EF}]|[\u{FE00}-\u{FE0F}]{2,}|[A-Za-z ][\u{FE00}-\u{FE0D}]/u;
const OVERRIDES = /[\u{202A}-\u{202E}\u{2066}-\u{2069}]/u;
const RIGHT_TO_LEFT = /\p{Script=Hebrew}|\p{Script=Arabic}|\p{Script=Syriac}|\p{Script=Thaana}|\p{Script=Nko}/u;
const MARKS = /[\u{200E}\u{200F}\u{61C}]/u;
/** Zero-width characters, but for those that join emoji or letters of scripts that are written with them. */
const ZERO_WIDTH =
  /[\u{200B}\u{2060}-\u{2064}\u{180E}\u{FEFF}\u{206A}-\u{206F}\u{FFF9}-\u{FFFB}]|(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\u{FE0F}\p{M}\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Tamil}\p{Script=Sinhala}\p{Script=Malayalam}\p{Script=Khmer}])[\u{200C}\u{200D}]/gu;
const FILLERS = /[\u{34F}\u{17B4}\u{17B5}\u{115F}\u{1160}\u{3164}\u{FFA0}]|\u{AD}.{0,12}\u{AD}|\u{2800}{3,}/u;
/** A terminal obeys them; line ends and tabs it may. */
const ESCAPES = /[\u{1B}\u{9B}]/u;
const CONTROLS = /[^\P{Cc}\n\r\t\f\v]/u;
const PRIVATE = /\p{Co}{4,}/u;

/** Each kind of hidden character once. Linear. */
export function hiddenIn(text: string): readonly Hidden[] {
  const found: Hidden[] = [];
  const high = (what: string): void => void found.push({ severity: 'high', what });
  const medium = (what: string): void => void found.push({ severity: 'medium', what });
  const body = text.startsWith('\u{FEFF}') ? text.slice(1) : text;
  const tags = body.replaceAll(FLAG, '').match(TAGS)?.join('') ?? '';
  if (tags !== '') high(`tag characters that spell "${spelled(tags)}"`);
  if (SELECTORS.test(body)) high(`variation selectors where none belong, which can carry text: "${selected(body)}"`);
  if (ESCAPES.test(body)) high('escape sequences of terminals');
  else if (CONTROLS.test(body)) medium('control characters');
  const rtl = RIGHT_TO_LEFT.test(body);
  if (rtl ? /[\u{202D}\u{202E}]/u.test(body) : OVERRIDES.test(body))
    high('characters that reverse the direction of text');
  else if (!rtl && MARKS.test(body)) medium('marks of the direction of text where none is needed');
  const zero = [...body.matchAll(ZERO_WIDTH)].length;
  if (zero > 0) {
    const what = `${zero} zero-width ${zero === 1 ? 'character' : 'characters'}`;
    if (zero >= 8) high(what);
    else medium(what);
  }
  if (FILLERS.test(body)) medium('characters that show nothing');
  if (PRIVATE.test(body)) medium('characters of private use');
  return found;
}

/** Tags are ASCII moved to another place. */
function spelled(tags: string): string {
  return Array.from(tags, (tag) => String.fromCodePoint((tag.codePointAt(0) ?? 0) - 0xe0000)).join('');
}

/** One byte per selector. */
function selected(text: string): string {
  const bytes: number[] = [];
  for (const [one] of text.matchAll(/[\u{E0100}-\u{E01EF}\u{FE00}-\u{FE0F}]/gu)) {
    const code = one.codePointAt(0) ?? 0;
    bytes.push(code >= 0xe0100 ? code - 0xe0100 + 16 : code - 0xfe00);
    if (bytes.length >= 200) break;
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
