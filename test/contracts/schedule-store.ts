import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schedule, ScheduleStore } from '#core';

type Make = () => Promise<{ readonly store: ScheduleStore; readonly close: () => Promise<void> }>;

const schedule = (component: string, name: string, next: number, more: Partial<Schedule> = {}): Schedule => ({
  component,
  name,
  function: 'api.run',
  arguments: '{"text":"é\\u0000"}',
  next,
  createdAt: 1,
  ...more,
});

const names = (schedules: readonly Schedule[]): string[] =>
  schedules.map(({ component, name }) => `${component} ${name}`);

/** What every ScheduleStore does. */
export function scheduleStoreContract(backend: string, make: Make): void {
  const using = async (work: (store: ScheduleStore) => Promise<void>): Promise<void> => {
    const { store, close } = await make();
    try {
      await work(store);
    } finally {
      await close();
    }
  };

  void test(`${backend}: schedules are kept, the next due first, and replaced by name`, () =>
    using(async (store) => {
      assert.equal(await store.next(), undefined);
      await store.set(schedule('demo:a', 'late', 30, { every: 5 }), 10);
      await store.set(schedule('demo:b', 'soon', 10), 10);
      await store.set(schedule('demo:a', '__proto__', 20), 10);
      assert.deepEqual(names(await store.list()), ['demo:b soon', 'demo:a __proto__', 'demo:a late']);
      assert.deepEqual(await store.list('demo:b'), [schedule('demo:b', 'soon', 10)]);
      await store.set(schedule('demo:b', 'soon', 40, { function: 'other' }), 10);
      assert.deepEqual(await store.list('demo:b'), [schedule('demo:b', 'soon', 40, { function: 'other' })]);
      assert.equal(await store.next(), 20);
    }));

  void test(`${backend}: those that are due, the first of each component, and not one more`, () =>
    using(async (store) => {
      for (const at of [30, 10, 20]) await store.set(schedule('demo:a', `n${at}`, at), 10);
      for (const at of [15, 5, 40]) await store.set(schedule('demo:b', `n${at}`, at), 10);
      await store.set(schedule('demo:c', 'n21', 21), 10);
      await store.set(schedule('demo:d', 'n2', 10), 10);
      await store.set(schedule('demo:d', 'n1', 10), 10);
      assert.deepEqual(names(await store.due(20, 10)), ['demo:b n5', 'demo:a n10', 'demo:d n1']);
      assert.deepEqual(names(await store.due(20, 1)), ['demo:b n5']);
      assert.deepEqual(await store.due(4, 10), []);
    }));

  void test(`${backend}: one that is due is taken once, as it was read`, () =>
    using(async (store) => {
      const once = schedule('demo:a', 'once', 10);
      const often = schedule('demo:a', 'often', 10, { every: 7 });
      await store.set(once, 10);
      await store.set(often, 10);
      assert.equal(await store.take(once, undefined), true);
      assert.equal(await store.take(once, undefined), false);
      assert.equal(await store.take(often, 17), true);
      assert.equal(await store.take(often, 17), false, 'it is another now');
      assert.deepEqual(await store.list(), [{ ...often, next: 17 }]);
      await store.set({ ...often, arguments: '[]' }, 10);
      assert.equal(await store.take({ ...often, next: 17 }, 24), false);
    }));

  void test(`${backend}: how a run ended is kept of those that are still there`, () =>
    using(async (store) => {
      await store.set(schedule('demo:a', 'often', 10, { every: 7 }), 10);
      await store.ran('demo:a', 'often', { at: 11, outcome: 'timeout' });
      await store.ran('demo:a', 'gone', { at: 11, outcome: 'ok' });
      const [kept, ...more] = await store.list();
      assert.deepEqual([kept?.last, more], [{ at: 11, outcome: 'timeout' }, []]);
      assert.equal(await store.take(kept ?? assert.fail(), 17), true);
    }));

  void test(`${backend}: a component has so many, and loses one or all`, () =>
    using(async (store) => {
      await store.set(schedule('demo:a', 'one', 1), 2);
      await store.set(schedule('demo:a', 'two', 2), 2);
      await assert.rejects(store.set(schedule('demo:a', 'three', 3), 2), { code: 'busy' });
      await store.set(schedule('demo:a', 'two', 4), 2);
      await store.set(schedule('demo:b', 'one', 1), 2);
      assert.deepEqual(names(await store.remove('demo:a', 'one')), ['demo:a one']);
      assert.deepEqual(await store.remove('demo:a', 'one'), []);
      assert.deepEqual(names(await store.remove('demo:a')), ['demo:a two']);
      assert.deepEqual(names(await store.list()), ['demo:b one']);
    }));
}
