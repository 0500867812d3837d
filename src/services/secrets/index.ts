import { decideAccess } from '#core/access';
import { SwitchboardError } from '#core/errors';
import type { ServiceInterface } from '#core/services';
import type { Scope } from '../scope.ts';
import { WitError } from '../wit-error.ts';

/** `switchboard:host/secrets`: the value stays in the host until the component asks for it. */
export function secretsInterface({ env }: Scope): ServiceInterface {
  return {
    async get(name: string): Promise<string> {
      const decision = decideAccess(env.policy, { kind: 'secret', name });
      if (!decision.allowed) {
        env.denied(decision.denial);
        throw new WitError({ tag: 'denied', val: decision.denial.reason });
      }
      try {
        return String(await env.ask('secret', { name }));
      } catch (thrown) {
        const known = thrown instanceof SwitchboardError && thrown.code !== 'internal';
        throw new WitError({ tag: 'unavailable', val: known ? thrown.message : 'the host could not read it' });
      }
    },
  };
}
