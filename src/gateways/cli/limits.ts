import { SwitchboardError } from '#core/errors';
import {
  checkLimits,
  DEFAULT_LIMITS,
  formatDuration,
  formatSize,
  type Limits,
  parseDuration,
  parseSize,
} from '#core/limits';
import type { ComponentLimits } from '#host/api';
import { withBundled } from './bundled.ts';
import { table } from './describe-text.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

type Key = keyof Limits;

interface Flag {
  readonly flag: string;
  readonly help: string;
  readonly kind: 'size' | 'time' | 'count' | 'reuse';
}

const FLAGS: { readonly [K in Key]: Flag } = {
  memory: { flag: '--memory <size>', help: 'linear memory of one instance, as 64MiB', kind: 'size' },
  table: { flag: '--table <n>', help: 'table elements of one instance', kind: 'count' },
  stack: { flag: '--stack <size>', help: 'stack of a cell’s thread', kind: 'size' },
  timeout: { flag: '--timeout <duration>', help: 'run time of one call, as 5s', kind: 'time' },
  queueTimeout: { flag: '--queue-timeout <duration>', help: 'time a call may wait', kind: 'time' },
  queue: { flag: '--queue <n>', help: 'calls that may wait', kind: 'count' },
  instances: { flag: '--instances <n>', help: 'instances, so calls that run at once', kind: 'count' },
  cells: { flag: '--cells <n>', help: 'threads', kind: 'count' },
  transfer: { flag: '--transfer <size>', help: 'bytes a call may hand over: result, output, logs', kind: 'size' },
  handles: { flag: '--handles <n>', help: 'resource handles of a session', kind: 'count' },
  reuse: { flag: '--reuse <how>', help: 'call, session or resident: how long an instance lives', kind: 'reuse' },
};
const KEYS = Object.keys(FLAGS) as Key[];

/** `limits <component>`: shows what applies; with options sets those and leaves the others. */
export const define: Define = (command, act) => {
  command.argument('<component>', 'namespace:name; limits are of the name, for all its versions');
  for (const { flag, help } of Object.values(FLAGS)) command.option(flag, help);
  command
    .option('--reset', 'first go back to the defaults')
    .addHelpText('after', '\nExample:\n  $ switchboard limits demo:text --memory 128MiB --timeout 30s --reuse resident')
    .action(
      act(async (context, component: string, flags: { readonly [name: string]: string | boolean | undefined }) => {
        const given = checkLimits(Object.fromEntries(KEYS.map((key) => [key, read(key, flags[key])])));
        const host = await context.attach();
        let limits = await withBundled(context, host, component, () => host.limits(component));
        const reset = flags['reset'] === true ? defaultsOf(Object.keys(limits.set) as Key[]) : {};
        const changes = { ...reset, ...given };
        if (Object.keys(changes).length > 0) limits = await host.setLimits(component, changes);
        context.print({ component, ...limits }, () => limitsText(component, limits));
      }),
    );
};

function read(key: Key, text: string | boolean | undefined): unknown {
  if (typeof text !== 'string') return undefined;
  const { kind } = FLAGS[key];
  if (kind === 'size') return parseSize(text);
  if (kind === 'time') return parseDuration(text);
  if (kind === 'reuse') return text;
  if (!/^\d{1,12}$/.test(text))
    throw new SwitchboardError('invalid-setting', `"${safeLine(text)}" is not a whole number`);
  return Number(text);
}

function defaultsOf(keys: readonly Key[]): Partial<Limits> {
  return Object.fromEntries(keys.map((key) => [key, DEFAULT_LIMITS[key]]));
}

function limitsText(component: string, { effective, set }: ComponentLimits): string {
  const rows = KEYS.map((key) => {
    const name = FLAGS[key].flag.replace(/^--| .*$/g, '');
    return [name, show(key, effective[key]), set[key] === undefined ? '' : 'set'];
  });
  return [component, ...table(rows)].join('\n');
}

function show(key: Key, value: number | string): string {
  if (typeof value === 'string') return value;
  if (FLAGS[key].kind === 'size') return formatSize(value);
  return FLAGS[key].kind === 'time' ? formatDuration(value) : String(value);
}
