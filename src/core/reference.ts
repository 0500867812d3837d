import { SwitchboardError } from './errors.ts';

/** `sha256:` and 64 lower-case hex digits of a component's bytes. */
export type Digest = `sha256:${string}`;

/** A component's name without version: `namespace:name`, both WIT kebab-case. */
export type ComponentName = string;

/** A parsed component reference; `version` absent means the newest installed. */
export interface Reference {
  readonly name: ComponentName;
  readonly version?: string;
}

const WORD = '[a-z][a-z0-9]*(?:-[a-z0-9]+)*';
const NAME = new RegExp(`^${WORD}:${WORD}$`);
const SEMVER =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;
const LONGEST = 128;

/**
 * Parses `ns:name` or `ns:name@1.2.3`. Throws `invalid-reference` that says what was expected.
 * Underscores, upper case and path characters are not accepted, so a reference is safe as a part of
 * a file name or of a tool name (`_` is the tool names' separator).
 */
export function parseReference(text: string): Reference {
  const at = text.indexOf('@');
  const name = at < 0 ? text : text.slice(0, at);
  const version = at < 0 ? undefined : text.slice(at + 1);
  if (text.length > LONGEST || !NAME.test(name) || (version !== undefined && !SEMVER.test(version))) {
    throw new SwitchboardError(
      'invalid-reference',
      `"${printable(text)}" is not a component reference; expected namespace:name or namespace:name@1.2.3`,
    );
  }
  return version === undefined ? { name } : { name, version };
}

/** The text form of a reference. */
export function formatReference(reference: Reference): string {
  return reference.version === undefined ? reference.name : `${reference.name}@${reference.version}`;
}

/** A stranger's text made safe to print: control characters escaped, cut at 200. Stops terminal injection. */
export function printable(text: string, longest = 200): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return cut.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}
