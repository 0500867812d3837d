/** Checks of the arguments of our own tools. Errors: `invalid-arguments`, which a model can mend. */
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';

type Arguments = { readonly [name: string]: unknown };

const LONGEST_QUERY = 500;

function wrong(message: string): SwitchboardError {
  return new SwitchboardError('invalid-arguments', message);
}

export function checkKeys(args: Arguments, known: readonly string[]): void {
  const other = Object.keys(args).find((key) => !known.includes(key));
  if (other !== undefined) throw wrong(`there is no argument "${printable(other)}"; there are: ${known.join(', ')}`);
}

export function asText(args: Arguments, name: string): string {
  const value = args[name];
  if (typeof value !== 'string' || value === '') throw wrong(`${name}: expected a string`);
  return value;
}

export function asQuery(args: Arguments): string {
  const query = asText(args, 'query');
  if (query.length > LONGEST_QUERY) throw wrong(`query: longer than ${LONGEST_QUERY}`);
  return query;
}

export function asCount(args: Arguments, name: string, most: number, otherwise: number): number {
  const value = args[name] ?? otherwise;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw wrong(`${name}: expected a whole number from 1 to ${most}`);
}

export function asTexts(args: Arguments, name: string, most: number): readonly string[] | undefined {
  const value = args[name];
  if (value === undefined) return undefined;
  const ok = Array.isArray(value) && value.length <= most && value.every((one) => typeof one === 'string');
  if (!ok) throw wrong(`${name}: expected at most ${most} strings`);
  return value;
}
