/** Which functions of which components a component may call: patterns of grants and of manifests. Pure. */
import { SwitchboardError } from './errors.ts';
import { glob } from './narrowing.ts';
import { printable } from './reference.ts';

/** `*` stands for any characters. Without `function` every function of the components is meant. */
export interface CallPattern {
  /** `demo:text`, `demo:*`, `*:*`; no version. */
  readonly component: string;
  /** An id or a short name: `count`, `api.*`. */
  readonly function?: string;
}

/** A function that somebody wants to call. */
export interface CalledFunction {
  /** `namespace:name`. */
  readonly component: string;
  readonly id: string;
  readonly name: string;
}

const COMPONENT = /^[a-z0-9*-]{1,64}:[a-z0-9*-]{1,64}$/;
const FUNCTION = /^[A-Za-z0-9*._:/@#-]{1,200}$/;

/** `ns:name` or `ns:name#function`. Undefined where it is neither. */
export function readCallPattern(text: string): CallPattern | undefined {
  const at = text.indexOf('#');
  const component = at < 0 ? text : text.slice(0, at);
  const fn = at < 0 ? undefined : text.slice(at + 1);
  if (!COMPONENT.test(component) || (fn !== undefined && !FUNCTION.test(fn))) return undefined;
  return fn === undefined ? { component } : { component, function: fn };
}

/** The same; errors: `invalid-setting`. */
export function parseCallPattern(text: string): CallPattern {
  const pattern = readCallPattern(text);
  if (pattern) return pattern;
  throw new SwitchboardError(
    'invalid-setting',
    `--call "${printable(text, 200)}": write namespace:name or namespace:name#function, with * for any characters`,
  );
}

export const formatCallPattern = ({ component, function: fn }: CallPattern): string =>
  fn === undefined ? component : `${component}#${fn}`;

/** Whether any function of the component may be meant. */
export const namesComponent = (pattern: CallPattern, component: string): boolean => glob(pattern.component, component);

export function namesFunction(pattern: CallPattern, { component, id, name }: CalledFunction): boolean {
  if (!namesComponent(pattern, component)) return false;
  return pattern.function === undefined || glob(pattern.function, id) || glob(pattern.function, name);
}

/**
 * Whether everything that `narrow` names is named by `wide`. There is no other wildcard than `*`: what matches the text
 * of a pattern, its stars included, matches whatever they may stand for.
 */
export function callPatternWithin(narrow: CallPattern, wide: CallPattern): boolean {
  if (!glob(wide.component, narrow.component)) return false;
  return wide.function === undefined || (narrow.function !== undefined && glob(wide.function, narrow.function));
}
