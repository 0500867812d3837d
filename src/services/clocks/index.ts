import type { ServiceInterface } from '#core/services';
import { Pollable, type PollSource, READY } from '../io/poll.ts';
import type { Scope } from '../scope.ts';

const NS_PER_MS = 1_000_000n;
/** The longest a timer of the runtime waits; a longer wait is several. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

/** Ready from an instant of the monotonic clock on. */
export function timer({ env }: Scope, deadline: bigint): PollSource {
  return {
    ready: () => env.monotonic() >= deadline,
    whenReady: (notify) => {
      const left = (deadline - env.monotonic() + NS_PER_MS - 1n) / NS_PER_MS;
      const ms = left < 0n ? 0 : left > BigInt(LONGEST_TIMER_MS) ? LONGEST_TIMER_MS : Number(left);
      const handle = setTimeout(notify, ms);
      return () => clearTimeout(handle);
    },
  };
}

/** `wasi:clocks/monotonic-clock`. */
export function monotonicClockInterface(scope: Scope): ServiceInterface {
  const { env } = scope;
  return {
    now: () => env.monotonic(),
    resolution: () => 1n,
    subscribeInstant: (when: bigint) => new Pollable(scope, when <= env.monotonic() ? READY : timer(scope, when)),
    subscribeDuration: (wait: bigint) =>
      new Pollable(scope, wait === 0n ? READY : timer(scope, env.monotonic() + wait)),
  };
}

/** `wasi:clocks/wall-clock`. */
export function wallClockInterface({ env }: Scope): ServiceInterface {
  return {
    now: () => {
      const ms = Math.floor(env.now());
      return { seconds: BigInt(Math.floor(ms / 1000)), nanoseconds: (ms % 1000) * 1_000_000 };
    },
    resolution: () => ({ seconds: 0n, nanoseconds: 1_000_000 }),
  };
}
