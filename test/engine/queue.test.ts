import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { HostEvent } from '#core';
import { add, codeOf, errorOf, openHost, outcomeOf, until, watch } from './host.ts';

const host = await openHost();

const finishedOf = (events: readonly HostEvent[], component: string): (HostEvent & { type: 'call.finished' })[] =>
  events.filter(
    (e): e is HostEvent & { type: 'call.finished' } =>
      e.type === 'call.finished' && e.context.component.startsWith(component),
  );

test('[limit.queue] exactly the calls beyond instances and queue are busy', async () => {
  const state = await add(host, 'state');
  const outcomes = await Promise.all(Array.from({ length: 1_000 }, () => outcomeOf(host.call(state, 'next'))));
  const accepted = outcomes.filter((outcome) => outcome === 'ok').length;
  const busy = outcomes.filter((outcome) => outcome === 'busy').length;
  deepEqual([accepted, busy], [16 + 256, 1_000 - 16 - 256]);
  equal(await host.call(state, 'next'), 1);
});

test('[limit.queue] a queue of none: one call per instance, the rest busy with a reason', async () => {
  const state = await add(host, 'state', { instances: 2, cells: 1, queue: 0 });
  const calls = Array.from({ length: 3 }, () => host.call(state, 'sleep', [100]));
  const [one, two, three] = await Promise.allSettled(calls);
  deepEqual([one?.status, two?.status], ['fulfilled', 'fulfilled']);
  ok(three?.status === 'rejected');
  match(String(three.reason), /busy/);
});

test('[limit.queue] waiting in the queue takes nothing from the run time, and has a limit of its own', async () => {
  const state = await add(host, 'state', { instances: 1, timeout: 300, queueTimeout: 10_000 });
  const events = watch(host);
  // Five calls of 100 ms, one after another: the last waits 400 ms, more than its run time.
  const outcomes = await Promise.all(Array.from({ length: 5 }, () => outcomeOf(host.call(state, 'sleep', [100]))));
  deepEqual(new Set(outcomes), new Set(['ok']));
  const finished = finishedOf(events, state);
  equal(finished.length, 5);
  const last = finished.at(-1);
  ok(last && last.queueMs > 350 && last.runMs >= 99 && last.runMs < 300, JSON.stringify(last));

  await host.setLimits(state, { queueTimeout: 50 });
  const running = host.call(state, 'sleep', [200]);
  await until(host, (event) => event.type === 'call.decided');
  const error = await errorOf(host.call(state, 'next'));
  equal(error.code, 'queue-timeout');
  match(String(error.fix), /--queue-timeout/);
  equal(await running, 1);
});

test('[limit.queue] [limit.cancel] a call withdrawn while it waits never begins', async () => {
  const state = await add(host, 'state', { reuse: 'resident', instances: 1 });
  equal(await host.call(state, 'next'), 1);
  const blocker = host.call(state, 'sleep', [150]);
  const withdrawn = Array.from({ length: 10 }, () => {
    const controller = new AbortController();
    const call = outcomeOf(host.call(state, 'next', [], { signal: controller.signal }));
    return { controller, call };
  });
  const kept = host.call(state, 'next');
  await new Promise((resolve) => setImmediate(resolve));
  for (const { controller } of withdrawn) controller.abort();
  deepEqual(new Set(await Promise.all(withdrawn.map(({ call }) => call))), new Set(['cancelled']));
  equal(await blocker, 1);
  // The state counts every `next` that ran: only this one did.
  equal(await kept, 2);
});

test('[limit.queue] a call that timed out in the queue of a busy cell never begins', async () => {
  const hostile = await add(host, 'hostile', { instances: 4, cells: 1, queueTimeout: 1_000, timeout: 2_500 });
  await host.call(hostile, 'divide', [4, 2]);
  const events = watch(host);
  const spin = outcomeOf(host.call(hostile, 'spin'));
  const logs = Array.from({ length: 3 }, () => outcomeOf(host.call(hostile, 'log-flood', [1, 10])));
  deepEqual(await Promise.all(logs), ['queue-timeout', 'queue-timeout', 'queue-timeout']);
  equal(await spin, 'timeout');
  equal(await host.call(hostile, 'divide', [4, 2]), 2);
  equal(events.filter((event) => event.type === 'log').length, 0);
  for (const event of finishedOf(events, hostile)) {
    if (event.outcome === 'queue-timeout') equal(event.runMs, 0);
  }
});

test('[limit.queue] a queue emptied by cancellations takes new calls', async () => {
  const state = await add(host, 'state', { instances: 1, queue: 2 });
  const blocker = host.call(state, 'sleep', [200]);
  const controller = new AbortController();
  const waiting = [1, 2].map(() => outcomeOf(host.call(state, 'next', [], { signal: controller.signal })));
  await new Promise((resolve) => setImmediate(resolve));
  equal(await codeOf(host.call(state, 'next')), 'busy');
  controller.abort();
  deepEqual(await Promise.all(waiting), ['cancelled', 'cancelled']);
  const again = [1, 2].map(() => outcomeOf(host.call(state, 'next')));
  deepEqual([await blocker, ...(await Promise.all(again))], [1, 'ok', 'ok']);
});
