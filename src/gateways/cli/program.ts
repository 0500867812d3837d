import { Command, CommanderError, Option } from 'commander';
import { SwitchboardError } from '#core/errors';
import { productVersion } from '#host/version';
import type { Context } from './context.ts';
import { type Act, VERBS } from './verbs.ts';

/** The whole command line; of the verbs only the one that runs, or whose help is shown, is loaded. */
export async function buildProgram(verb: string | undefined, context: Context): Promise<Command> {
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

/**
 * What commander threw: `shown` after a help or version text, a command line it does not understand as an
 * error of the catalogue. Undefined for what is not commander's.
 */
export function commandOutcome(thrown: unknown, verb: string | undefined): SwitchboardError | 'shown' | undefined {
  if (!(thrown instanceof CommanderError)) return undefined;
  if (thrown.exitCode === 0) return 'shown';
  const known = verb !== undefined && Object.hasOwn(VERBS, verb);
  const [first = '', ...more] = thrown.message.replace(/^error: /, '').split('\n');
  const hint = more.join(' ').trim();
  return new SwitchboardError('invalid-usage', hint === '' ? first : `${first} ${hint}`, {
    fix: known ? `switchboard ${verb} --help` : 'switchboard --help',
  });
}
