/** A guest that never returns: when it ends, and what the calls of another component notice of it. */
import { SwitchboardError } from '#core';
import { guest } from '../../test/guests/build.ts';
import { createCountedHost } from '../counted-host.ts';
import { measureMeanwhile } from '../meanwhile.ts';
import { boundedRow, comparedRow } from '../row.ts';
import { median } from '../stats.ts';
import type { Suite } from '../suite.ts';
import { P99_FACTOR, P99_FLOOR_MS } from './p99.ts';
import { TEXT } from './echo-guests.ts';

const TIMEOUT_MS = 300;

export const endlessLoop: Suite = async ({ quick, count }) => {
  const { call, add, close } = await createCountedHost();
  const hostile = await add('hostile', (await guest('hostile')).bytes);
  const echo = await add('echo', (await guest('echo')).bytes, { reuse: 'resident' });
  const spin = async (timeout: number): Promise<number> => {
    await call(hostile, 'divide', [1, 1]);
    const started = performance.now();
    await expectCode('timeout', call(hostile, 'spin', [], { timeout }));
    return performance.now() - started;
  };
  const late: number[] = [];
  for (let i = 0; i < (quick ? 1 : 9); i++) late.push((await spin(TIMEOUT_MS)) - TIMEOUT_MS);

  const windowMs = quick ? 300 : 1000;
  for (let i = 0; i < 2000; i++) await call(echo, 'echo', [TEXT]);
  const meanwhile = await measureMeanwhile(
    windowMs,
    quick ? 1 : 7,
    () => call(echo, 'echo', [TEXT]),
    () => spin(windowMs),
  );
  count(await close());
  return [
    boundedRow('endless loop: ends after its timeout by', 'ms', median(late), 50),
    comparedRow(
      'endless loop: p99 of another component',
      'ms',
      meanwhile.ours,
      meanwhile.busy,
      P99_FACTOR * meanwhile.busy + P99_FLOOR_MS,
    ),
    boundedRow('endless loop: failed calls of another component', 'calls', meanwhile.failed, 0),
  ];
};

/** Waits for a call that must fail with this code. */
export async function expectCode(code: string, calling: Promise<unknown>): Promise<void> {
  try {
    await calling;
  } catch (error) {
    if (error instanceof SwitchboardError && error.code === code) return;
    throw error;
  }
  throw new Error(`the call should have failed with ${code}`);
}
