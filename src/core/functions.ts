import { SwitchboardError } from './errors.ts';
import type { ComponentTypes, WitFunction } from './wit-types.ts';

/** A function a caller may name. */
export interface CallableFunction {
  /** Unique within the component, stable: `analyze`, `api.analyze` or, where ambiguous, `demo:text/api@1.0.0#analyze`. */
  readonly id: string;
  /** The shortest name that is unambiguous within the component: what people type. */
  readonly name: string;
  readonly fn: WitFunction;
  /** Whether handles of resources cross, so that a session is needed. */
  readonly needsSession: boolean;
}

/** A JSON Schema 2020-12 document. */
export type JsonSchema = { readonly [key: string]: unknown };

/** A callable function together with what gateways show of it. */
export interface DescribedFunction {
  readonly id: string;
  readonly name: string;
  readonly interface?: string;
  readonly wit: string;
  readonly docs: string;
  readonly params: readonly string[];
  readonly arguments: JsonSchema;
  /** Absent when the function returns nothing. */
  readonly result?: JsonSchema;
  readonly needsSession: boolean;
}

/** The friendly part of a raw WIT function name: `[method]counter.inc` is `counter.inc`, a constructor `counter.new`. */
export function friendlyName(fn: WitFunction): string {
  if (fn.kind === 'constructor') return `${fn.resource ?? fn.name}.new`;
  return fn.name.replace(/^\[(?:method|static)\]/, '');
}

/** `demo:text/api@1.0.0` is `api`; a plain name is itself. */
export function interfaceShortName(id: string): string {
  return id.replace(/@.*$/, '').replace(/^.*\//, '');
}

/** The initialisers that stay in a component of componentize-qjs and componentize-py, by the names of their parameters. */
const QUICKJS_INIT = 'shim,script,entry-path,disable-gc';
const PYTHON_INIT = { interface: 'exports', params: 'app-name,symbols,stub-wasi' };

/** Toolchains' own exports: real functions of the binary that no caller may ever reach. */
export function isToolchainExport(fn: WitFunction): boolean {
  const params = fn.params.map(({ name }) => name).join();
  if (fn.interface === PYTHON_INIT.interface && fn.name === 'init') return params === PYTHON_INIT.params;
  if (fn.interface !== undefined) return fn.interface.startsWith('wasi:');
  return fn.name === 'init' ? params === QUICKJS_INIT : /^(cabi|_)/.test(fn.name);
}

/** The callable functions of a component, each with its ids. `hasResource` tells whether a function's types hold handles. */
export function callableFunctions(
  types: ComponentTypes,
  hasResource: (fn: WitFunction) => boolean,
): readonly CallableFunction[] {
  const all = [...types.exportedFunctions, ...types.exports.flatMap((e) => e.functions)];
  const callable = all.filter((fn) => !isToolchainExport(fn));
  const short = countBy(callable, friendlyName);
  const dotted = countBy(callable, dottedName);
  return callable.map((fn) => {
    const name = friendlyName(fn);
    const id = dotted.get(dottedName(fn)) === 1 ? dottedName(fn) : `${fn.interface ?? ''}#${fn.name}`;
    return { id, name: short.get(name) === 1 ? name : id, fn, needsSession: hasResource(fn) };
  });
}

/**
 * Finds the function a caller named: by its id (`api.analyze`), or by its short name where that is unambiguous.
 * Throws `unknown-function` that lists what there is.
 */
export function findFunction<T extends { readonly id: string; readonly name: string }>(
  functions: readonly T[],
  wanted: string,
): T {
  const exact = functions.find((f) => f.id === wanted) ?? functions.find((f) => f.name === wanted);
  if (exact) return exact;
  const similar = functions.filter((f) => f.id.endsWith(`.${wanted}`) || f.id.endsWith(`#${wanted}`));
  if (similar.length > 1) {
    const names = similar.map((f) => f.id).join(', ');
    throw new SwitchboardError('unknown-function', `"${wanted}" is ambiguous; say one of: ${names}`);
  }
  const names = functions.map((f) => f.name).join(', ') || 'none';
  throw new SwitchboardError('unknown-function', `no function "${wanted}"; the component has: ${names}`, {
    data: { functions: functions.map((f) => f.id) },
  });
}

function dottedName(fn: WitFunction): string {
  return fn.interface === undefined ? friendlyName(fn) : `${interfaceShortName(fn.interface)}.${friendlyName(fn)}`;
}

function countBy<T>(items: readonly T[], key: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}
