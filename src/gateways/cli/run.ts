import { SwitchboardError, toSwitchboardError } from '#core/errors';
import { Context } from './context.ts';
import { exitCode, writeFailure } from './failure.ts';
import { globalsOf } from './globals.ts';
import { watchSignals } from './signals.ts';

/** Runs one command line to its end. Resolves to the exit code; what a person reads has been written. */
export async function run(argv: readonly string[]): Promise<number> {
  const { home, json, verb } = globalsOf(argv);
  const signals = watchSignals();
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  process.stderr.on('error', () => undefined);
  const context = new Context(home, json, signals.signal);
  try {
    if (process.platform === 'win32') {
      throw new SwitchboardError('unsupported-platform', 'Switchboard does not run on Windows', {
        fix: 'use it in WSL 2',
      });
    }
    // A call needs its host whatever the rest says: it starts while the command line is read.
    if (verb === 'call' && argv.length > 2 && !argv.some((word) => /^(-h|--help|-V|--version|help)$/.test(word))) {
      await context.begin();
    }
    const { buildProgram } = await import('./program.ts');
    const program = await buildProgram(verb, context);
    if (argv.length === 0) {
      program.outputHelp({ error: true });
      return 2;
    }
    await program.parseAsync([...argv], { from: 'user' });
    return signals.code() !== undefined && !context.isFinished ? (signals.code() ?? 1) : context.code;
  } catch (thrown) {
    const { commandOutcome } = await import('./program.ts');
    const error = commandOutcome(thrown, verb) ?? toSwitchboardError(thrown);
    if (error === 'shown') return 0;
    if (signals.code() !== undefined) return signals.code() ?? 1;
    context.settle();
    writeFailure(error, json && !context.bareStdout);
    return exitCode(error);
  } finally {
    await context.end();
    for (const stream of [process.stdout, process.stderr]) await written(stream, signals.signal);
  }
}

/** What a pipe has not taken yet would be lost when the process ends. An interrupt does not wait for who does not read. */
function written(stream: NodeJS.WriteStream, signal: AbortSignal): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    stream.write('', () => resolve());
  });
}
