import { Command, CommanderError, Option } from 'commander';
import { SwitchboardError, toSwitchboardError } from '#core/errors';
import { productVersion } from '#host/version';
import { Context } from './context.ts';
import { exitCode, writeFailure } from './failure.ts';
import { globalsOf } from './globals.ts';
import { watchSignals } from './signals.ts';
import { type Act, VERBS } from './verbs.ts';

/** Runs one command line to its end. Resolves to the exit code; what a person reads has been written. */
export async function run(argv: readonly string[]): Promise<number> {
  const { home, json, verb } = globalsOf(argv);
  const signals = watchSignals();
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  process.stderr.on('error', () => undefined);
  const context = new Context(home, json, signals.signal);
  try {
    const program = await buildProgram(verb, context);
    if (argv.length === 0) {
      program.outputHelp({ error: true });
      return 2;
    }
    await program.parseAsync([...argv], { from: 'user' });
    return signals.code() !== undefined && !context.isFinished ? (signals.code() ?? 1) : context.code;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
    if (signals.code() !== undefined) return signals.code() ?? 1;
    const error = thrown instanceof CommanderError ? usageError(thrown, verb) : toSwitchboardError(thrown);
    context.settle();
    writeFailure(error, json && !context.bareStdout);
    return exitCode(error);
  } finally {
    await context.end();
  }
}

async function buildProgram(verb: string | undefined, context: Context): Promise<Command> {
  const program = new Command('switchboard')
    .description('Runs the tools of AI agents as sandboxed WebAssembly components, over MCP, HTTP or the command line.')
    .version(productVersion(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .option('--home <dir>', 'the home directory (default: $SWITCHBOARD_HOME, else ~/.switchboard)')
    .addOption(new Option('--output <form>', 'how results are printed').choices(['text', 'json']).default('text'))
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', '\nExample:\n  $ switchboard call switchboard:text slug "Hello, World"\n  hello-world');
  const act: Act =
    (run) =>
    async (...args) => {
      await run(context, ...args);
    };
  for (const [name, { summary, load }] of Object.entries(VERBS)) {
    const command = program.command(name).description(summary).helpOption('-h, --help', 'show help');
    if (name === verb) (await load())(command, act);
  }
  return program;
}

/** What commander says of a command line it does not understand, as an error of the catalogue. */
function usageError(error: CommanderError, verb: string | undefined): SwitchboardError {
  const known = verb !== undefined && Object.hasOwn(VERBS, verb);
  const [first = '', ...more] = error.message.replace(/^error: /, '').split('\n');
  const hint = more.join(' ').trim();
  return new SwitchboardError('invalid-usage', hint === '' ? first : `${first} ${hint}`, {
    fix: known ? `switchboard ${verb} --help` : 'switchboard --help',
  });
}
