import { Argument } from 'commander';
import { SwitchboardError } from '#core/errors';
import { checkProfile, parseToolsMode, type Profile, profileNotFound } from '#core/narrowing';
import { table } from './describe-text.ts';
import { narrowingOptions, type NarrowingFlags } from './narrowing-flags.ts';
import type { Define } from './verbs.ts';

type Action = 'set' | 'list' | 'show' | 'remove';

/** `profile set|list|show|remove [name]`: named choices of what MCP clients are offered. */
export const define: Define = (command, act) => {
  command
    .addArgument(new Argument('<action>', 'what to do').choices(['set', 'list', 'show', 'remove']))
    .argument('[name]', 'the profile; letters, digits and . _ -');
  narrowingOptions(command)
    .addHelpText(
      'after',
      `
set replaces the profile of that name; connections that use it follow at once. A profile that is removed offers
nothing to those that still use it.

Examples:
  $ switchboard profile set writing --only 'switchboard:text' 'switchboard:files/read*' --tools all
  $ switchboard serve --stdio --profile writing`,
    )
    .action(
      act(async (context, action: Action, name: string | undefined, flags: NarrowingFlags) => {
        if (action !== 'set' && (flags.only !== undefined || flags.tools !== undefined)) {
          throw new SwitchboardError('invalid-usage', '--only and --tools go with set');
        }
        if (action === 'list') {
          if (name !== undefined) throw new SwitchboardError('invalid-usage', 'list takes no name');
          const profiles = await (await context.attach()).profiles();
          context.print({ profiles }, () =>
            table(profiles.map((profile) => [profile.name, ...describe(profile)]))
              .map((l) => l.slice(2))
              .join('\n'),
          );
          return;
        }
        if (name === undefined) throw new SwitchboardError('invalid-usage', `profile ${action} takes a name`);
        if (action === 'set') {
          if (flags.only === undefined && flags.tools === undefined) {
            throw new SwitchboardError('invalid-usage', 'say what the profile offers: --only, --tools');
          }
          const mode = flags.tools === undefined ? {} : { tools: parseToolsMode(flags.tools) };
          const profile = checkProfile({ name, only: flags.only ?? [], ...mode });
          await (await context.attach()).setProfile(profile);
          context.print(profile, () => [profile.name, ...describe(profile)].join('  '));
          return;
        }
        const host = await context.attach();
        if (action === 'remove') {
          if (!(await host.removeProfile(name))) throw profileNotFound(name);
          context.print({ removed: name }, () => `removed ${name}`);
          return;
        }
        const profile = (await host.profiles()).find((one) => one.name === name);
        if (!profile) throw profileNotFound(name);
        context.print(profile, () => [`only   ${describe(profile)[0]}`, `tools  ${describe(profile)[1]}`].join('\n'));
      }),
    );
};

function describe({ only, tools }: Profile): readonly [string, string] {
  const listed = typeof tools === 'number' ? `search above ${tools} tools` : `${tools ?? 'as serve says'}`;
  return [only.length === 0 ? 'everything' : only.join(' '), listed];
}
