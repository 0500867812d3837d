import { Command } from 'commander';
import { SwitchboardError } from '#core/errors';
import { safeLine } from './safe.ts';
import { define } from './serve.ts';

/** What a client adds itself, or what is of no use over stdio. */
const NOT_HERE = ['--stdio', '--host', '--port', '--allow-host'];

/**
 * Checks options that a client will start `serve --stdio` with: a mistake would show only as a server that does not
 * start. Errors: `invalid-usage`.
 */
export async function checkServeOptions(options: readonly string[], none: boolean): Promise<void> {
  if (options.length === 0) return;
  if (none) throw refused('options for serve --stdio are of no use here');
  const serve = new Command('serve').exitOverride().configureOutput({ outputError: () => undefined });
  define(serve, () => async () => undefined);
  const { operands, unknown } = serve.parseOptions([...options]);
  const wrong = unknown[0] ?? operands[0] ?? options.find((word) => NOT_HERE.includes(word.split('=')[0] ?? ''));
  if (wrong !== undefined) throw refused(`serve --stdio takes no ${safeLine(wrong)} here`);
}

function refused(message: string): SwitchboardError {
  return new SwitchboardError('invalid-usage', message, { fix: 'switchboard serve --help' });
}
