/**
 * Which tools a client is offered: patterns of components and functions, and whether the tools are listed or searched
 * for. Pure.
 */
import { SwitchboardError } from './errors.ts';
import { printable } from './reference.ts';

/** `all`: every tool is listed. `search`: none is, they are found by search. A number: listed up to that many. */
export type ToolsMode = 'all' | 'search' | number;

/** What `auto` means: more tools than this are found by search. */
export const LISTED_TOOLS = 100;

/** What a client is offered of what is installed. Each part narrows; absent ones do not. */
export interface Narrowing {
  /** Patterns, as `parsePattern` reads them. */
  readonly only?: readonly string[] | undefined;
  /** Wins over the profile's. */
  readonly tools?: ToolsMode | undefined;
  /** The name of a profile, followed as it changes; one that is gone offers nothing. */
  readonly profile?: string | undefined;
}

/** A narrowing under a name, kept in the home. */
export interface Profile {
  readonly name: string;
  readonly only: readonly string[];
  readonly tools?: ToolsMode;
}

/** A function as patterns see it. */
export interface Offered {
  /** `namespace:name`. */
  readonly component: string;
  readonly id: string;
  readonly name: string;
  readonly tool: string;
}

export interface Narrowed {
  /** Whether a function of a component is offered. */
  offers(fn: Offered): boolean;
  /** Whether one of Switchboard's own tools is: unless a pattern takes it out. */
  offersOwn(tool: string): boolean;
}

type Pattern =
  | { readonly out: boolean; readonly tool: string }
  | { readonly out: boolean; readonly component: string; readonly fn: string | undefined };

const MOST_PATTERNS = 200;
const LONGEST_PATTERN = 200;
const MOST_LISTED = 100_000;

/**
 * A pattern: `demo:text` or `demo:*` names components, `demo:text/count` or `demo:text/api.*` functions of theirs by id or
 * short name, and what has no colon tools by name, as `demo_text_*`. `*` is any characters, `?` is one. A leading `!`
 * takes out what the others let in. Errors: `invalid-setting`.
 */
export function parsePattern(text: string): Pattern {
  const out = text.startsWith('!');
  const body = out ? text.slice(1) : text;
  const at = body.indexOf('/');
  const component = at < 0 ? body : body.slice(0, at);
  const fn = at < 0 ? undefined : body.slice(at + 1);
  if (text.length > LONGEST_PATTERN || /[\s\p{C}]/u.test(text)) throw invalid(text);
  if (/^[a-zA-Z0-9_*?-]+$/.test(body)) return { out, tool: body };
  if (component.includes('@')) throw invalid(text, 'it names no version: tools are of the newest');
  if (!/^[a-z0-9*?-]+:[a-z0-9*?-]+$/.test(component) || fn === '') throw invalid(text);
  return { out, component, fn };
}

function invalid(text: string, why = 'write namespace:name, namespace:name/function or a tool name, with * and ?') {
  return new SwitchboardError('invalid-setting', `"${printable(text)}" is not a pattern: ${why}`);
}

/** What patterns offer: everything that one of them names, or everything where none lets in, less what is taken out. */
export function narrowed(patterns: readonly string[]): Narrowed {
  if (patterns.length > MOST_PATTERNS) {
    throw new SwitchboardError('invalid-setting', `there may be ${MOST_PATTERNS} patterns, not ${patterns.length}`);
  }
  const parsed = patterns.map(parsePattern);
  const [ins, outs] = [parsed.filter((one) => !one.out), parsed.filter((one) => one.out)];
  return {
    offers: (fn) => (ins.length === 0 || ins.some((one) => names(one, fn))) && !outs.some((one) => names(one, fn)),
    offersOwn: (tool) => !outs.some((one) => 'tool' in one && glob(one.tool, tool)),
  };
}

function names(pattern: Pattern, { component, id, name, tool }: Offered): boolean {
  if ('tool' in pattern) return glob(pattern.tool, tool);
  if (!glob(pattern.component, component)) return false;
  return pattern.fn === undefined || glob(pattern.fn, id) || glob(pattern.fn, name);
}

/** Whether `text` is what the pattern says. Takes at most the product of their lengths, whatever either is. */
export function glob(pattern: string, text: string): boolean {
  let [p, t, star, from] = [0, 0, -1, 0];
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      from = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++from;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** `all`, `search`, `auto` or a number, as text or value. Errors: `invalid-setting`. */
export function parseToolsMode(given: unknown): ToolsMode {
  if (given === 'all' || given === 'search') return given;
  if (given === 'auto') return LISTED_TOOLS;
  const count = typeof given === 'string' && /^\d{1,6}$/.test(given) ? Number(given) : given;
  if (typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= MOST_LISTED) return count;
  throw new SwitchboardError(
    'invalid-setting',
    `"${printable(String(given), 40)}" is no way to offer tools; write all, search, auto or the most to list`,
  );
}

/** The name of a profile, fit for a URL. Errors: `invalid-setting`. */
export function checkProfileName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return name;
  throw new SwitchboardError(
    'invalid-setting',
    `"${printable(name, 80)}" is no name of a profile: letters, digits and . _ -, at most 64`,
  );
}

/** A narrowing as it came from elsewhere. Errors: `invalid-setting`. */
export function checkNarrowing(given: Narrowing): Narrowing {
  const { only, tools, profile } = given;
  if (only !== undefined) narrowed(only);
  return {
    ...(only === undefined ? {} : { only: [...only] }),
    ...(tools === undefined ? {} : { tools: parseToolsMode(tools) }),
    ...(profile === undefined ? {} : { profile: checkProfileName(profile) }),
  };
}

/** A profile as it came from elsewhere. Errors: `invalid-setting`. */
export function checkProfile({ name, only, tools }: Profile): Profile {
  narrowed(only);
  return {
    name: checkProfileName(name),
    only: [...only],
    ...(tools === undefined ? {} : { tools: parseToolsMode(tools) }),
  };
}

export function profileNotFound(name: string): SwitchboardError {
  return new SwitchboardError('profile-not-found', `there is no profile ${printable(name, 80)}`, {
    fix: 'switchboard profile list',
  });
}
