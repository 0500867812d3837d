/** Calls of resident instances, one after the other, against a bare worker that echoes the same bytes. */
import { guest } from '../../test/guests/build.ts';
import { createBareEcho } from '../bare-echo.ts';
import { createCountedHost } from '../counted-host.ts';
import { direct } from '../direct.ts';
import { inThread, interleave, sequential } from '../rounds.ts';
import { comparedRow, type Row } from '../row.ts';
import type { Suite } from '../suite.ts';
import { ECHO_GUESTS, TEXT } from './echo-guests.ts';

export const measureResident: Suite = async ({ quick, count }) => {
  const { call, add, close } = await createCountedHost();
  const bare = createBareEcho();
  const rows: Row[] = [];
  for (const { title, name } of ECHO_GUESTS) {
    const { bytes } = await guest(name);
    const instance = (await direct(bytes))();
    const component = await add(name, bytes, { reuse: 'resident' });
    const ours = (): Promise<unknown> => call(component, 'echo', [TEXT]);
    const calls = quick ? 20 : 200;
    await sequential(calls * 20, ours);
    await sequential(calls * 20, () => bare.echo(TEXT));
    const took = await interleave(
      {
        bare: () => sequential(calls, () => bare.echo(TEXT)),
        ours: () => sequential(calls, ours),
        direct: () => inThread(50, 10, () => instance.echo?.(TEXT)),
      },
      { least: quick ? 2 : 40, most: 200, budgetMs: quick ? 1 : 5_000 },
    );
    const limit = 1.3 * took.bare + took.direct + 15;
    rows.push(comparedRow(`resident call, ${title}`, 'µs', took.ours, took.bare, limit));
  }
  await bare.close();
  count(await close());
  return rows;
};

/** The time of one call with 64 always under way, against the bare worker's plus the component's own. */
export const residentInFlight: Suite = async ({ quick, count }) => {
  const { call, add, close } = await createCountedHost();
  const bare = createBareEcho();
  const rows: Row[] = [];
  for (const { title, name } of ECHO_GUESTS) {
    const { bytes } = await guest(name);
    const instance = (await direct(bytes))();
    const component = await add(name, bytes, { reuse: 'resident', instances: WIDTH });
    const ours = (): Promise<unknown> => call(component, 'echo', [TEXT]);
    const calls = quick ? 200 : 3000;
    await inFlight(calls * 5, ours);
    await inFlight(calls * 5, () => bare.echo(TEXT));
    const took = await interleave(
      {
        bare: () => inFlight(calls, () => bare.echo(TEXT)),
        ours: () => inFlight(calls, ours),
        direct: () => inThread(50, 10, () => instance.echo?.(TEXT)),
      },
      { least: quick ? 2 : 30, most: 150, budgetMs: quick ? 1 : 6_000 },
    );
    const against = took.bare + took.direct;
    rows.push(comparedRow(`resident call, ${title}, ${WIDTH} in flight`, 'µs', took.ours, against, 1.5 * against));
  }
  await bare.close();
  count(await close());
  return rows;
};

const WIDTH = 64;

/** The time of one of `count` runs with `WIDTH` of them always under way, in microseconds. */
async function inFlight(count: number, run: () => Promise<unknown>): Promise<number> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await run();
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: WIDTH }, lane));
  return ((performance.now() - started) / count) * 1000;
}
