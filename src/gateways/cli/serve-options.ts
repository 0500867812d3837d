import { Command, CommanderError } from 'commander';
import { SwitchboardError } from '#core/errors';
import { safeLine } from './safe.ts';
import { type ServeFlags, serveOptions, stdioSettings, type StdioSettings } from './serve-flags.ts';

/**
 * Checks options that a client will start `serve --stdio` with, their values too: a mistake would show only as a server
 * that does not start. Errors: `invalid-usage`, `invalid-setting`.
 */
export function checkServeOptions(options: readonly string[], none: boolean): StdioSettings | undefined {
  if (options.length === 0) return undefined;
  if (none) throw refused('options for serve --stdio are of no use here');
  const serve = serveOptions(new Command('serve'))
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  const { operands, unknown } = parsed(serve, options);
  const flags = serve.opts<ServeFlags>();
  const wrong = unknown[0] ?? operands[0] ?? (flags.stdio === true ? '--stdio' : undefined);
  if (wrong !== undefined) throw refused(`serve --stdio takes no ${safeLine(wrong)} here`);
  return stdioSettings(flags);
}

function parsed(serve: Command, options: readonly string[]): ReturnType<Command['parseOptions']> {
  try {
    return serve.parseOptions([...options]);
  } catch (thrown) {
    if (thrown instanceof CommanderError) throw refused(thrown.message.replace(/^error: /, ''));
    throw thrown;
  }
}

function refused(message: string): SwitchboardError {
  return new SwitchboardError('invalid-usage', message, { fix: 'switchboard serve --help' });
}
