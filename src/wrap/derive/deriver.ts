/** What the parts of derivation share: the program, what was refused, the resources found, what is yet to be read. */
import type * as TS from 'typescript-6';
import type { Place, Refusal, ResourceType } from '../model.ts';
import type { LibraryProgram } from './program.ts';

/** A function, constructor, method or property that is yet to be read. */
export interface Pending {
  readonly title: string;
  readonly name: string;
  readonly call: 'function' | 'construct' | 'method' | 'property' | 'call-self';
  readonly access?: { readonly from: string; readonly path: readonly string[] };
  readonly member?: string;
  readonly symbol: TS.Symbol | undefined;
  readonly signatures: readonly TS.Signature[];
  /** Of a property. */
  readonly type?: TS.Type;
  readonly resource?: ResourceType;
  readonly place: Place;
  /** Of what the package exports by name, rather than of what such a thing returns. */
  readonly counted: boolean;
}

export interface Deriver extends LibraryProgram {
  readonly refusals: Refusal[];
  /** By the symbol of the type. */
  readonly resources: Map<TS.Symbol | TS.Type, ResourceType>;
  readonly pending: Pending[];
  /** What is read now, for the names of types that have none and for what is said of refusals. */
  current: { title: string; place: Place };
  /** How many types may yet be looked at for the one that is read now; beyond it a value is JSON text. */
  budget: number;
}

/** Of types for one parameter or result: types that compute types can be without end. */
export const BUDGET = 2_000;

export function createDeriver(program: LibraryProgram): Deriver {
  return {
    ...program,
    refusals: [],
    resources: new Map(),
    pending: [],
    current: { title: '', place: { file: '', line: 1 } },
    budget: BUDGET,
  };
}

/** Notes a part that is left out; once for each reason and place. */
export function lose(d: Deriver, part: string, reason: string, place: Place = d.current.place): void {
  const what = part === '' ? d.current.title : `${d.current.title}: ${part}`;
  if (d.refusals.some((one) => one.what === what && one.reason === reason)) return;
  d.refusals.push({ what, place, reason, loss: 'part' });
}

/** Of the library itself and with a name that is meant for others. */
export function isPublic(d: Deriver, symbol: TS.Symbol): boolean {
  if (/^(?:_|#|__@)/.test(symbol.name) || symbol.name.includes('@@')) return false;
  const [declaration] = symbol.declarations ?? [];
  if (declaration === undefined) return true;
  if (d.isForeign(declaration)) return false;
  const flags = d.ts.getCombinedModifierFlags(declaration);
  return (flags & (d.ts.ModifierFlags.Private | d.ts.ModifierFlags.Protected)) === 0;
}
