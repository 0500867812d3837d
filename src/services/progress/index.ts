import type { ServiceInterface } from '#core/services';
import type { Scope } from '../scope.ts';

/** Longer ones need not cross to the host, which cuts them. */
const LONGEST_MESSAGE = 2_000;

/** `switchboard:host/progress`. What is no progress (not finite, below 0) is not told. */
export function progressInterface({ env }: Scope): ServiceInterface {
  return {
    report(progress: number, total: number | undefined, message: string | undefined): void {
      if (!Number.isFinite(progress) || progress < 0) return;
      env.progress({
        progress,
        ...(total !== undefined && Number.isFinite(total) && total > 0 ? { total } : {}),
        ...(message === undefined ? {} : { message: message.slice(0, LONGEST_MESSAGE) }),
      });
    },
  };
}
