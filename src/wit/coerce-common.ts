import { SwitchboardError } from '#core/errors';
import type { ErrorCode } from '#core/errors';
import { printable } from '#core/reference';

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Turns resource objects into handles and back. `resource` is the index of the resource in the
 * component's type table. `lower` fails with `invalid-handle` for a handle that is not of the session
 * or of another resource; with `own` the handle is given away and is void afterwards.
 */
export interface Handles {
  lift(resource: number, value: object): string;
  lower(resource: number, handle: string, own: boolean): object;
}

/** A value that does not fit its type. Carries the path from the inside out; never leaves this room. */
export class Mismatch {
  readonly problem: string;
  readonly path: (string | number)[] = [];

  constructor(problem: string) {
    this.problem = problem;
  }
}

/** Adds a step to the path of a mismatch on its way out; other errors pass. */
export function within(thrown: unknown, step: string | number): unknown {
  if (thrown instanceof Mismatch) thrown.path.push(step);
  return thrown;
}

/** The error for a mismatch: `order.items[2].price: expected f64, got string`. Other errors pass. */
export function mismatchError(code: ErrorCode, thrown: unknown): unknown {
  if (!(thrown instanceof Mismatch)) return thrown;
  const steps = thrown.path.toReversed();
  const path = steps.map((s, i) => (typeof s === 'number' ? `[${s}]` : i === 0 ? s : `.${s}`)).join('');
  const message = path === '' ? thrown.problem : `${path}: ${thrown.problem}`;
  return new SwitchboardError(code, message, { data: { path } });
}

/** What a value is, for messages; a value too large to show is named by its type. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number' || typeof value === 'bigint') return `number ${String(value)}`;
  return typeof value;
}

/** The mismatch of a value with its type. */
export function expected(type: string, value: unknown): Mismatch {
  return new Mismatch(`expected ${type}, got ${kindOf(value)}`);
}

/** The mismatch of a string that is none of the names a type knows. */
export function noSuch(what: string, name: string, known: readonly string[]): Mismatch {
  const list = known.length > 12 ? `${known.slice(0, 12).join(', ')}, …` : known.join(', ');
  return new Mismatch(`no ${what} "${printable(name, 60)}"; there are ${list}`);
}

/** Whether a value is an object with members, as opposed to an array or null. */
export function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
