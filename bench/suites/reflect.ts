/** Calls of a component by a component, one after the other, against the same calls from outside. */
import { guest } from '../../test/guests/build.ts';
import { createCountedHost } from '../counted-host.ts';
import { interleave } from '../rounds.ts';
import { comparedRow } from '../row.ts';
import type { Suite } from '../suite.ts';
import { TEXT } from './echo-guests.ts';

export const measureReflect: Suite = async ({ quick, count }) => {
  const { host, call, add, close } = await createCountedHost();
  const echo = await add('echo', (await guest('echo')).bytes, { reuse: 'resident' });
  const caller = await add('caller', (await guest('caller')).bytes, { reuse: 'resident', timeout: 60_000 });
  await host.grant(caller, { permissions: [{ kind: 'call', component: echo, function: 'echo' }] });
  const args = JSON.stringify([TEXT]);
  let nested = 0;
  const through = async (calls: number): Promise<number> => {
    const started = performance.now();
    const good = Number(await call(caller, 'relay-often', [echo, 'echo', args, calls]));
    nested += calls;
    if (good !== calls) throw new Error(`${calls - good} of ${calls} calls failed`);
    return ((performance.now() - started) / calls) * 1000;
  };
  // Timed as the other: what interrupts the machine counts in a mean, and not in a median of single calls.
  const outside = async (calls: number): Promise<number> => {
    const started = performance.now();
    for (let i = 0; i < calls; i += 1) await call(echo, 'echo', [TEXT]);
    return ((performance.now() - started) / calls) * 1000;
  };
  const calls = 20;
  const warm = quick ? calls : 4_000;
  await outside(warm);
  await through(warm);
  const took = await interleave(
    { outside: () => outside(calls), through: () => through(calls) },
    { least: quick ? 2 : 400, most: 2_000, budgetMs: quick ? 1 : 5_000 },
  );
  const { made, finished } = await close();
  count({ made: made + nested, finished });
  return [
    comparedRow('reflect call of another component, C', 'µs', took.through, took.outside, 2.2 * took.outside + 30),
  ];
};
