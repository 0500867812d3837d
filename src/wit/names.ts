/**
 * The grammar of every name that a binary may carry. jco writes names into the JavaScript it generates,
 * some of them into string literals as they are: a name outside this grammar is an attack on the host
 * (code injection), so it is refused before anything is generated. Follows the component model's
 * Explainer.md, "Import and Export Definitions".
 */
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';

const LONGEST_EXTERN = 1024;
const FIRST_WORD = /^(?:[a-z][a-z0-9]*|[A-Z][A-Z0-9]*)$/;
const LATER_WORD = /^(?:[a-z0-9]+|[A-Z0-9]+)$/;
const LOWER_WORD = /^[a-z][a-z0-9]*$/;
const SEMVER =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;
/** Printable ASCII that cannot end a string literal of any of JavaScript's three kinds. */
const CORE_NAME = /^[\x20-\x21\x23-\x26\x28-\x5b\x5d-\x5f\x61-\x7e]*$/;

/** Whether a name is a kebab-case label: words of one case, the first beginning with a letter. */
export function isKebab(name: string): boolean {
  if (name.length === 0 || name.length > LONGEST_EXTERN) return false;
  const [first, ...rest] = name.split('-');
  return FIRST_WORD.test(first ?? '') && rest.every((word) => LATER_WORD.test(word));
}

function isLowerKebab(name: string): boolean {
  const [first, ...rest] = name.split('-');
  return LOWER_WORD.test(first ?? '') && rest.every((word) => /^[a-z0-9]+$/.test(word));
}

/** Whether a name is an interface id: `ns:pkg/iface@1.2.3`, nested namespaces and projections included. */
export function isInterfaceId(name: string): boolean {
  if (name.length > LONGEST_EXTERN) return false;
  const at = name.indexOf('@');
  if (at >= 0 && !SEMVER.test(name.slice(at + 1))) return false;
  const [path = '', ...projections] = (at < 0 ? name : name.slice(0, at)).split('/');
  const words = path.split(':');
  return words.length >= 2 && words.every(isLowerKebab) && projections.length >= 1 && projections.every(isKebab);
}

/** Whether a name is what a function of a resource is called: `[constructor]r`, `[method]r.m`, `[static]r.m`. */
export function isResourceFunction(name: string): boolean {
  const m = /^\[(constructor|method|static)\]([^.]*)(?:\.(.*))?$/s.exec(name);
  if (!m) return false;
  return isKebab(m[2] ?? '') && (m[1] === 'constructor' ? m[3] === undefined : isKebab(m[3] ?? ''));
}

/** The error for a name that no WIT could have produced. */
export function hostileName(what: string, name: string): SwitchboardError {
  return new SwitchboardError(
    'hostile-name',
    `the component has ${what} named "${printable(name)}", which is not a valid name; it is refused`,
    { data: { name: printable(name) } },
  );
}

/** Checks a label: a field, case, flag, parameter. Returns it. */
export function checkLabel(what: string, name: string): string {
  if (!isKebab(name)) throw hostileName(what, name);
  return name;
}

const ASYNC = /^\[(?:async|async method|async static)\]/;
const DEPENDENCY = /^(?:locked-dep|unlocked-dep|url|relative-url|integrity)=/;
const SHOWN = /^[\x20-\x7e]{1,200}$/;

/** Checks the name of an import, export or instantiation argument of a component. Returns it. */
export function checkExtern(what: string, name: string): string {
  if (isKebab(name) || isInterfaceId(name) || isResourceFunction(name)) return name;
  const plain = name.replace(ASYNC, '');
  if (plain !== name && plain.split('.').every(isKebab)) {
    throw new SwitchboardError(
      'unsupported-component',
      `the component uses async function \`${plain}\`; WASI 0.3 is not supported`,
    );
  }
  if (DEPENDENCY.test(name) && SHOWN.test(name)) {
    throw new SwitchboardError(
      'unsupported-component',
      `the component has ${what} "${printable(name)}" by location; components that fetch others are not supported`,
    );
  }
  throw hostileName(what, name);
}

/**
 * Checks an import or export name of an embedded core module. Returns it. `__proto__` is printable too, but
 * as a key of the object literal that jco writes it would set the literal's prototype.
 */
export function checkCoreName(what: string, name: string): string {
  if (name === '__proto__') throw hostileName(what, name);
  if (name.length > LONGEST_EXTERN * 8 || !CORE_NAME.test(name) || name.includes('${')) throw hostileName(what, name);
  return name;
}

/** A kebab-case name as jco writes it in JavaScript: `get-url` is `getUrl`, `XML-parser` is `xmlParser`. */
export function camelCase(name: string): string {
  const words = name.split('-').map((word) => word.toLowerCase());
  return words.map((word, i) => (i === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join('');
}

/**
 * Refuses two labels of one type that jco would give the same JavaScript name (`a-1` and `a1`, `a` and
 * `A`): the second would silently take the first one's place.
 */
export function checkDistinct(what: string, names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const key = camelCase(name);
    const other = seen.get(key);
    if (other !== undefined) {
      throw new SwitchboardError(
        'hostile-name',
        `the component has ${what} named "${printable(other)}" and "${printable(name)}", which cannot be told apart`,
      );
    }
    seen.set(key, name);
  }
}
