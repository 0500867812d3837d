/** What a caller that wants to know is told of a call before it runs: that it waits, and for what. */
import type { PendingCall } from './pending-call.ts';

export interface CallStages {
  /** The call waits, and so many of its component run or wait before it. */
  waits(call: PendingCall, before: number): void;
  /** Those that wait, wait for a compilation. */
  compiles(waiting: readonly PendingCall[]): void;
  compiled(): void;
}

export function createCallStages(component: string): CallStages {
  const name = component.replace(/@.*$/, '');
  let compiling = false;
  const tell = (call: PendingCall, message: string): void =>
    call.request.onProgress?.({ progress: 0, message, by: 'host' });
  const compile = (call: PendingCall): void => tell(call, `compiling ${name} for the first time`);
  return {
    waits(call, before) {
      if (!call.request.onProgress) return;
      if (compiling) compile(call);
      else if (before > 0)
        tell(call, `waiting for a place: ${before} call${before === 1 ? '' : 's'} of ${name} before it`);
    },
    compiles(waiting) {
      compiling = true;
      for (const call of waiting) compile(call);
    },
    compiled() {
      compiling = false;
    },
  };
}
