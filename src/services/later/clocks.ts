import type { ServiceInterface } from '#core/services';
import { timer, wallClockInterface } from '../clocks/index.ts';
import { Pollable } from '../io/poll.ts';
import type { Scope } from '../scope.ts';

/** `wasi:clocks/monotonic-clock` of WASI 0.3. */
export function monotonicClock3(scope: Scope): ServiceInterface {
  const { env } = scope;
  const until = (when: bigint): Promise<void> => Pollable.wait(timer(scope, when), scope);
  return {
    now: () => env.monotonic(),
    getResolution: () => 1n,
    waitUntil: until,
    waitFor: (wait: bigint) => until(env.monotonic() + wait),
  };
}

/** `wasi:clocks/system-clock` of WASI 0.3. */
export function systemClock3(scope: Scope): ServiceInterface {
  return { now: wallClockInterface(scope)['now'], getResolution: () => 1_000_000n };
}
