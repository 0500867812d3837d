/** What of WASI 0.3 a component's functions use, and the forms of it that have no JSON or that nothing here runs. */
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import type { ComponentTypes, TypeEntry, TypeRef, WitFunction } from '#core/wit-types';
import { countUses, resolve, rootsOf } from './types.ts';

/** Whether a function is async, or a stream or future crosses when it is called. */
export function isConcurrentFunction(types: ComponentTypes, fn: WitFunction): boolean {
  return fn.async === true || holdsAsync(types, rootsOf(fn));
}

/** Whether any function of the component is. */
export function isConcurrent(types: ComponentTypes): boolean {
  return types.types.some(isAsync) || allFunctions(types).some((fn) => fn.async === true);
}

/** Whether a value of one of these types holds streams or futures. */
export function holdsAsync(types: ComponentTypes, roots: readonly TypeRef[]): boolean {
  if (!types.types.some(isAsync)) return false;
  return [...countUses(types, roots).keys()].some((index) => isAsync(types.types[index]));
}

/**
 * Throws `unsupported-component` for what is neither converted nor run: a future of a future (JavaScript makes one of
 * the two), a stream or future inside the error that an exported function returns, and one without a type among its
 * arguments, which the transpiler cannot lower.
 */
export function refuseConcurrent(types: ComponentTypes): void {
  if (!types.types.some(isAsync)) return;
  for (const entry of types.types) {
    if (entry.kind !== 'future' || entry.element === undefined) continue;
    const inner = resolve(types, entry.element);
    if (typeof inner === 'object' && inner.kind === 'future') throw refused('a future of a future');
  }
  const exported = [...types.exportedFunctions, ...types.exports.flatMap((e) => e.functions)];
  for (const fn of exported) {
    if (holdsUnit(types, fn))
      throw refused(`a stream or future without a type in the arguments of \`${printable(fn.name)}\``);
    const result = fn.result === undefined ? undefined : resolve(types, fn.result);
    if (typeof result !== 'object' || result.kind !== 'result' || result.err === undefined) continue;
    if (holdsAsync(types, [result.err])) throw refused(`a stream or future in the error of \`${printable(fn.name)}\``);
  }
}

function holdsUnit(types: ComponentTypes, fn: WitFunction): boolean {
  const uses = countUses(
    types,
    fn.params.map((p) => p.type),
  );
  return [...uses.keys()].some((index) => {
    const entry = types.types[index];
    return (entry?.kind === 'stream' || entry?.kind === 'future') && entry.element === undefined;
  });
}

function allFunctions(types: ComponentTypes): readonly WitFunction[] {
  const interfaces = [...types.imports, ...types.exports].flatMap((i) => i.functions);
  return [...types.importedFunctions, ...types.exportedFunctions, ...interfaces];
}

function isAsync(entry: TypeEntry | undefined): boolean {
  return entry?.kind === 'stream' || entry?.kind === 'future';
}

function refused(what: string): SwitchboardError {
  return new SwitchboardError('unsupported-component', `the component uses ${what}, which is not supported`);
}
