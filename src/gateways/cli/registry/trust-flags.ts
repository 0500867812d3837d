/** Flags of the verbs that install from registries. */
import type { Command } from 'commander';

const collect = (word: string, before: readonly string[] = []): readonly string[] => [...before, word];

export function trustFlags(command: Command): Command {
  return command
    .option(
      '--accept <digest>',
      'accept what has this digest, new or asking for more; more than once for more',
      collect,
    )
    .option('--allow-unsigned', 'although nobody signed it; that is recorded with it')
    .option('--owner-token-file <file>', 'the owner token, to allow more where there is no terminal');
}
