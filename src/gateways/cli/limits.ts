import {
  checkLimits,
  formatLimit,
  LIMIT_KEYS,
  limitName,
  type LimitChanges,
  type Limits,
  parseLimit,
} from '#core/limits';
import type { ComponentLimits } from '#host/api';
import { withBundled } from './bundled.ts';
import { limitsCommand, table } from './describe-text.ts';
import type { Define } from './verbs.ts';

const FLAGS: { readonly [K in keyof Limits]: readonly [value: string, help: string] } = {
  memory: ['<size>', 'linear memory of one instance, as 64MiB'],
  table: ['<n>', 'table elements of one instance'],
  stack: ['<size>', 'stack of a cell’s thread'],
  timeout: ['<duration>', 'run time of one call, as 5s'],
  queueTimeout: ['<duration>', 'time a call may wait'],
  queue: ['<n>', 'calls that may wait'],
  instances: ['<n>', 'instances, so calls that run at once'],
  cells: ['<n>', 'threads'],
  transfer: ['<size>', 'bytes a call may hand over: result, output, logs'],
  handles: ['<n>', 'resource handles of a session'],
  reuse: ['<how>', 'call, session or resident: how long an instance lives'],
};

/** `limits <component>`: shows what applies; with options sets those and leaves the others. */
export const define: Define = (command, act) => {
  command.argument('<component>', 'namespace:name; limits are of the name, for all its versions');
  for (const key of LIMIT_KEYS) command.option(`--${limitName(key)} ${FLAGS[key][0]}`, FLAGS[key][1]);
  command
    .option('--reset', 'first take back what was set')
    .addHelpText('after', '\nExample:\n  $ switchboard limits demo:text --memory 128MiB --timeout 30s --reuse resident')
    .action(
      act(async (context, component: string, flags: { readonly [name: string]: string | boolean | undefined }) => {
        const given = checkLimits(Object.fromEntries(LIMIT_KEYS.map((key) => [key, read(key, flags[key])])));
        const host = await context.attach();
        let limits = await withBundled(context, host, component, () => host.limits(component));
        const reset = flags['reset'] === true ? Object.keys(limits.set).map((key) => [key, null]) : [];
        const changes: LimitChanges = { ...Object.fromEntries(reset), ...given };
        if (Object.keys(changes).length > 0) limits = await host.setLimits(component, changes);
        context.print({ component, ...limits }, () => limitsText(component, limits));
      }),
    );
};

const read = (key: keyof Limits, text: string | boolean | undefined): unknown =>
  typeof text === 'string' ? parseLimit(key, text) : undefined;

function limitsText(component: string, limits: ComponentLimits): string {
  const { effective, set, manifest, requested } = limits;
  const rows = LIMIT_KEYS.map((key) => {
    const asked = requested[key];
    const why = set[key] !== undefined ? 'set' : manifest[key] !== undefined ? 'by its manifest' : '';
    const more = asked === undefined ? '' : `requests ${formatLimit(key, asked)}`;
    return [limitName(key), formatLimit(key, effective[key]), [why, more].filter((text) => text !== '').join(', ')];
  });
  const command = limitsCommand(component.replace(/@.*/, ''), limits);
  return [component, ...table(rows), ...(command === undefined ? [] : [`to give what it requests: ${command}`])].join(
    '\n',
  );
}
