import { decideAccess } from '#core/access';
import type { ServiceInterface } from '#core/services';
import type { Scope } from '../scope.ts';

/**
 * `wasi:config/store` and, as older drafts have it, `wasi:config/runtime`: the variables that are granted. One way for
 * an owner to give a value, however a component asks for it. What is not granted does not exist; the owner is told.
 */
export function configInterface({ env }: Scope): ServiceInterface {
  return {
    get(key: string): string | undefined {
      const found = env.policy.env.findLast(([name]) => name === key);
      if (found) return found[1];
      const decision = decideAccess(env.policy, { kind: 'env', name: key });
      if (!decision.allowed) env.denied(decision.denial);
      return undefined;
    },
    getAll: (): readonly (readonly [string, string])[] => env.policy.env,
  };
}
