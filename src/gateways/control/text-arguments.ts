import { callableFunctions, findFunction } from '#core/functions';
import { parseJsonArguments, parsePositional } from '#wit/positional';
import type { CallArguments } from '#host/api';
import type { ParseText } from './methods.ts';

/** Reads arguments given as text. Errors: `invalid-arguments`, `unknown-function`, `component-not-found`. */
export const parseText: ParseText = async (host, component, name, text) => {
  const { types, functions } = (await host.info(component)).description;
  const { id } = findFunction(functions, name);
  const { fn } = findFunction(
    callableFunctions(types, () => false),
    id,
  );
  const args = 'json' in text ? parseJsonArguments(types, fn, text.json) : parsePositional(types, fn, text.words);
  return { id, args: args as CallArguments };
};
