/** Checks of what came over the socket, by hand: a schema library would cost more than the rest of a verb. */
import type { Principal } from '#core';
import { SwitchboardError } from '#core/errors';

/** A JSON object from outside. */
export type Loose = { readonly [key: string]: unknown };

function wrong(name: string, expected: string): never {
  throw new SwitchboardError('invalid-usage', `${name} must be ${expected}`);
}

export function asObject(value: unknown, name: string): Loose {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) wrong(name, 'an object');
  return value as Loose;
}

export function asString(value: unknown, name: string): string {
  return typeof value === 'string' ? value : wrong(name, 'a string');
}

export function asInteger(value: unknown, name: string, low: number, high: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high) {
    wrong(name, `a whole number from ${low} to ${high}`);
  }
  return value;
}

export function asStrings(value: unknown, name: string): readonly string[] {
  if (!Array.isArray(value)) wrong(name, 'an array of strings');
  return value.map((item, i) => asString(item, `${name}[${i}]`));
}

/** `check` applied unless the value is absent. */
export function optional<T>(value: unknown, check: (value: unknown) => T): T | undefined {
  return value === undefined ? undefined : check(value);
}

export function asPrincipal(value: unknown): Principal {
  const { kind, label } = asObject(value, 'principal');
  if (kind !== 'owner' && kind !== 'mcp' && kind !== 'program') wrong('principal.kind', 'owner, mcp or program');
  return { kind, label: asString(label, 'principal.label') };
}

export function asArguments(value: unknown): Loose | readonly unknown[] {
  if (typeof value !== 'object' || value === null) wrong('arguments', 'an object or an array');
  return value as Loose | readonly unknown[];
}
