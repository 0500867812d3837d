/** `WWW-Authenticate`, as registries send it (RFC 9110 section 11.6.1; the token flow of the Docker registry). */

export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The challenges of a header; what cannot be read is left out. */
export function parseChallenges(header: string | undefined): readonly Challenge[] {
  const found: Challenge[] = [];
  if (header === undefined || header.length > 8_192) return found;
  const pattern = /([A-Za-z0-9_-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?\s*,?\s*/y;
  let parameters: Record<string, string> | undefined;
  for (let match = pattern.exec(header); match; match = pattern.exec(header)) {
    const [, word = '', quoted, plain] = match;
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain;
    if (value === undefined) {
      parameters = {};
      found.push({ scheme: word.toLowerCase(), parameters });
    } else if (parameters) parameters[word.toLowerCase()] = value;
    if (pattern.lastIndex >= header.length) break;
  }
  return found;
}
