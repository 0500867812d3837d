import type { ServiceInterface } from '#core/services';
import { environmentInterface } from '../cli/index.ts';
import { lineSink } from '../io/lines.ts';
import type { Sink } from '../io/streams.ts';
import type { Scope } from '../scope.ts';
import { drain, type GuestStream, type Outcome } from './streams.ts';

/** `wasi:cli/environment` of WASI 0.3: the variables that are granted, no arguments, no directory. */
export function environment3(scope: Scope): ServiceInterface {
  const { getEnvironment, getArguments, initialCwd } = environmentInterface(scope);
  return { getEnvironment, getArguments, getInitialCwd: initialCwd };
}

/** `wasi:cli/stdin` of WASI 0.3: at its end. */
export const stdin3: ServiceInterface = {
  readViaStream: () => [[], Promise.resolve({ tag: 'ok' })],
};

/** `wasi:cli/stdout` and `stderr` of WASI 0.3: lines of the component's log. All streams of one share its line. */
export function output3(scope: Scope, stream: 'stdout' | 'stderr'): ServiceInterface {
  let sink: Sink | undefined;
  return {
    async writeViaStream(data: GuestStream): Promise<Outcome> {
      const lines = (sink ??= lineSink(scope, stream));
      await drain(data, (bytes) => lines.write(bytes));
      lines.flush();
      return { tag: 'ok' };
    },
  };
}
