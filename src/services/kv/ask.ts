import { decideAccess } from '#core/access';
import { type ErrorCode, SwitchboardError } from '#core/errors';
import type { ServiceEnv } from '#core/services';
import type { StoreKind } from '#core/stores';
import { WitError } from '../wit-error.ts';

/** Why a store could not be used, in the cases that `switchboard:host/kv` and `blob` share. */
export interface StoreFailure {
  readonly tag: 'denied' | 'invalid' | 'full' | 'unavailable';
  readonly val: string;
}

/** Throws what `fail` makes of a refusal. The host decides once more: this is what the guest and the owner are told. */
export function needStore(
  env: ServiceEnv,
  access: { readonly kind: StoreKind; readonly name: string; readonly write: boolean },
): StoreFailure | undefined {
  const decision = decideAccess(env.policy, access);
  if (decision.allowed) return undefined;
  env.denied(decision.denial);
  return { tag: 'denied', val: decision.denial.reason };
}

const TAGS: { readonly [code in ErrorCode]?: StoreFailure['tag'] } = {
  denied: 'denied',
  'invalid-arguments': 'invalid',
  'store-full': 'full',
};

export function failureOf(thrown: unknown): StoreFailure {
  if (!(thrown instanceof SwitchboardError) || thrown.code === 'internal') {
    return { tag: 'unavailable', val: 'the host could not use the store' };
  }
  return { tag: TAGS[thrown.code] ?? 'unavailable', val: thrown.message };
}

/** What is asked of the host about a store: the operation and what it needs, all of it checked there. */
export interface StoreQuestion {
  readonly op: string;
  readonly store: string;
  readonly [name: string]: unknown;
}

/** Asks the host, if the policy lets the guest. Throws the error case that `fail` makes of why not. */
export async function askStore(
  env: ServiceEnv,
  kind: StoreKind,
  write: boolean,
  question: StoreQuestion,
  fail: (failure: StoreFailure) => WitError = (failure) => new WitError(failure),
): Promise<unknown> {
  const refused = needStore(env, { kind, name: question.store, write });
  if (refused) throw fail(refused);
  try {
    return await env.ask(kind, question);
  } catch (thrown) {
    // A call that is over has no one to tell.
    if (env.signal().aborted) throw thrown;
    throw fail(failureOf(thrown));
  }
}
