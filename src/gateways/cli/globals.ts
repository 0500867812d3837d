import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { env } from '../../env.ts';

/** What is read of the command line before it is parsed: enough to load one verb, and to report its usage errors. */
export interface Globals {
  /** Absolute: `--home`, else `$SWITCHBOARD_HOME`, else `~/.switchboard`. */
  readonly home: string;
  readonly json: boolean;
  readonly verb: string | undefined;
}

const WITH_VALUE: readonly string[] = ['--home', '--output'];

/** Finds the verb and the global options, which may stand before or after it, up to a `--`. */
export function globalsOf(argv: readonly string[]): Globals {
  const given = new Map<string, string>();
  const plain: string[] = [];
  for (let i = 0; i < argv.length && argv[i] !== '--'; i += 1) {
    const word = argv[i] ?? '';
    const [name = '', ...value] = word.split('=');
    if (WITH_VALUE.includes(word)) {
      i += 1;
      given.set(word, argv[i] ?? '');
    } else if (WITH_VALUE.includes(name) && value.length > 0) given.set(name, value.join('='));
    else if (!word.startsWith('-')) plain.push(word);
  }
  const home = given.get('--home') ?? env().home ?? join(homedir(), '.switchboard');
  const verb = plain[0] === 'help' ? plain[1] : plain[0];
  return { home: resolve(home), json: given.get('--output') === 'json', verb };
}
