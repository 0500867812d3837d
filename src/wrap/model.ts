/** What is known of a library once its declarations were read: the functions that can cross, and what cannot. */

/** Where a declaration stands: of the package, so `marked/lib/marked.d.ts`. */
export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** Something of the library that is not offered, or not whole. */
export interface Refusal {
  /** As a user of the library would write it: `parse`, `Parser.prototype.walk`, `parse(…, options.hook)`. */
  readonly what: string;
  readonly place: Place;
  readonly reason: string;
  /** `function`: it is not offered at all. `part`: it is, without this. */
  readonly loss: 'function' | 'part';
}

export type Scalar =
  | 'bool'
  | 'string'
  | 'number'
  /** A whole number of any size; in WIT its decimal digits. */
  | 'bigint'
  /** In WIT ISO 8601. */
  | 'date'
  /** In WIT `/source/flags`. */
  | 'regexp'
  | 'url'
  /** `Uint8Array`; `buffer` and `array-buffer` are the same bytes in another dress. */
  | 'bytes'
  | 'buffer'
  | 'array-buffer'
  /** A value of any shape, as JSON text. */
  | 'json'
  /** In WIT its message. */
  | 'error'
  | 'void';

/** How a TypeScript type crosses. */
export type Shape =
  | { readonly kind: Scalar }
  | { readonly kind: 'numbers'; readonly array: string }
  /** `label`: what a TypeScript enum calls the value. */
  | { readonly kind: 'literal'; readonly value: string | number | boolean; readonly label?: string }
  | { readonly kind: 'list'; readonly of: Shape; readonly as: 'array' | 'set' | 'iterable' }
  | { readonly kind: 'tuple'; readonly items: readonly Shape[] }
  | { readonly kind: 'map'; readonly key: Shape; readonly value: Shape; readonly as: 'object' | 'map' }
  | { readonly kind: 'option'; readonly of: Shape; readonly none: 'undefined' | 'null' }
  | { readonly kind: 'promise'; readonly of: Shape }
  /** A pure mapper of data, as JavaScript source that runs in the same sandbox. */
  | { readonly kind: 'mapper'; readonly text: string }
  | { readonly kind: 'enum' | 'record' | 'variant' | 'resource'; readonly type: NamedType }
  /** Cannot cross. */
  | { readonly kind: 'never'; readonly reason: string };

export interface Field {
  /** As the library calls it. */
  readonly name: string;
  shape: Shape;
  readonly docs: string;
  readonly place: Place;
}

export interface Case {
  /** A proposal for its name in WIT. */
  readonly name: string;
  /** Absent where the case is a single value: `literal`. */
  shape?: Shape;
  readonly literal?: string | number | boolean;
  readonly docs: string;
}

export type NamedType =
  | {
      readonly kind: 'enum';
      name: string;
      readonly values: readonly (string | number)[];
      /** Proposals for names in WIT, in the order of the values. */
      readonly labels: readonly string[];
      docs: string;
    }
  | { readonly kind: 'record'; name: string; fields: Field[]; docs: string; readonly direction: Direction }
  | { readonly kind: 'variant'; name: string; cases: Case[]; docs: string; readonly direction: Direction }
  | ResourceType;

export interface ResourceType {
  readonly kind: 'resource';
  name: string;
  docs: string;
  readonly place: Place;
  members: WrappedFunction[];
  /** Names that every value of the type has, to tell it from others. */
  marks: readonly string[];
  /** Whether a function or a constructor makes one. */
  made: boolean;
}

/** `in`: from the caller to the library. */
export type Direction = 'in' | 'out';

export interface Param {
  readonly name: string;
  shape: Shape;
  readonly optional: boolean;
  readonly rest: boolean;
  readonly docs: string;
  /** Never given: what cannot cross and need not be. */
  dropped?: boolean;
}

/** How the glue reaches what it calls. */
export interface Access {
  /** The module, as in `import … from 'date-fns/fp'`. */
  readonly from: string;
  /** Names from the module's namespace on; empty for `export =`. */
  readonly path: readonly string[];
}

export type Call = 'function' | 'construct' | 'method' | 'property' | 'call-self';

export interface WrappedFunction {
  /** As a user of the library would write it. */
  readonly title: string;
  /** A proposal for its name in WIT. */
  readonly name: string;
  readonly call: Call;
  /** Absent of methods and properties: those are reached from the resource's own value. */
  readonly access?: Access;
  readonly member?: string;
  params: Param[];
  result: Shape;
  /** The last parameter is a callback `(error, result)`: the result is awaited. */
  readonly completion: boolean;
  readonly docs: string;
  readonly examples: readonly string[];
  readonly place: Place;
  /** Of what the library exports by name, rather than of what such a thing returns. */
  readonly counted: boolean;
}

/** A library, ready to be written. */
export interface Derived {
  readonly functions: readonly WrappedFunction[];
  readonly resources: readonly ResourceType[];
  readonly refusals: readonly Refusal[];
  /** Functions, constructors and methods that the library exports; overloads count once. */
  readonly exported: number;
  readonly crossing: number;
}

export const isNamed = (shape: Shape): shape is Extract<Shape, { type: NamedType }> => 'type' in shape;
export const never = (reason: string): Shape => ({ kind: 'never', reason });
