import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { GUEST, testEngine, toolsComponent } from './test-engine.ts';
import { add, codeOf, errorOf, leastTime, openHost, outcomeOf, time, until, watch } from './host.ts';

const host = await openHost();

test('[engine.suspend] 50 sleeps of 200 ms overlap in one cell while another instance of it computes', async () => {
  const state = await add(host, 'state', { instances: 64, cells: 1 });
  await host.call(state, 'next');
  const { cells } = await host.status();
  let computed = 0;
  let done = false;
  const took = await time(async () => {
    const sleeping = Promise.all(Array.from({ length: 50 }, () => host.call(state, 'sleep', [200])));
    const computing = (async () => {
      while (!done) {
        await host.call(state, 'next');
        computed += 1;
      }
    })();
    deepEqual(new Set(await sleeping), new Set([1]));
    done = true;
    await computing;
  });
  ok(took < 2_000, `${took} ms`);
  ok(computed > 10, `${computed} calls`);
  equal((await host.status()).cells, cells);
});

test('[engine.suspend] the first of several timers wins; waiting ends when it is over', async () => {
  const state = await add(host, 'state');
  equal(await host.call(state, 'race', [300, 10]), 1);
  equal(await host.call(state, 'race', [10, 300]), 0);
  ok((await leastTime(1_000, () => host.call(state, 'sleep', [0]))) < 1_000);
});

test('[limit.cancel] an AbortSignal ends a call that is about to begin, waits, runs or is suspended', async () => {
  const hostile = await add(host, 'hostile');
  const state = await add(host, 'state', { instances: 1 });
  await host.call(hostile, 'divide', [4, 2]);
  equal(await codeOf(host.call(state, 'next', [], { signal: AbortSignal.abort() })), 'cancelled');
  for (const [component, fn, args] of [
    [hostile, 'spin', []],
    [hostile, 'spin-host', []],
    [state, 'sleep', [60_000]],
  ] as const) {
    const controller = new AbortController();
    const decided = until(host, (event) => event.type === 'call.decided');
    const call = codeOf(host.call(component, fn, args, { signal: controller.signal }));
    await decided;
    await new Promise((resolve) => setTimeout(resolve, 100));
    const took = await time(async () => {
      controller.abort();
      equal(await call, 'cancelled');
    });
    ok(took < 2_000, `${fn}: ${took} ms`);
  }
  equal(await host.call(state, 'next'), 1);
  equal(await host.call(hostile, 'divide', [4, 2]), 2);
});

test('[limit.cancel] cancelling after the end changes nothing', async () => {
  const state = await add(host, 'state', { reuse: 'resident', instances: 1 });
  const controller = new AbortController();
  equal(await host.call(state, 'next', [], { signal: controller.signal }), 1);
  controller.abort();
  equal(await host.call(state, 'next'), 2);
});

