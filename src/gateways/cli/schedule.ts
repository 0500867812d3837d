import { Argument } from 'commander';
import { SwitchboardError } from '#core/errors';
import { formatDuration } from '#core/limits';
import type { Schedule } from '#core/schedule';
import { table } from './describe-text.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

/** `schedule list|remove [component] [name]`: calls that components arranged for later. */
export const define: Define = (command, act) => {
  command
    .addArgument(new Argument('<action>', 'what to do').choices(['list', 'remove']))
    .argument('[component]', 'namespace:name')
    .argument('[name]', 'of the schedule, as list shows it')
    .addHelpText(
      'after',
      `
Components arrange these themselves, if that is granted (grant --schedule). They are made while a host runs.

Examples:
  $ switchboard schedule list
  $ switchboard schedule remove demo:notes nightly`,
    )
    .action(
      act(async (context, action: 'list' | 'remove', component: string | undefined, name: string | undefined) => {
        if (action === 'list') {
          if (name !== undefined) throw new SwitchboardError('invalid-usage', 'list takes a component alone');
          const schedules = await (await context.attach()).schedules(component);
          context.print({ schedules }, () =>
            schedules.length === 0
              ? 'no component arranged a call for later'
              : table(schedules.map(columns))
                  .map((line) => line.slice(2))
                  .join('\n'),
          );
          return;
        }
        if (component === undefined || name === undefined) {
          throw new SwitchboardError('invalid-usage', 'remove takes a component and the name of its schedule', {
            fix: 'switchboard schedule list',
          });
        }
        const removed = await (await context.attach()).removeSchedule(component, name);
        context.print({ removed }, () => `removed ${safeLine(removed.name)} of ${safeLine(removed.component)}`);
      }),
    );
};

function columns({ component, name, function: fn, arguments: args, next, every, last, running }: Schedule): string[] {
  const often = every === undefined ? 'once' : `every ${formatDuration(every)}`;
  const before = running
    ? 'running now'
    : last === undefined
      ? 'not run yet'
      : `last ${new Date(last.at).toISOString()}: ${safeLine(last.outcome)}`;
  return [
    safeLine(component),
    safeLine(name),
    new Date(next).toISOString(),
    often,
    safeLine(fn),
    safeLine(args, 60),
    before,
  ];
}
