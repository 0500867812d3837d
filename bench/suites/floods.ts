/** Guests that hand over without end: what the host grows by, and what the calls of another component notice. */
import { SwitchboardError } from '#core';
import { guest } from '../../test/guests/build.ts';
import { createCountedHost } from '../counted-host.ts';
import { measureMeanwhile } from '../meanwhile.ts';
import { boundedRow, comparedRow, type Row } from '../row.ts';
import type { Suite } from '../suite.ts';
import { TEXT } from './echo-guests.ts';
import { P99_FACTOR, P99_FLOOR_MS } from './p99.ts';

const MB = 1_000_000;
const GROWTH_LIMIT_MB = 300;

/** A list of a thousand strings, all the same 30 MB; a log record whose fields are; records without end. */
const FLOODS = [
  { title: 'aliasing list', fn: 'alias-strings', args: [1000, 30 * MB], ends: 'transfer-limit' },
  { title: 'aliasing log', fn: 'alias-log', args: [1000, 30 * MB], ends: 'transfer-limit' },
  { title: 'log flood', fn: 'log-flood', args: [0, 100], ends: 'transfer-limit' },
] as const;

export const floods: Suite = async ({ quick, count }) => {
  const { call, add, close } = await createCountedHost();
  const hostile = await add('hostile', (await guest('hostile')).bytes);
  const echo = await add('echo', (await guest('echo')).bytes, { reuse: 'resident' });
  const windowMs = quick ? 300 : 1000;
  const rows: Row[] = [];
  for (let i = 0; i < 2000; i++) await call(echo, 'echo', [TEXT]);
  await call(hostile, 'divide', [1, 1]);
  for (const { title, fn, args, ends } of FLOODS) {
    const flood = async (): Promise<void> => {
      const end = performance.now() + windowMs;
      while (performance.now() < end) {
        const left = Math.max(1, Math.ceil(end - performance.now()));
        const error = await call(hostile, fn, args, { timeout: left }).catch((thrown: unknown) => thrown);
        const code = error instanceof SwitchboardError ? error.code : undefined;
        if (code !== ends && code !== 'timeout')
          throw new Error(`${fn} should have ended with ${ends}`, { cause: error });
      }
    };
    const memory = watchMemory();
    const meanwhile = await measureMeanwhile(windowMs, quick ? 1 : 4, () => call(echo, 'echo', [TEXT]), flood);
    rows.push(
      boundedRow(`${title}: growth of the host`, 'MB', memory.stop() / MB, GROWTH_LIMIT_MB),
      comparedRow(
        `${title}: p99 of another component`,
        'ms',
        meanwhile.ours,
        meanwhile.busy,
        P99_FACTOR * meanwhile.busy + P99_FLOOR_MS,
      ),
      boundedRow(`${title}: failed calls of another component`, 'calls', meanwhile.failed, 0),
    );
  }
  count(await close());
  return rows;
};

const SAMPLE_MS = 10;

/** Watches the resident memory of this process; `stop` gives the most it was above where it began. */
function watchMemory(): { stop(): number } {
  const before = process.memoryUsage.rss();
  let most = before;
  const sample = (): void => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const timer = setInterval(sample, SAMPLE_MS);
  return {
    stop() {
      clearInterval(timer);
      sample();
      return most - before;
    },
  };
}
