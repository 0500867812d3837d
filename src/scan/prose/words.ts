/** Cuts text into words, with marks for what is told by its form: paths of secrets, addresses, tags. Linear in its length. */

const SENSITIVE =
  /~\/\.[a-z][\w./-]{1,64}|(?:\.ssh\b|id_(?:rsa|dsa|ecdsa|ed25519)(?:\.pub)?\b|\.aws\b|\.gnupg\b|\.netrc\b|\.npmrc\b|\.pypirc\b|\.git-credentials\b|\.docker\/config\.json|\.kube\b|\.cursor\b|\.claude\b|\.codeium\b|mcp(?:_config)?\.json|claude_desktop_config(?:\.json)?|etc\/(?:passwd|shadow|sudoers)|(?<![\w)\]])\.env\b(?!\.(?:example|\w+\())|\.bash_history|\.zsh_history|authorized_keys|wallet\.dat|cookies\.sqlite|login\.keychain|service-?account\.json|\.config\/gcloud)(?:[\w./-]{0,64})/g;
const AGENT_FILE =
  /(?:\.cursorrules|claude\.md|agents\.md|gemini\.md|copilot-instructions\.md|\.windsurfrules|\.clinerules)/g;
const URL_LIKE = /\b(?:https?|ftp|wss?):\/\/[^\s"'<>)]{1,500}/g;
const EMAIL = /@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}/g;
const NUMBER = /\+\d[\d -]{7,16}\d|\b[a-z]{2}\d\d(?: ?[\da-z]{4}){3,7}\b|\b0x[0-9a-f]{40}\b/g;
const BEACON =
  /!\[[^\]\n]{0,60}\]\(\s*(?:https?:)?\/\/[^)\s]{1,300}?(?:[{<$]|[?&](?:data|d|q|secret|history|context|content|text|payload)=)[^)\s]{0,300}\)/g;
const TAG =
  /<\/?\s?(?:important|system|secret|instructions?|hidden|admin|critical|urgent|override|assistant|system[-_]?(?:prompt|message|reminder|instructions?)|im_start|im_end|tool_instructions?|user_query|thinking|developer)(?:\s[^<>\n]{0,80})?\/?>|<\|[a-z_]{2,20}\|>|<<\s?\/?sys\s?>>|\[\/?inst\]|\[\/?(?:system|important|hidden|admin|secret|critical)\b[^\]\n]{0,40}\]|^#{2,4} ?(?:system|instructions? to (?:the )?(?:ai|model|assistant))\b/gm;
const TURN = /^\s{0,8}(?:system|assistant|human|user)\s?:(?=\s?\S)/gm;
const ALARM =
  /\b(?:important|critical|urgent|mandatory|attention|warning|crucial|essential|note)\s?[:!]|(?:^|\n)\s{0,8}(?:important|critical|urgent|mandatory)\b/g;
const PIPE =
  /(?:curl|wget)\s[^\n|]{1,120}\|\s{0,4}(?:sudo\s)?(?:ba|z|da)?sh\b|\brm\s+-rf?\s+[~/*]|\bnc\s+-e\b|\/dev\/tcp\/|base64\s+-{1,2}d[^\n|]{0,100}\|\s{0,4}(?:ba)?sh/g;
/** A name as tools have it, in quotation marks or after "the tool". */
const TOOL_NAME =
  /(?<=['"`])[a-z]{2,24}_[a-z_]{2,40}(?=['"`])|\b(?:mcp_|the |calls? |calling |use |using |invoke )[a-z]{2,24}_[a-z_]{2,40}\b/g;

const MARKS: readonly (readonly [RegExp, string])[] = [
  [BEACON, '§beacon'],
  [PIPE, '§pipe'],
  [TAG, '§tag'],
  [TURN, '§turn'],
  [AGENT_FILE, '§agentfile'],
  [EMAIL, '§email'],
  [URL_LIKE, '§url'],
  [SENSITIVE, '§path'],
  [NUMBER, '§number'],
  [TOOL_NAME, '§toolname'],
  [ALARM, '§alarm'],
];

const WORD = /§[a-z]+|[\p{L}\p{N}]+(?:'[a-z]{1,2}(?![\p{L}\p{N}]))?|[.!?;](?=\s|$)|\n\s*\n/gu;
const CONTRACTED: ReadonlyMap<string, readonly string[]> = new Map([
  ['dont', ['do', 'not']],
  ['doesnt', ['does', 'not']],
  ['cant', ['cannot']],
  ['wont', ['will', 'not']],
  ['mustnt', ['must', 'not']],
  ['shouldnt', ['should', 'not']],
]);
/** A sentence of fewer words does not end there: full stops between words are a way to take phrases apart. */
const SHORTEST_SENTENCE = 4;

/** The end of a sentence or paragraph; no phrase goes over it. */
export const END = '.';

const DIGITS: { readonly [digit: string]: string } = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't' };

/** Digits read as letters where they stand among letters: `1gn0re`. What it makes of `sha1` means nothing. */
function unleeted(word: string): string {
  if (!/\d/.test(word) || !/[a-z]/.test(word)) return word;
  return word.replaceAll(/[013457]/g, (digit) => DIGITS[digit] ?? digit);
}

/** Words of normalised text. */
export function wordsOf(text: string): string[] {
  let marked = text.replaceAll('§', ' ');
  for (const [pattern, mark] of MARKS) {
    if (mark === '§tag') marked = marked.replaceAll(pattern, ` ${mark} ${END} `);
    else if (mark === '§toolname') marked = marked.replaceAll(pattern, (name) => ` ${mark} ${saidBy(name)} `);
    else marked = marked.replaceAll(pattern, ` ${mark} `);
  }
  const words: string[] = [];
  const known = new Map<string, readonly string[]>();
  let inSentence = 0;
  for (const [token] of marked.matchAll(WORD)) {
    if (/^[.!?;\n]/.test(token)) {
      if (inSentence >= SHORTEST_SENTENCE) words.push(END);
      if (inSentence >= SHORTEST_SENTENCE) inSentence = 0;
      continue;
    }
    let whole = known.get(token);
    if (!whole) known.set(token, (whole = plainWords(token)));
    words.push(...whole);
    inSentence += whole.length;
  }
  return words;
}

/** Names of tools have two words or three; what has more could be a sentence. */
const saidBy = (name: string): string => (name.split('_').length > 3 ? name : '');

function plainWords(token: string): readonly string[] {
  if (token.endsWith("n't")) return [token.slice(0, -3), 'not'];
  return CONTRACTED.get(token) ?? [unleeted(token.replace(/'.*$/, ''))];
}
