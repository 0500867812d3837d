import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type HostEvent,
  NO_PERMISSIONS,
  type Schedule,
  SCHEDULE_BOUNDS,
  type ScheduleStore,
  SwitchboardError,
} from '#core';
import type { AskTurn, EngineCall } from '#engine';
import { memoryScheduleStore } from '#home/memory-schedule-store';
import { systemClock, systemRandom } from '#home/system';
import type { CallPath } from './call.ts';
import { createSchedules } from './schedules.ts';

const NAME = 'demo:ann';
const request = {
  context: { component: `${NAME}@1.0.0`, principal: { kind: 'program', label: 'program' } },
  policy: { ...NO_PERMISSIONS, schedule: true },
} as unknown as EngineCall;

/** Of one component with one function, until it is uninstalled. */
function world(change: (store: ScheduleStore, uninstall: () => Promise<void>) => ScheduleStore, installed = true) {
  const inner = memoryScheduleStore();
  const types = { types: [], exports: [], exportedFunctions: [{ name: 'tick', params: [] }] };
  const entry = {
    installed: { description: { types } },
    find: () => ({ described: { id: 'tick', needsSession: false } }),
  };
  const catalog = {
    isInstalled: async () => installed,
    async current() {
      if (installed) return entry;
      throw new SwitchboardError('component-not-found', 'gone');
    },
  };
  const uninstall = async (): Promise<void> => {
    installed = false;
    await schedules.forget(NAME);
  };
  const schedules = createSchedules({
    store: change(inner, uninstall),
    path: { catalog, events: { emit: () => {} } } as unknown as CallPath,
    clock: systemClock,
    bounds: SCHEDULE_BOUNDS,
    log: () => {},
    inUse: () => true,
  });
  const set = (time: object): Promise<unknown> =>
    schedules.answer(request, { op: 'set', name: 'n', function: 'tick', args: '[]', time }, {} as AskTurn);
  return { schedules, inner, set };
}

void test('[schedule.ends] what a component arranges while it is uninstalled is not left to one of its name', async (t) => {
  const { schedules, inner, set } = world((store, uninstall) => ({
    ...store,
    async set(schedule, most) {
      await uninstall();
      await store.set(schedule, most);
    },
  }));
  t.after(() => schedules.close());
  await set({ tag: 'every', val: 60_000 });
  assert.deepEqual(await inner.list(), []);
});

const TICK = { types: { types: [], exports: [], exportedFunctions: [{ name: 'tick', params: [] }] } };
const arranged = (component: string, name: string, more: Partial<Schedule> = {}): Schedule => ({
  component,
  name,
  function: 'tick',
  arguments: '[]',
  createdAt: 0,
  next: 1,
  ...more,
});

/** Of components with one function each; `run` is what a call of it does. */
function hostOf(run: (request: EngineCall) => Promise<unknown>, inUse = (): boolean => true) {
  const store = memoryScheduleStore();
  const removed: string[] = [];
  const entryOf = (reference: string) => {
    const name = reference.replace(/@.*/, '');
    return {
      reference: `${name}@1.0.0`,
      limits: { timeout: 1e4, queueTimeout: 1e4 },
      installed: { name, version: '1.0.0', description: { ...TICK, requirements: [], digest: 'sha256:0' } },
      once: () => [],
      find: () => ({ index: 0, described: { id: 'tick', name: 'tick', needsSession: false } }),
      targetFor: () => ({ policy: request.policy }),
    };
  };
  const path = {
    catalog: { isInstalled: async () => true, known: entryOf, current: async (name: string) => entryOf(name) },
    engine: { call: (_target: unknown, asked: EngineCall) => run(asked) },
    events: {
      emit(event: HostEvent): void {
        if (event.type === 'schedule.removed') removed.push(event.schedule.name);
      },
    },
    random: systemRandom,
    clock: systemClock,
    made: 0,
  };
  const schedules = createSchedules({
    store,
    path: path as unknown as CallPath,
    clock: systemClock,
    bounds: SCHEDULE_BOUNDS,
    log: () => {},
    inUse,
  });
  const set = (of: EngineCall, name: string, time: object): Promise<unknown> =>
    schedules.answer(of, { op: 'set', name, function: 'tick', args: '[]', time }, {} as AskTurn);
  return { schedules, store, set, removed };
}

void test('[schedule.bounds] what a run arranges itself is due a minute later at the earliest', async (t) => {
  const done = Promise.withResolvers<void>();
  const { schedules, store, set } = hostOf(async (made) => {
    for (const [i, val] of [0, 1, 59_999].entries()) await set(made, `after${i}`, { tag: 'after', val });
    await set(made, 'at', { tag: 'at', val: 5 });
    // Also where another component is called that arranges its own.
    const nested = { ...made, from: { request: made }, context: { ...made.context, component: 'demo:bob@1.0.0' } };
    await set(nested as unknown as EngineCall, 'at', { tag: 'at', val: Date.now() });
    await set(made, 'later', { tag: 'after', val: 100_000 });
    done.resolve();
  });
  t.after(() => schedules.close());
  await store.set(arranged(NAME, 'again'), 10);
  const before = Date.now();
  await schedules.start();
  await done.promise;
  const rows = await store.list();
  assert.equal(rows.length, 6);
  for (const { name, next } of rows) assert.ok(next >= before + (name === 'later' ? 100_000 : 60_000), name);
  await set(request, 'now', { tag: 'after', val: 1 });
  assert.ok(((await store.next()) ?? Infinity) < before + 30_000, 'a call from outside arranges for now');
});

