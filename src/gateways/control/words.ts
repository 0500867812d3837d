import { callableFunctions, findFunction } from '#core/functions';
import type { ParseWords } from './methods.ts';
import { parsePositional } from '#wit';

/** Reads the words of a command line by the types of the function's parameters. Errors: `invalid-arguments`, `unknown-function`. */
export const parseWords: ParseWords = async (host, component, name, words) => {
  const { types, functions } = (await host.info(component)).description;
  const { id } = findFunction(functions, name);
  const callable = callableFunctions(types, () => false).find((f) => f.id === id);
  return { id, args: parsePositional(types, (callable ?? findFunction([], name)).fn, words) };
};
