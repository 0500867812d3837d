import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_PERMISSIONS, SCHEDULE_BOUNDS, type ScheduleStore, SwitchboardError } from '#core';
import type { AskTurn, EngineCall } from '#engine';
import { memoryScheduleStore } from '#home/memory-schedule-store';
import { systemClock } from '#home/system';
import type { CallPath } from './call.ts';
import { createSchedules } from './schedules.ts';

const NAME = 'demo:ann';
const request = {
  context: { component: `${NAME}@1.0.0` },
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

void test('[schedule.ends] what a component that is gone arranged is ended when it is due, all of it', async () => {
  const { schedules, inner } = world((store) => store, false);
  const row = { component: NAME, name: 'n', function: 'tick', arguments: '[]', createdAt: 0, every: 60_000 };
  await inner.set({ ...row, next: 1 }, 100);
  await inner.set({ ...row, name: 'later', next: Date.now() + 1e9 }, 100);
  await schedules.start();
  await schedules.close();
  assert.deepEqual(await inner.list(), []);
});
