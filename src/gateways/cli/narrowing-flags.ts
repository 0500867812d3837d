/** What clients are to be offered, as flags of verbs. */
import type { Command } from 'commander';
import { checkNarrowing, LISTED_TOOLS, type Narrowing, parseToolsMode } from '#core/narrowing';
import { shellWord } from './shell-word.ts';

export interface NarrowingFlags {
  readonly only?: readonly string[] | undefined;
  readonly tools?: string | undefined;
  readonly profile?: string | undefined;
}

export function narrowingOptions(command: Command): Command {
  return command
    .option(
      '--only <pattern...>',
      'only these: namespace:name, namespace:name/function or a tool name, with * and ?; ! takes out',
    )
    .option('--tools <mode>', `all lists every tool, search none, auto at most ${LISTED_TOOLS}; or a number`);
}

/** What the flags say; `auto` where neither they nor the profile say how tools are offered. Errors: `invalid-setting`. */
export function narrowingOf({ only, tools, profile }: NarrowingFlags): Narrowing {
  const mode = tools ?? (profile === undefined ? 'auto' : undefined);
  return checkNarrowing({ only, profile, ...(mode === undefined ? {} : { tools: parseToolsMode(mode) }) });
}

/** The same as flags, for a command that a person copies. */
export function narrowingWords({ only, tools, profile }: NarrowingFlags): string {
  const words = [
    ...(profile === undefined ? [] : ['--profile', profile]),
    ...(tools === undefined ? [] : ['--tools', tools]),
    ...(only === undefined ? [] : ['--only', ...only]),
  ];
  return words.map((word) => ` ${shellWord(word)}`).join('');
}