test('[limit.cell-lost] a suspended call beside an endless loop fails cell-lost and is not run again', async () => {
  const { logs, stopped, call, target } = await testEngine(async () => new Promise(() => undefined));
  const component = target(
    await toolsComponent(
      'export wait: func() -> u32; export spin: func();',
      `(func (export "wait") (result i32) (call $count) (drop) (call $forever) (i32.const 1))
       (func (export "spin") (loop $again (br $again)))`,
    ),
    { instances: 2, cells: 1 },
  );
  const waiting = errorOf(call(component, 'wait'));
  while (logs.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  equal(await codeOf(call(component, 'spin', [], { timeoutMs: 100 })), 'timeout');
  const error = await waiting;
  equal(error.code, 'cell-lost');
  match(error.message, /may have run in part/);
  deepEqual(stopped, ['terminated']);
  // The component goes on in a new cell; what was lost is not run there.
  equal(await codeOf(call(component, 'wait', [], { timeoutMs: 100 })), 'timeout');
  equal(logs.length, 2);
});

test('[limit.cell-lost] waiting calls that never began run elsewhere, once', async () => {
  const hostile = await add(host, 'hostile', { instances: 4, cells: 1, timeout: 300 });
  await host.call(hostile, 'divide', [4, 2]);
  const events = watch(host);
  const spin = outcomeOf(host.call(hostile, 'spin'));
  const behind = Array.from({ length: 3 }, () => outcomeOf(host.call(hostile, 'log-flood', [1, 10])));
  deepEqual(await Promise.all([spin, ...behind]), ['timeout', 'ok', 'ok', 'ok']);
  equal(events.filter((event) => event.type === 'log').length, 3);
});

test('[limit.cell-lost] session calls behind a lost cell go on in order', async () => {
  const hostile = await add(host, 'hostile', { reuse: 'session', instances: 2, cells: 1, timeout: 300 });
  const session = await host.session();
  equal(await session.call(hostile, 'divide', [4, 2]), 2);
  const outcomes = await Promise.all([
    outcomeOf(session.call(hostile, 'spin')),
    outcomeOf(session.call(hostile, 'divide', [6, 2])),
    outcomeOf(session.call(hostile, 'divide', [8, 2])),
  ]);
  deepEqual(outcomes, ['timeout', 'ok', 'ok']);
});

test('[limit.cell-lost] a guest that catches its cancellation and computes on is found by the heartbeat', async () => {
  const { stopped, call, target } = await testEngine(async () => 'answer');
  const component = target(
    await toolsComponent(
      'export stubborn: func(); export polite: func() -> u32;',
      `(func (export "stubborn") (block $caught (try_table (catch_all $caught) (call $forever)) (return))
         (loop $again (br $again)))
       (func (export "polite") (result i32) (i32.const 5))`,
    ),
    { instances: 2, cells: 1, timeout: 200, queueTimeout: 10_000 },
  );
  equal(await call(component, 'polite'), 5);
  equal(await codeOf(call(component, 'stubborn')), 'timeout');
  equal(await call(component, 'polite'), 5);
  equal(stopped.includes('terminated'), true);
});

test('[limit.cell-lost] a guest that waits again and again after its cancellation is found as well', async () => {
  const { stopped, call, target } = await testEngine(async () => 'answer');
  const component = target(
    await toolsComponent(
      'export stubborn: func(); export polite: func() -> u32;',
      `(func (export "stubborn")
         (loop $again (block $caught (try_table (catch_all $caught) (call $forever)) (return)) (br $again)))
       (func (export "polite") (result i32) (i32.const 5))`,
    ),
    { instances: 2, cells: 1, timeout: 200, queueTimeout: 10_000 },
  );
  equal(await codeOf(call(component, 'stubborn')), 'timeout');
  equal(await call(component, 'polite'), 5);
  equal(stopped.includes('terminated'), true);
});

test('[limit.time] a guest that suspends without end in microtasks ends at its timeout', async () => {
  const { call, target } = await testEngine(async () => 'answer');
  const component = target(
    await toolsComponent(
      'export busy: func(); export polite: func() -> u32;',
      `(func (export "busy") (loop $again (call $yield) (br $again)))
       (func (export "polite") (result i32) (i32.const 5))`,
    ),
    { instances: 2, cells: 1, timeout: 200, queueTimeout: 10_000 },
  );
  const took = await leastTime(1_500, async () => equal(await codeOf(call(component, 'busy')), 'timeout'));
  ok(took < 1_500, `${took} ms`);
  equal(await call(component, 'polite'), 5);
});

test('[limit.time] a start function of a reserve instance that never ends costs the cell, not the callers', async () => {
  const { stopped, call, target } = await testEngine(async () => 'answer');
  const component = target(
    await toolsComponent(
      'export polite: func() -> u32;',
      `(func $start (if (i32.eq (call $count) (i32.const 2)) (then (loop $again (br $again)))))
       (start $start)
       (func (export "polite") (result i32) (i32.const 5))`,
    ),
    { instances: 2, cells: 1, timeout: 200, queueTimeout: 10_000 },
  );
  equal(await call(component, 'polite'), 5);
  // The cell fills its reserve as soon as it has nothing else to do.
  await new Promise((resolve) => setTimeout(resolve, 100));
  equal(await call(component, 'polite'), 5);
  equal(stopped.includes('terminated'), true);
});

test('[engine.suspend] the golden guest goes on beside one that waits for ever', async () => {
  const { call, target } = await testEngine(async (payload) => String(payload).toUpperCase());
  const component = target(await toolsComponent(GUEST.exports, GUEST.body), { cells: 1 });
  const controller = new AbortController();
  const hanging = codeOf(call(component, 'hang', [], { signal: controller.signal }));
  const said = await Promise.all(['a', 'b', 'c'].map((text) => call(component, 'say', [text])));
  deepEqual(said, ['A', 'B', 'C']);
  controller.abort();
  equal(await hanging, 'cancelled');
});

test('[limit.transfer] a guest that catches the refusal of what it hands over cannot go on as if nothing were', async () => {
  let asked = 0;
  const { call, target } = await testEngine(async () => {
    asked += 1;
    return 'answer';
  });
  const component = target(
    await toolsComponent(
      'export smuggle: func() -> u32; export polite: func() -> u32;',
      `(func (export "smuggle") (result i32) (local i32)
         (loop $again
           (block $caught
             (try_table (catch_all $caught) (call $echo (i32.const 0) (i32.const 60000) (i32.const 16))))
           (br_if $again (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 100))))
         (i32.const 7))
       (func (export "polite") (result i32) (i32.const 5))`,
    ),
    { transfer: 200_000, reuse: 'resident', instances: 1 },
  );
  equal(await codeOf(call(component, 'smuggle')), 'transfer-limit');
  equal(asked, 3);
  equal(await call(component, 'polite'), 5);
});
