import { decideAccess } from '#core/access';
import { SwitchboardError } from '#core/errors';
import type { AskKind } from '#core/permission';
import type { ServiceEnv } from '#core/services';
import { WitError } from './wit-error.ts';

/** What the host says to a question: what the guest gets, or the case of its error. */
export type AskReply = { readonly ok: unknown } | { readonly failed: { readonly tag: string; readonly val?: string } };

/** Puts a question of the guest to the host, if the guest was granted to. Throws the error case of its function. */
export async function askHost(env: ServiceEnv, kind: AskKind | 'schedule', payload: unknown): Promise<unknown> {
  const decision = decideAccess(env.policy, { kind });
  if (!decision.allowed) {
    env.denied(decision.denial);
    throw new WitError({ tag: 'denied', val: decision.denial.reason });
  }
  let reply: AskReply;
  try {
    reply = (await env.ask(kind, payload)) as AskReply;
  } catch (thrown) {
    const known = thrown instanceof SwitchboardError && thrown.code !== 'internal';
    throw new WitError({ tag: 'unavailable', val: known ? thrown.message : 'the host could not ask' });
  }
  if ('failed' in reply) throw new WitError(reply.failed);
  return reply.ok;
}
