import { SwitchboardError } from '#core/errors';
import { callableFunctions } from '#core/functions';
import type { ComponentTypes } from '#core/wit-types';
import type { Handles } from './coerce-common.ts';
import { compileArguments } from './coerce-in.ts';

const refuse = (): never => {
  throw new SwitchboardError('invalid-handle', 'there are no handles outside of a session');
};
const NO_HANDLES: Handles = { lower: refuse, lift: refuse };

/**
 * Throws `invalid-arguments` unless the arguments fit the function of that id, as a call would find; `invalid-handle` where
 * they name a resource.
 */
export function checkArguments(types: ComponentTypes, { id }: { readonly id: string }, args: unknown): void {
  const found = callableFunctions(types, () => false).find((one) => one.id === id);
  if (!found) throw new SwitchboardError('unknown-function', `there is no function ${id}`);
  compileArguments(types, found.fn)(args, NO_HANDLES);
}
