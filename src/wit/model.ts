/** Types as a graph, while a component is evaluated; `table.ts` turns it into the table of core. */
import { SwitchboardError } from '#core/errors';
import type { Primitive } from '#core/wit-types';
import type { Decl, Item } from './ast.ts';
import { invalid } from './reader.ts';

/** A value type. Shared structure is shared nodes. */
export type Ty = Primitive | Node;

export interface NodeField {
  readonly name: string;
  readonly type: Ty;
}

export interface NodeCase {
  readonly name: string;
  readonly type: Ty | undefined;
}

export type NodeShape =
  | { readonly kind: 'list' | 'option'; readonly type: Ty }
  | { readonly kind: 'stream' | 'future'; readonly type: Ty | undefined }
  | { readonly kind: 'tuple'; readonly types: readonly Ty[] }
  | { readonly kind: 'record'; readonly fields: readonly NodeField[] }
  | { readonly kind: 'variant'; readonly cases: readonly NodeCase[] }
  | { readonly kind: 'enum' | 'flags'; readonly labels: readonly string[] }
  | { readonly kind: 'result'; readonly ok: Ty | undefined; readonly err: Ty | undefined }
  | { readonly kind: 'own' | 'borrow'; readonly resource: Node }
  | { readonly kind: 'unsupported'; readonly what: string }
  | { readonly kind: 'resource' };

/** A type with its name and the interface that defines it, which become known when it is exported. */
export interface Node {
  readonly shape: NodeShape;
  readonly depth: number;
  name: string | undefined;
  interface: string | undefined;
}

export interface FuncType {
  readonly async: boolean;
  readonly params: readonly NodeField[];
  readonly result: Ty | undefined;
}

/** A component that may be instantiated, with the scope it was defined in. */
export interface Closure {
  readonly items: readonly Item[];
  readonly scope: Scope;
}

export type TypeItem =
  | { readonly sort: 'value'; readonly type: Ty }
  | { readonly sort: 'resource'; readonly node: Node }
  | { readonly sort: 'func'; readonly type: FuncType }
  | { readonly sort: 'instance' | 'component'; readonly decls: readonly Decl[]; readonly scope: Scope };

export type Instance = Map<string, Extern>;

/** `closure` is absent of a component that is itself imported. */
export type Extern =
  | { readonly sort: 'func'; readonly type: FuncType }
  | { readonly sort: 'type'; readonly item: TypeItem }
  | { readonly sort: 'instance'; readonly instance: Instance }
  | { readonly sort: 'component'; readonly closure: Closure | undefined }
  | { readonly sort: 'module' };

/** The index spaces of one component, component type or instance type. */
export interface Scope {
  readonly parent: Scope | undefined;
  readonly types: TypeItem[];
  readonly funcs: FuncType[];
  readonly instances: Instance[];
  readonly components: (Closure | undefined)[];
}

export function newScope(parent: Scope | undefined): Scope {
  return { parent, types: [], funcs: [], instances: [], components: [] };
}

const MOST_WORK = 300_000;
const DEEPEST_TYPE = 100;
const DEEPEST_EVALUATION = 100;

/**
 * Bounds the evaluation: a few bytes of nested instance types or instantiations can stand for 2^n
 * definitions. Every definition evaluated counts one.
 */
export class Budget {
  #work = 0;
  #depth = 0;

  spend(amount = 1): void {
    this.#work += amount;
    if (this.#work > MOST_WORK) {
      throw new SwitchboardError('unsupported-component', 'the types of the component are too many to handle');
    }
  }

  nested<T>(at: number, run: () => T): T {
    if (++this.#depth > DEEPEST_EVALUATION) throw invalid('instances nest too deeply', at);
    const value = run();
    this.#depth--;
    return value;
  }
}

/** A new unnamed type; refuses types nested deeper than 100, whose values no host could walk. */
export function makeNode(shape: NodeShape, parts: readonly (Ty | undefined)[]): Node {
  let depth = 0;
  for (const part of parts) if (typeof part === 'object') depth = Math.max(depth, part.depth);
  if (depth >= DEEPEST_TYPE) {
    throw new SwitchboardError('unsupported-component', `the component has types nested deeper than ${DEEPEST_TYPE}`);
  }
  return { shape, depth: depth + 1, name: undefined, interface: undefined };
}

/** Item `index` of an index space, or `invalid-component`. */
export function at<T>(space: readonly T[], index: number, what: string, offset: number): T {
  if (index >= space.length) throw invalid(`there is no ${what} ${index}`, offset);
  return space[index] as T;
}
