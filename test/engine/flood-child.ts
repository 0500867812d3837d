/**
 * A host under attack, in a process of its own so that its memory can be told apart: `<home> <attack>`. Prints as JSON
 * how the attacks ended, how far the process grew, and another component's p99 before and during the attack.
 */
import { SwitchboardError } from '#core';
import { createHost } from '#host';
import { guest } from '../guests/build.ts';

const MB = 1_000_000;
const ATTACKS: { readonly [name: string]: readonly (readonly [string, readonly number[]])[] } = {
  alias: [
    ['alias-strings', [10_000, 30 * MB]],
    ['alias-bytes', [10_000, 30 * MB]],
    ['alias-log', [10_000, 15 * MB]],
  ],
  logs: [
    ['log-flood', [0, 100]],
    ['log-flood', [0, 60_000]],
  ],
  output: [['stdout-flood', [0, 4_000]]],
};

const [home = '', attack = ''] = process.argv.slice(2);
const host = await createHost({ home });
for (const name of ['hostile', 'echo']) await host.install((await guest(name)).bytes, { as: `test:${name}@1.0.0` });
// As large as may be: what a call may hand over is then what stops it last.
await host.setLimits('test:hostile', { cells: 1 });

const outcome = async (fn: string, args: readonly number[]): Promise<string> => {
  try {
    await host.call('test:hostile', fn, args);
    return 'ok';
  } catch (error) {
    return error instanceof SwitchboardError ? error.code : String(error);
  }
};

/** p99 of another component's calls, in ms, until `work` is done. */
async function p99While(work: Promise<unknown>): Promise<number> {
  const times: number[] = [];
  let done = false;
  void work.then(() => {
    done = true;
  });
  while (!done) {
    const start = performance.now();
    if ((await host.call('test:echo', 'add', [1, 2])) !== 3) throw new Error('the other component failed');
    times.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN;
}

await outcome('divide', [4, 2]);
await p99While(new Promise((resolve) => setTimeout(resolve, 300)));
const quiet = await p99While(new Promise((resolve) => setTimeout(resolve, 700)));
const before = process.memoryUsage.rss();
let most = before;
const watch = setInterval(() => {
  most = Math.max(most, process.memoryUsage.rss());
}, 5);
const outcomes = new Set<string>();
const attacking = (async () => {
  for (let round = 0; round < 8; round += 1) {
    for (const [fn, args] of ATTACKS[attack] ?? []) outcomes.add(await outcome(fn, args));
  }
})();
const attacked = await p99While(attacking);
clearInterval(watch);
const logs = await host.logs({ last: 100_000 });
await host.close();
process.stdout.write(
  JSON.stringify({
    outcomes: [...outcomes],
    grownMb: (most - before) / MB,
    quiet,
    attacked,
    dropped: logs.some((record) => /records were dropped/.test(record.message)),
  }),
);
