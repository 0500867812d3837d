import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { add, codeOf, errorOf, openHost } from './host.ts';

const host = await openHost();

test('[engine.reuse-call] a fresh instance for each call: nothing of one caller reaches the next', async () => {
  const state = await add(host, 'state');
  for (let n = 0; n < 8; n += 1) equal(await host.call(state, 'next'), 1);
  await host.call(state, 'remember', ['my secret']);
  for (let n = 0; n < 8; n += 1) equal(await host.call(state, 'recall'), '');
  const many = await Promise.all(Array.from({ length: 100 }, () => host.call(state, 'next')));
  deepEqual(new Set(many), new Set([1]));
});

test('[engine.reuse-call] an instance of a session or a failed call serves nobody else', async () => {
  const state = await add(host, 'state');
  const session = await host.session();
  equal(await session.call(state, 'next'), 1);
  equal(await session.call(state, 'next'), 1);
  equal(await codeOf(host.call(state, 'sleep', [60_000], { timeout: 20 })), 'timeout');
  equal(await codeOf(host.call(state, 'remember', [5])), 'invalid-arguments');
  equal(await host.call(state, 'next'), 1);
});

test('[engine.reuse-resident] one instance keeps one state, through all calls', async () => {
  const state = await add(host, 'state', { reuse: 'resident', instances: 1 });
  const numbers = await Promise.all(Array.from({ length: 50 }, () => host.call(state, 'next')));
  deepEqual(
    numbers,
    Array.from({ length: 50 }, (_, n) => n + 1),
  );
  await host.call(state, 'remember', ['kept']);
  equal(await host.call(state, 'recall'), 'kept');
});

test('[engine.reuse-resident] up to N instances, over all cells, no more', async () => {
  const state = await add(host, 'state', { reuse: 'resident', instances: 3, cells: 2 });
  const begun: unknown[] = [];
  // Until both cells have started, fewer than three run at once.
  while (begun.filter((calls) => calls === 1).length < 3) {
    begun.push(...(await Promise.all(Array.from({ length: 6 }, () => host.call(state, 'sleep', [20])))));
  }
  // `sleep` returns how many calls its instance has begun, so each instance says 1 once.
  for (let n = 0; n < 4; n += 1) {
    begun.push(...(await Promise.all(Array.from({ length: 9 }, () => host.call(state, 'sleep', [5])))));
  }
  equal(begun.filter((calls) => calls === 1).length, 3);
});

test('[engine.reuse-resident] [engine.trap] a trapped instance is dead and replaced by a fresh one', async () => {
  const hostile = await add(host, 'hostile', { reuse: 'resident', instances: 1 });
  await host.call(hostile, 'arm-realloc', [2]);
  equal(await codeOf(host.call(hostile, 'take', ['text'])), 'component-trapped');
  equal(await host.call(hostile, 'take', ['text']), 't'.charCodeAt(0));
});

test('[engine.reuse-resident] an instance whose call was cancelled or timed out is replaced', async () => {
  const state = await add(host, 'state', { reuse: 'resident', instances: 1 });
  equal(await host.call(state, 'next'), 1);
  equal(await codeOf(host.call(state, 'sleep', [60_000], { timeout: 30 })), 'timeout');
  equal(await host.call(state, 'next'), 1);
});

test('[engine.reuse-resident] bad arguments and the error case of a result keep the instance', async () => {
  const kitchen = await add(host, 'kitchen', { reuse: 'resident', instances: 1 });
  const session = await host.session();
  await session.call(kitchen, 'counter.new', [1]);
  equal(await codeOf(session.call(kitchen, 'divide', [1, 0])), 'component-error');
  equal(await codeOf(session.call(kitchen, 'echo-u8', [256])), 'invalid-arguments');
  equal(await codeOf(host.call(kitchen, 'divide', [1, 0])), 'component-error');
});

test('[engine.reuse-session] a session has its own instance and state as long as it lives', async () => {
  const state = await add(host, 'state', { reuse: 'session' });
  const [one, two] = [await host.session(), await host.session()];
  deepEqual([await one.call(state, 'next'), await one.call(state, 'next'), await two.call(state, 'next')], [1, 2, 1]);
  await one.call(state, 'remember', ['mine']);
  equal(await two.call(state, 'recall'), '');
  equal(await one.call(state, 'recall'), 'mine');
  // Without a session each call has a fresh instance.
  equal(await host.call(state, 'next'), 1);
  equal(await host.call(state, 'next'), 1);
  await one.close();
  equal(await codeOf(one.call(state, 'next')), 'session-not-found');
  equal(await two.call(state, 'next'), 2);
});

test('[engine.reuse-session] calls of one session run one after another, in order', async () => {
  const state = await add(host, 'state', { reuse: 'session' });
  const session = await host.session();
  const order = await Promise.all(Array.from({ length: 10 }, () => session.call(state, 'sleep', [5])));
  deepEqual(order, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('[engine.reuse-session] a trap ends the session’s instance; the next call starts a new one', async () => {
  const hostile = await add(host, 'hostile', { reuse: 'session' });
  const session = await host.session();
  await session.call(hostile, 'arm-realloc', [2]);
  equal(await codeOf(session.call(hostile, 'take', ['text'])), 'component-trapped');
  equal(await session.call(hostile, 'take', ['text']), 't'.charCodeAt(0));
});

test('[engine.reuse-session] [limit.queue] more sessions than instances are busy until one closes', async () => {
  const state = await add(host, 'state', { reuse: 'session', instances: 2 });
  const sessions = await Promise.all([host.session(), host.session(), host.session()]);
  const [one, two, three] = sessions;
  ok(one && two && three);
  equal(await one.call(state, 'next'), 1);
  equal(await two.call(state, 'next'), 1);
  equal((await errorOf(three.call(state, 'next'))).code, 'busy');
  await one.close();
  equal(await three.call(state, 'next'), 1);
});

test('[engine.reuse-session] a session closed while its call waits for a cell leaves nothing behind', async () => {
  const state = await add(host, 'state', { reuse: 'session', instances: 1 });
  const session = await host.session();
  const first = session.call(state, 'next');
  const second = session.call(state, 'next');
  await session.close();
  deepEqual([await codeOf(first), await codeOf(second)], ['session-not-found', 'session-not-found']);
  const other = await host.session();
  equal(await other.call(state, 'next'), 1);
});
