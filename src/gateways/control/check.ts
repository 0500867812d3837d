/** Checks of what came over the socket, by hand: a schema library would cost more than the rest of a verb. */
import { PRINCIPAL_KINDS, type Principal } from '#core/context';
import { SwitchboardError } from '#core/errors';
import type { OauthSettings } from '../mcp/oauth-settings.ts';
import type { Rate } from '../mcp/rate-limit.ts';

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
  // What only the time makes no client may say it is.
  const found = PRINCIPAL_KINDS.find((known) => known === kind && known !== 'schedule');
  if (found === undefined) wrong('principal.kind', 'owner, mcp or program');
  return { kind: found, label: asString(label, 'principal.label') };
}

export function asArguments(value: unknown): Loose | readonly unknown[] {
  if (typeof value !== 'object' || value === null) wrong('arguments', 'an object or an array');
  return value as Loose | readonly unknown[];
}

/** The shape alone; the gateway checks what it says. */
export function asOauth(value: unknown): OauthSettings {
  const { issuer, audience, scopes } = asObject(value, 'oauth');
  return {
    issuer: asString(issuer, 'oauth.issuer'),
    audience: optional(audience, (v) => asString(v, 'oauth.audience')),
    scopes: optional(scopes, (v) => asStrings(v, 'oauth.scopes')),
  };
}

export function asRate(value: unknown): Rate {
  const { perSecond, burst } = asObject(value, 'rate');
  if (typeof perSecond !== 'number' || !(perSecond > 0 && perSecond <= 1_000_000)) {
    wrong('rate.perSecond', 'a number up to 1000000');
  }
  return { perSecond, burst: asInteger(burst, 'rate.burst', 1, 10_000_000) };
}
