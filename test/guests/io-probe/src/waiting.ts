import { subscribeDuration } from 'wasi:clocks/monotonic-clock@0.2.6';
import { write } from 'switchboard:host/log@0.1.0';

export const tell = (message: string): void => write('info', message, []);

/** Tells it as often as it takes to be heard although the guest goes on computing. */
export function announce(message: string): void {
  for (let i = 0; i < 200; i += 1) tell(message);
}

export const pause = (ms: number): void => subscribeDuration(ms * 1_000_000).block();

export function forever(work: () => unknown): never {
  for (;;) work();
}
