import { equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { add, codeOf, errorOf, leastTime, openHost, outcomeOf, time, until } from './host.ts';

/** The promise is 50 ms; machines that run tests are busy with other things as well. */
const LATE = 250;
const host = await openHost();

test('[limit.time] an endless loop ends at its timeout, whatever it does meanwhile', async () => {
  const hostile = await add(host, 'hostile');
  await host.call(hostile, 'divide', [4, 2]);
  for (const [fn, args] of [
    ['spin', []],
    ['spin-host', []],
    ['post-spin', []],
  ] as const) {
    const took = await leastTime(200 + LATE + 300, async () => {
      const before = performance.now();
      const error = await errorOf(host.call(hostile, fn, args, { timeout: 200 }));
      ok(performance.now() - before >= 199, fn);
      equal(error.code, 'timeout');
      match(String(error.fix), /time/);
    });
    ok(took < 200 + LATE + 300, `${fn}: ${took} ms`);
  }
  equal(await host.call(hostile, 'divide', [4, 2]), 2);
});

test('[limit.time] the time over a timeout is small', async () => {
  const hostile = await add(host, 'hostile');
  const over: number[] = [];
  for (let n = 0; n < 5; n += 1) {
    await host.call(hostile, 'divide', [4, 2]);
    over.push((await time(() => codeOf(host.call(hostile, 'spin', [], { timeout: 100 })))) - 100);
  }
  const median = over.toSorted((a, b) => a - b)[2] ?? 0;
  ok(median < LATE, `${over.join(', ')} ms over`);
});

test('[limit.time] a loop in cabi_realloc ends too', async () => {
  const hostile = await add(host, 'hostile', { reuse: 'resident', instances: 1 });
  await host.call(hostile, 'arm-realloc', [3]);
  equal(await codeOf(host.call(hostile, 'take', ['text'], { timeout: 100 })), 'timeout');
  equal(await host.call(hostile, 'take', ['t']), 't'.charCodeAt(0));
});

test('[limit.time] a component that never gets done starting ends its calls, one after another', async () => {
  const spins = await add(host, 'start-spin', { timeout: 100 });
  for (let n = 0; n < 3; n += 1) {
    const bound = 100 + LATE + 500;
    const took = await leastTime(bound, async () => equal(await codeOf(host.call(spins, 'answer')), 'timeout'));
    ok(took < bound, `${took} ms`);
  }
});

test('[engine.trap] a component that traps while it starts says so to each caller', async () => {
  const traps = await add(host, 'start-trap');
  for (let n = 0; n < 3; n += 1) equal(await codeOf(host.call(traps, 'answer')), 'component-trapped');
});

test('[limit.time] other components see nothing of endless loops', async () => {
  const [hostile, state] = [await add(host, 'hostile', { timeout: 300 }), await add(host, 'state')];
  equal(await host.call(state, 'next'), 1);
  const spinning = Array.from({ length: 4 }, () => outcomeOf(host.call(hostile, 'spin')));
  let ended = false;
  const all = Promise.all(spinning).then((outcomes) => {
    ended = true;
    return outcomes;
  });
  let calls = 0;
  while (!ended) {
    equal(await host.call(state, 'next'), 1);
    calls += 1;
  }
  ok(calls > 20, `${calls} calls`);
  for (const outcome of await all) match(outcome, /^(timeout|queue-timeout|cell-lost)$/);
});

test('[limit.time] a caller may give less time than the limit, never more', async () => {
  const hostile = await add(host, 'hostile', { timeout: 100 });
  const finished = until(host, (event) => event.type === 'call.finished');
  const took = await time(() => codeOf(host.call(hostile, 'spin', [], { timeout: 60_000 })));
  ok(took < 100 + LATE + 500, `${took} ms`);
  const event = await finished;
  equal(event.type === 'call.finished' && event.context.timeoutMs, 100);
  equal(await codeOf(host.call(hostile, 'spin', [], { timeout: Number.NaN })), 'invalid-usage');
});

test('[limit.time] waiting counts as run time', async () => {
  const state = await add(host, 'state');
  const took = await leastTime(100 + LATE + 300, async () =>
    equal(await codeOf(host.call(state, 'sleep', [60_000], { timeout: 100 })), 'timeout'),
  );
  ok(took < 100 + LATE + 300, `${took} ms`);
});
