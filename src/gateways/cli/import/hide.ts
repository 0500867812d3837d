/** A command line as it may be shown: people put keys and tokens into arguments too. */

/** Options whose value is secret by their name. */
const SECRET_NAME =
  /(?:key|token|secret|passw(?:or)?d|passphrase|auth|credential|bearer|cookie|pat|pwd|dsn|connection[-_]?string)s?$/i;
/** Beginnings that issuers give to their keys, and what else looks like no word of a person. */
const SECRET_TEXT =
  /^(?:sk|pk|rk|ghp|gho|ghs|github_pat|glpat|xox[abprs]|npm|hf|AIza|AKIA|ya29|eyJ)[-_A-Za-z0-9.]{12,}$|^(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9+_=-]{32,}$/;
const HIDDEN = '…';

/** Each argument with what may be a secret in it as `…`. */
export function hideArguments(args: readonly string[]): string[] {
  return args.map((word, i) => {
    const before = args[i - 1] ?? '';
    const [, option = '', value] = /^(--?[\w.-]+)=(.*)$/s.exec(word) ?? [];
    if (value !== undefined) return `${option}=${isSecretOption(option) ? HIDDEN : hideText(option, value)}`;
    if (!word.startsWith('-') && isSecretOption(before)) return HIDDEN;
    return hideText(before, word);
  });
}

const isSecretOption = (option: string): boolean => option.startsWith('-') && SECRET_NAME.test(option);

function hideText(option: string, word: string): string {
  if (/^(?:-e|--env)$/.test(option)) return word.replace(/=.*$/s, `=${HIDDEN}`);
  if (/^(?:-H|--header)$/.test(option)) return word.replace(/([:=]\s*).*$/s, `$1${HIDDEN}`);
  if (/^[A-Za-z_]\w*=(?:"[^"]*"|'[^']*'|\S*)$/.test(word)) return word.replace(/=.*$/s, `=${HIDDEN}`);
  // A command line in one word, as a shell takes it.
  const [, quote, inner] = /^(["'])(.*)\1$/s.exec(word) ?? [];
  if (quote !== undefined && inner !== undefined) return quote + hideText(option, inner) + quote;
  if (/\s/.test(word)) {
    const parts = word.match(/(?:[^\s"']+|"[^"]*"|'[^']*'|["'])+/g) ?? [];
    return parts.length < 2 ? HIDDEN : hideArguments(parts).join(' ');
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(word)) return hideUrl(word);
  return SECRET_TEXT.test(word) ? HIDDEN : word;
}

/** A URL without its user, its query's values and its fragment. */
export function hideUrl(text: string): string {
  return text
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, `$1${HIDDEN}@`)
    .replace(/#.*$/s, `#${HIDDEN}`)
    .replace(/\?.*$/s, (query) => query.replaceAll(/([?&][^=&#]*=)[^&#]*/g, `$1${HIDDEN}`))
    .split('/')
    .map((part) => (SECRET_TEXT.test(part) ? HIDDEN : part))
    .join('/');
}
