/** A component's sections as read, before indices are resolved. Byte for byte linear in the input. */
import type { Primitive } from '#core/wit-types';

/** A primitive, or an index into the type index space. */
export type ValType = Primitive | 'error-context' | number;

export interface NamedVal {
  readonly name: string;
  readonly type: ValType;
}

export interface OptionalVal {
  readonly name: string;
  readonly type: ValType | undefined;
}

export interface FuncDef {
  readonly kind: 'func';
  readonly async: boolean;
  readonly params: readonly NamedVal[];
  readonly result: ValType | undefined;
}

export type Def =
  | { readonly kind: 'alias'; readonly type: ValType }
  | { readonly kind: 'list' | 'option'; readonly type: ValType }
  | { readonly kind: 'stream' | 'future'; readonly type: ValType | undefined }
  | { readonly kind: 'tuple'; readonly types: readonly ValType[] }
  | { readonly kind: 'record'; readonly fields: readonly NamedVal[] }
  | { readonly kind: 'variant'; readonly cases: readonly OptionalVal[] }
  | { readonly kind: 'enum' | 'flags'; readonly labels: readonly string[] }
  | { readonly kind: 'result'; readonly ok: ValType | undefined; readonly err: ValType | undefined }
  | { readonly kind: 'own' | 'borrow'; readonly resource: number }
  | { readonly kind: 'unsupported'; readonly what: string }
  | { readonly kind: 'resource' }
  | FuncDef
  | { readonly kind: 'instance'; readonly decls: readonly Decl[] }
  | { readonly kind: 'component'; readonly decls: readonly Decl[] };

export type Sort = 'core' | 'module' | 'func' | 'value' | 'type' | 'component' | 'instance';

export type Desc =
  | { readonly sort: 'module' | 'value' }
  | { readonly sort: 'func' | 'instance' | 'component'; readonly type: number }
  | { readonly sort: 'type'; readonly eq: number | undefined };

interface At {
  /** Offset in the file, for messages. */
  readonly at: number;
}

export type Alias = At & { readonly kind: 'alias'; readonly sort: Sort } & (
    | { readonly target: 'export'; readonly instance: number; readonly name: string }
    | { readonly target: 'core-export' }
    | { readonly target: 'outer'; readonly count: number; readonly index: number }
  );

/** What may stand in an instance or component type. */
export type Decl =
  | (At & { readonly kind: 'type'; readonly def: Def })
  | Alias
  | (At & { readonly kind: 'import' | 'declare'; readonly name: string; readonly desc: Desc });

export interface SortIndex {
  readonly name: string;
  readonly sort: Sort;
  readonly index: number;
}

/** What may stand in a component. */
export type Item =
  | Decl
  | (At & { readonly kind: 'component'; readonly items: readonly Item[] })
  | (At & { readonly kind: 'module' })
  | (At & { readonly kind: 'instantiate'; readonly component: number; readonly args: readonly SortIndex[] })
  | (At & { readonly kind: 'bundle'; readonly exports: readonly SortIndex[] })
  | (At & { readonly kind: 'lift'; readonly type: number; readonly async: boolean })
  | (At & { readonly kind: 'builtin' /** Named where it is refused. */; readonly what: string | undefined })
  | (At & { readonly kind: 'export'; readonly desc: Desc | undefined } & SortIndex);
