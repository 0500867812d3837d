import type { ServiceInterface } from '#core/services';
import type { Scope } from './scope.ts';

/** Interfaces that come together, by their ids without version. */
export interface Part {
  /** The same for every instance. */
  readonly shared?: { readonly [id: string]: ServiceInterface };
  /** Made for an instance when its code first asks: most components import few of them. */
  readonly own?: { readonly [id: string]: (scope: Scope) => ServiceInterface };
}
