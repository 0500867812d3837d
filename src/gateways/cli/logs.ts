import type { LogRecord } from '#core';
import { SwitchboardError } from '#core/errors';
import { type Context, recordText } from './context.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

interface Flags {
  readonly last: string;
  readonly follow?: true;
}

/** `logs [component]`: what components wrote; with `--follow` also what they write from now on. */
export const define: Define = (command, act) => {
  command
    .argument('[component]', 'namespace:name, or namespace:name@version')
    .option('--last <n>', 'how many records', '100')
    .option('-f, --follow', 'go on until interrupted')
    .addHelpText('after', '\nExample:\n  $ switchboard logs demo:text --last 20 --follow')
    .action(
      act(async (context, component: string | undefined, flags: Flags) => {
        if (!/^\d{1,6}$/.test(flags.last)) {
          throw new SwitchboardError('invalid-usage', `--last takes a whole number, not "${safeLine(flags.last)}"`);
        }
        const last = Number(flags.last);
        if (flags.follow === true) return follow(context, component, last);
        const host = await context.attach();
        const records = (await host.logs({ component, last })).filter((r) => isOf(r, component));
        context.print({ records }, () => records.map(lineOf).join(''));
      }),
    );
};

async function follow(context: Context, component: string | undefined, last: number): Promise<void> {
  const host = await context.attach();
  const write = (record: LogRecord): void => {
    if (context.json) context.printLine(record);
    else process.stdout.write(lineOf(record));
  };
  // Subscribed before what is kept is read, so that nothing falls between; what came twice is shown once.
  const early: LogRecord[] = [];
  let live = (record: LogRecord): void => void early.push(record);
  host.subscribe(
    (event) => {
      if (event.type === 'log' && isOf(event.record, component)) live(event.record);
    },
    ['log'],
  );
  const kept = (await host.logs({ component, last })).filter((r) => isOf(r, component));
  const known = new Set(kept.map((record) => JSON.stringify(record)));
  for (const record of [...kept, ...early.filter((r) => !known.has(JSON.stringify(r)))]) write(record);
  live = write;
  await new Promise<void>((resolve) => {
    context.signal.addEventListener('abort', () => resolve(), { once: true });
    if (context.signal.aborted) resolve();
    void host.closed.then(resolve);
  });
  if (!context.signal.aborted) throw new SwitchboardError('host-closed', 'the host stopped');
  context.finished();
}

function isOf(record: LogRecord, component: string | undefined): boolean {
  return component === undefined || record.component === component || record.component.startsWith(`${component}@`);
}

function lineOf(record: LogRecord): string {
  return recordText(record, `${new Date(record.at).toISOString()} ${safeLine(record.component)} `);
}
