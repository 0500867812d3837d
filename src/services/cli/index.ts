import type { ServiceInterface } from '#core/services';
import { lineSink } from '../io/lines.ts';
import { InputStream, OutputStream, type Sink } from '../io/streams.ts';
import type { Scope } from '../scope.ts';

/** `wasi:cli/environment`: the variables that are granted, no arguments, no directory. */
export function environmentInterface({ env }: Scope): ServiceInterface {
  return {
    getEnvironment: () => env.policy.env.map(([name, value]) => [name, value]),
    getArguments: () => [],
    initialCwd: () => undefined,
  };
}

/** `wasi:cli/exit`: ends the instance, nothing else. */
export function exitInterface({ env }: Scope): ServiceInterface {
  return {
    exit: (status: { readonly tag: 'ok' | 'err' }) => env.exit(status.tag === 'ok' ? 0 : 1),
    exitWithCode: (code: number) => env.exit(code),
  };
}

/** `wasi:cli/stdin`: at its end. */
export function stdinInterface(scope: Scope): ServiceInterface {
  return { getStdin: () => new InputStream(scope) };
}

/** `wasi:cli/stdout` and `stderr`: lines of the component's log. All handles of one stream share its line. */
export function outputInterface(scope: Scope, stream: 'stdout' | 'stderr'): ServiceInterface {
  let sink: Sink | undefined;
  const get = (): OutputStream => {
    sink ??= lineSink(scope, stream);
    return new OutputStream(scope, sink);
  };
  return stream === 'stdout' ? { getStdout: get } : { getStderr: get };
}

class TerminalInput {}
class TerminalOutput {}

/** `wasi:cli/terminal-*`: there is no terminal. */
export const terminalInputInterface: ServiceInterface = { TerminalInput };
export const terminalOutputInterface: ServiceInterface = { TerminalOutput };
export const terminalStdinInterface: ServiceInterface = { getTerminalStdin: () => undefined };
export const terminalStdoutInterface: ServiceInterface = { getTerminalStdout: () => undefined };
export const terminalStderrInterface: ServiceInterface = { getTerminalStderr: () => undefined };
