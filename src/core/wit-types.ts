/**
 * A component's types as plain JSON data: a table and references into it. A table, because WIT types
 * share structure: written out as a tree, 40 nested records of two fields each are 2^40 nodes.
 */

export type Primitive =
  | 'bool'
  | 'u8'
  | 'u16'
  | 'u32'
  | 'u64'
  | 's8'
  | 's16'
  | 's32'
  | 's64'
  | 'f32'
  | 'f64'
  | 'char'
  | 'string';

/** A primitive by name, or the index of an entry in `ComponentTypes.types`. */
export type TypeRef = Primitive | number;

export interface Field {
  readonly name: string;
  readonly type: TypeRef;
  readonly docs?: string;
}

export interface Case {
  readonly name: string;
  readonly type?: TypeRef;
  readonly docs?: string;
}

export interface Label {
  readonly name: string;
  readonly docs?: string;
}

export type TypeShape =
  | { readonly kind: 'list'; readonly element: TypeRef }
  | { readonly kind: 'tuple'; readonly items: readonly TypeRef[] }
  | { readonly kind: 'record'; readonly fields: readonly Field[] }
  | { readonly kind: 'variant'; readonly cases: readonly Case[] }
  | { readonly kind: 'enum'; readonly cases: readonly Label[] }
  | { readonly kind: 'flags'; readonly flags: readonly Label[] }
  | { readonly kind: 'option'; readonly some: TypeRef }
  | { readonly kind: 'result'; readonly ok?: TypeRef; readonly err?: TypeRef }
  | { readonly kind: 'own' | 'borrow'; readonly resource: number }
  /** Of WASI 0.3. Without `element` its items carry no value. */
  | { readonly kind: 'stream' | 'future'; readonly element?: TypeRef }
  | { readonly kind: 'resource' };

/** One entry of the table. `name` is the WIT name where the type has one; `interface` the one that defines it. */
export type TypeEntry = TypeShape & {
  readonly name?: string;
  readonly interface?: string;
  readonly docs?: string;
};

export interface Parameter {
  readonly name: string;
  readonly type: TypeRef;
}

export type FunctionKind = 'function' | 'constructor' | 'method' | 'static';

/** A function as the component's binary names it. */
export interface WitFunction {
  /** Full interface id as in `demo:text/api@1.0.0`; absent for a world-level function. */
  readonly interface?: string;
  /** The binary's own name: `analyze`, `[constructor]counter`, `[method]counter.inc`, `[static]counter.merge`. */
  readonly name: string;
  readonly kind: FunctionKind;
  /** The resource's name, for constructor, method and static. */
  readonly resource?: string;
  /** A method's first parameter is `self`, a borrow of its resource. */
  readonly params: readonly Parameter[];
  readonly result?: TypeRef;
  /** An `async func` of WASI 0.3. */
  readonly async?: true;
  readonly docs?: string;
}

/** An imported or exported interface (or, with `name` only, a world-level instance). */
export interface WitInterface {
  /** `wasi:clocks/monotonic-clock@0.2.6`, or a plain name for an inline interface. */
  readonly id: string;
  readonly functions: readonly WitFunction[];
  readonly docs?: string;
}

/** Everything `src/wit` reads from a component's bytes. Nothing in it was executed. */
export interface ComponentTypes {
  readonly types: readonly TypeEntry[];
  readonly imports: readonly WitInterface[];
  /** World-level functions that the component imports. */
  readonly importedFunctions: readonly WitFunction[];
  readonly exports: readonly WitInterface[];
  /** World-level functions that the component exports. */
  readonly exportedFunctions: readonly WitFunction[];
  /** The world's or root package's documentation, where there is any. */
  readonly docs?: string;
  /** The `ns:name@version` a build wrote into the component, if any. */
  readonly package?: string;
  /** The component runs tasks of WASI 0.3: async functions, streams, futures or their built-ins. */
  readonly concurrent?: true;
}
