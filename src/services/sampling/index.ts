import type { SampleDraft } from '#core/sampling';
import type { ServiceInterface } from '#core/services';
import { askHost } from '../ask.ts';
import type { Scope } from '../scope.ts';

/** A request as jco lifts it. */
interface Request extends Omit<SampleDraft, 'stop'> {
  readonly stopSequences: readonly string[];
}

/** `switchboard:host/sampling`. */
export function samplingInterface({ env }: Scope): ServiceInterface {
  return {
    create({ stopSequences, ...request }: Request): Promise<unknown> {
      return askHost(env, 'sample', { ...request, stop: stopSequences } satisfies SampleDraft);
    },
  };
}