void test('[schedule.ends] one that is being run is seen and removed; then its run arranges nothing more', async (t) => {
  const begun = Promise.withResolvers<EngineCall>();
  const gate = Promise.withResolvers<void>();
  const { schedules, store, set, removed } = hostOf(async (made) => {
    begun.resolve(made);
    await gate.promise;
  });
  t.after(() => schedules.close());
  await store.set(arranged(NAME, 'again'), 10);
  await store.set(arranged(NAME, 'other', { next: Date.now() + 1e9 }), 10);
  await schedules.start();
  const made = await begun.promise;
  const seen = async () => (await schedules.schedules(NAME)).map(({ name, running }) => `${name} ${running ?? false}`);
  assert.deepEqual(await seen(), ['again true', 'other false']);
  assert.deepEqual(await schedules.schedules('demo:bob'), []);
  assert.match(JSON.stringify(await set(made, 'again', { tag: 'every', val: 70_000 })), /"ok"/);
  assert.deepEqual(await seen(), ['again true', 'other false']);
  assert.equal((await schedules.removeSchedule(NAME, 'again')).name, 'again');
  assert.deepEqual(await seen(), ['other false']);
  await assert.rejects(schedules.removeSchedule(NAME, 'again'), { code: 'schedule-not-found' });
  const nested = { ...made, from: { request: made }, context: { ...made.context, component: 'demo:bob@1.0.0' } };
  for (const by of [made, nested as unknown as EngineCall]) {
    const again = await set(by, 'again', { tag: 'after', val: 1 });
    assert.deepEqual(again, { failed: { tag: 'unavailable', val: 'the schedule that this runs for was removed' } });
    assert.match(JSON.stringify(await set(by, 'another', { tag: 'after', val: 1 })), /was removed/);
  }
  gate.resolve();
  await schedules.close();
  assert.deepEqual(removed, ['again']);
  assert.deepEqual(
    (await store.list()).map(({ name }) => name),
    ['other'],
  );
});

void test('[schedule.ends] one that is due once is removed while it is run', async (t) => {
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const { schedules, store, removed } = hostOf(async () => {
    begun.resolve();
    await gate.promise;
  });
  t.after(() => schedules.close());
  await store.set(arranged(NAME, 'once'), 10);
  await schedules.start();
  await begun.promise;
  assert.equal((await schedules.removeSchedule(NAME, 'once')).name, 'once');
  assert.deepEqual([await schedules.schedules(), removed], [[], ['once']]);
  gate.resolve();
});

void test('[schedule.run] components have turns: the many of some keep none of another waiting', async (t) => {
  const ran: string[] = [];
  const done = Promise.withResolvers<void>();
  const { schedules, store } = hostOf(async ({ context }) => {
    ran.push(context.component.replace(/@.*/, ''));
    if (ran.length === 6 * 120 + 1) done.resolve();
  });
  t.after(() => schedules.close());
  for (const many of ['a', 'b', 'c', 'd', 'e', 'f']) {
    for (let i = 0; i < 120; i += 1) await store.set(arranged(`demo:${many}`, `n${i}`), 120);
  }
  await store.set(arranged('demo:late', 'n', { next: 1_000 }), 10);
  await schedules.start();
  await done.promise;
  assert.ok(ran.indexOf('demo:late') < 7, `in place ${ran.indexOf('demo:late')}`);
});

void test('[schedule.run] nothing is begun while nobody uses the host', async (t) => {
  let used = false;
  const ran = Promise.withResolvers<void>();
  const { schedules, store } = hostOf(
    async () => ran.resolve(),
    () => used,
  );
  t.after(() => schedules.close());
  await store.set(arranged(NAME, 'n'), 10);
  await schedules.start();
  assert.equal((await store.list()).length, 1);
  used = true;
  await ran.promise;
});

void test('[schedule.ends] what a component that is gone arranged is ended when it is due, all of it', async () => {
  const { schedules, inner } = world((store) => store, false);
  const row = { component: NAME, name: 'n', function: 'tick', arguments: '[]', createdAt: 0, every: 60_000 };
  await inner.set({ ...row, next: 1 }, 100);
  await inner.set({ ...row, name: 'later', next: Date.now() + 1e9 }, 100);
  await schedules.start();
  await schedules.close();
  assert.deepEqual(await inner.list(), []);
});
