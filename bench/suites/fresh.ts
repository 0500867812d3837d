/** A call on an instance of its own in a cell that runs already, against jco instantiating and calling in this thread. */
import { guest } from '../../test/guests/build.ts';
import { createCountedHost } from '../counted-host.ts';
import { direct } from '../direct.ts';
import { interleave, sequential } from '../rounds.ts';
import { comparedRow, type Row } from '../row.ts';
import type { Suite } from '../suite.ts';
import { ECHO_GUESTS, TEXT } from './echo-guests.ts';

export const freshInstance: Suite = async ({ quick, count }) => {
  const { call, add, close } = await createCountedHost();
  const rows: Row[] = [];
  for (const { title, name } of ECHO_GUESTS) {
    const { bytes } = await guest(name);
    const make = await direct(bytes);
    const component = await add(name, bytes, { reuse: 'call' });
    const ours = (): Promise<unknown> => call(component, 'echo', [TEXT]);
    const inThisThread = (): unknown => make().echo?.(TEXT);
    const calls = quick ? 3 : name === 'echo' ? 100 : 15;
    await sequential(calls * 10, ours);
    await sequential(calls * 10, inThisThread);
    const took = await interleave(
      { direct: () => sequential(calls, inThisThread), ours: () => sequential(calls, ours) },
      { least: quick ? 2 : 30, most: 150, budgetMs: quick ? 1 : 6_000 },
    );
    rows.push(comparedRow(`fresh instance and call, ${title}`, 'µs', took.ours, took.direct, 1.3 * took.direct));
  }
  count(await close());
  return rows;
};
