import { SwitchboardError } from '#core/errors';
import type { JsonSchema } from '#core/functions';
import type { ServiceEnv } from '#core/services';

/** What the host tells of a component: what the caller may call of it. */
export interface Seen {
  readonly name: string;
  readonly version: string;
  readonly docs: string;
  readonly interfaces: readonly string[];
  readonly functions: readonly SeenFunction[];
}

export interface SeenFunction {
  readonly id: string;
  readonly name: string;
  readonly interface?: string;
  readonly wit: string;
  readonly docs: string;
  readonly params: readonly { readonly name: string; readonly type: string }[];
  readonly output?: string;
  readonly arguments: JsonSchema;
  readonly result?: JsonSchema;
  readonly needsSession: boolean;
}

type Reply = { readonly ok: unknown } | { readonly failed: { readonly tag: string; readonly val: unknown } };

/** Asks the host as the running call; what the host cannot do is told by `unavailable`. */
export async function askReflect(env: ServiceEnv, payload: object): Promise<Reply> {
  try {
    return (await env.ask('reflect', payload)) as Reply;
  } catch (thrown) {
    const { code, message } =
      thrown instanceof SwitchboardError && thrown.code !== 'internal'
        ? thrown
        : { code: 'internal', message: 'the host failed' };
    return { failed: { tag: 'failed', val: { code, message } } };
  }
}

/** All that may be seen, all but the component itself, or one; counted as bytes that the call brings to the guest. */
export async function seenComponents(
  env: ServiceEnv,
  which: { readonly component?: string; readonly others?: boolean } = {},
): Promise<readonly Seen[]> {
  const reply = await askReflect(env, which);
  // No function that lists has an error case.
  if ('failed' in reply) throw new SwitchboardError('internal', 'the host could not list components');
  const seen = reply.ok as readonly Seen[];
  env.charge(JSON.stringify(seen).length);
  return seen;
}
