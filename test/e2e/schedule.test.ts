/** Calls that a component arranges for later, on a real host. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Clock, HostEvent, ScheduleBounds, SwitchboardError } from '#core';
import { createHost } from '#host';
import type { Host } from '#host/api';
import { guest } from '../guests/build.ts';

const A = 'test:reflector';

/** A clock that a test moves. */
class TestClock implements Clock {
  ahead = 0;
  now(): number {
    return Date.now() + this.ahead;
  }
  monotonic(): number {
    return performance.now();
  }
}

interface World {
  readonly clock: TestClock;
  /** Opens the host, again if it is closed. */
  open(bounds?: Partial<ScheduleBounds>): Promise<Host>;
}

async function world(t: TestContext): Promise<World> {
  const home = await mkdtemp(join(tmpdir(), 'switchboard-schedule-'));
  const clock = new TestClock();
  let host: Host | undefined;
  t.after(async () => {
    await host?.close();
    await rm(home, { recursive: true, force: true });
  });
  return {
    clock,
    async open(bounds = {}) {
      await host?.close();
      const opened = await createHost({ home, clock, scheduleBounds: { shortestMs: 50, ...bounds } });
      if (!host) {
        await opened.install((await guest('reflector')).path, { as: `${A}@0.1.0` });
        await opened.grant(A, { permissions: [{ kind: 'schedule' }] });
      }
      host = opened;
      return opened;
    },
  };
}

const later = (host: Host, name: string, when: string, ms: number, fn = 'tick', args: unknown = [name]) =>
  host.call(A, 'later', [name, when, ms, fn, JSON.stringify(args)]);

type Due = HostEvent & { readonly type: 'schedule.due' };

/** Settles with the next run of that schedule. */
function due(host: Host, name: string): Promise<Due> {
  return new Promise((resolve) => {
    const stop = host.subscribe(
      (event) => {
        if (event.type !== 'schedule.due' || event.name !== name) return;
        stop();
        resolve(event);
      },
      ['schedule.due'],
    );
  });
}

const fails =
  (pattern: RegExp, code = 'component-error') =>
  (error: SwitchboardError) => {
    assert.match(error.message, pattern);
    assert.equal(error.code, code);
    return true;
  };

test('[schedule.run] a component is called after a while, once, as the time and in its own name', async (t) => {
  const host = await (await world(t)).open();
  const decided: HostEvent[] = [];
  host.subscribe((event) => void decided.push(event), ['call.decided']);
  const ran = due(host, 'once');
  const entry = JSON.parse(String(await later(host, 'once', 'after', 80))) as { next: number; function: string };
  assert.ok(Math.abs(entry.next - Date.now() - 80) < 5_000);
  const { outcome, missed } = await ran;
  assert.deepEqual([outcome, missed], ['ok', 0]);
  const last = decided.at(-1);
  assert.ok(last?.type === 'call.decided');
  assert.deepEqual(last.context.principal, { kind: 'schedule', label: 'once' });
  assert.deepEqual([last.context.function, last.context.depth, last.context.component], ['tick', 0, `${A}@0.1.0`]);
  assert.deepEqual(await host.schedules(), []);
  assert.ok((await host.logs({ component: A })).some(({ message }) => message === 'once'));
});

test('[schedule.run] one that recurs runs again and again, and tells how it ended', async (t) => {
  const host = await (await world(t)).open();
  await later(host, 'often', 'every', 60);
  assert.equal((await due(host, 'often')).outcome, 'ok');
  assert.equal((await due(host, 'often')).outcome, 'ok');
  await later(host, 'bad', 'every', 60, 'fails', ['no']);
  assert.equal((await due(host, 'bad')).outcome, 'component-error');
  await due(host, 'bad');
  const [bad] = (await host.schedules(A)).filter(({ name }) => name === 'bad');
  assert.equal(bad?.last?.outcome, 'component-error');
  assert.equal(await host.call(A, 'cancel', ['often']), true);
  assert.equal(await host.call(A, 'cancel', ['often']), false);
  const arranged = JSON.parse(String(await host.call(A, 'arranged'))) as { name: string; lastOutcome: string }[];
  assert.deepEqual(
    arranged.map(({ name, lastOutcome }) => [name, lastOutcome]),
    [['bad', 'component-error']],
  );
});

test('[schedule.durable] schedules survive the host; what was missed runs once', async (t) => {
  const { open, clock } = await world(t);
  const first = await open();
  await later(first, 'daily', 'every', 24 * 3_600_000);
  await later(first, 'soon', 'after', 3_600_000);
  clock.ahead = 10.5 * 24 * 3_600_000;
  const second = await open();
  const events: Due[] = [];
  second.subscribe((event) => void (event.type === 'schedule.due' && events.push(event)), ['schedule.due']);
  await Promise.all([due(second, 'daily'), due(second, 'soon')]);
  assert.deepEqual(events.map(({ name, outcome, missed }) => [name, outcome, missed]).toSorted(), [
    ['daily', 'ok', 9],
    ['soon', 'ok', 0],
  ]);
  const third = await open();
  const [left, ...more] = await third.schedules();
  assert.deepEqual([left?.name, more.length], ['daily', 0]);
  const hours = ((left?.next ?? 0) - clock.now()) / 3_600_000;
  assert.ok(hours > 11 && hours < 13, `on its own grid: in ${hours} hours`);
});

test('[schedule.denied] without a grant nothing is arranged; taken back, nothing is run', async (t) => {
  const { open, clock } = await world(t);
  const host = await open();
  await later(host, 'kept', 'every', 3_600_000);
  await host.revoke(A);
  const attempts = [
    () => later(host, 'no', 'after', 1),
    () => host.call(A, 'arranged'),
    () => host.call(A, 'cancel', ['kept']),
  ];
  for (const attempt of attempts) {
    await assert.rejects(attempt, (error: SwitchboardError) => {
      assert.equal(error.code, 'denied');
      assert.equal(error.fix, 'switchboard grant test:reflector --schedule');
      return true;
    });
  }
  clock.ahead = 2 * 3_600_000;
  const again = await open();
  assert.equal((await due(again, 'kept')).outcome, 'denied');
  const warned = (await again.logs({ component: A })).filter(({ level }) => level === 'warn');
  assert.match(
    warned.at(-1)?.message ?? '',
    /denied: arrange later calls.*switchboard grant test:reflector --schedule/,
  );
  // A grant for calls over MCP is none for calls that nobody but the time makes.
  await again.grant(A, { permissions: [{ kind: 'schedule' }], principal: 'mcp' });
  clock.ahead = 4 * 3_600_000;
  const third = await open();
  assert.equal((await due(third, 'kept')).outcome, 'denied');
  await third.grant(A, { permissions: [{ kind: 'schedule' }], principal: 'schedule' });
  await assert.rejects(later(third, 'no', 'after', 1), fails(/refused/, 'denied'));
  clock.ahead = 6 * 3_600_000;
  assert.equal((await due(await open(), 'kept')).outcome, 'ok');
});

test('[schedule.bounds] what cannot be called is refused when it is arranged', async (t) => {
  const host = await (await world(t)).open({ shortestMs: 60_000 });
  await assert.rejects(later(host, 'x', 'every', 59_999), fails(/^invalid: the shortest interval is 60000 ms/));
  await assert.rejects(later(host, 'x', 'after', 4e11), fails(/^invalid: .*too far/));
  await assert.rejects(later(host, 'x', 'after', 1, 'nobody'), fails(/^invalid: no function "nobody"/));
  await assert.rejects(later(host, 'x', 'after', 1, 'tick', [7]), fails(/^invalid: text: /));
  await assert.rejects(later(host, 'x', 'after', 1, 'tick', ['y'.repeat(70_000)]), fails(/^limit: the arguments/));
  await assert.rejects(
    host.call(A, 'later', ['x', 'after', 1, 'tick', '["']),
    fails(/^invalid: the arguments are not JSON/),
  );
  for (const name of ['', '../x', 'a b', '\u001b[2J', 'x'.repeat(65)]) {
    await assert.rejects(later(host, name, 'after', 1), fails(/^invalid: a name is/), name);
  }
  assert.deepEqual(await host.schedules(), []);
});

test('[schedule.bounds] a component has so many schedules, and one call changes so many', async (t) => {
  const host = await (await world(t)).open({ most: 3, changesOfCall: 5 });
  for (const name of ['a', 'b', 'c', 'c']) await later(host, name, 'after', 3_600_000);
  await assert.rejects(later(host, 'd', 'after', 1), fails(/^limit: .*there may be 3/));
  for (const name of ['a', 'b', 'c']) await host.removeSchedule(A, name);
  assert.equal(await host.call(A, 'later-often', [2]), 'done');
  await assert.rejects(host.call(A, 'later-often', [3]), fails(/^limit: one call sets and cancels at most 5/));
});

test('[schedule.ends] uninstalling the last version ends its schedules; the owner may end one', async (t) => {
  const host = await (await world(t)).open();
  const events: HostEvent[] = [];
  host.subscribe((event) => void events.push(event), ['schedule.set', 'schedule.removed']);
  await later(host, 'one', 'after', 3_600_000);
  await later(host, 'two', 'after', 3_600_000);
  assert.equal((await host.removeSchedule(A, 'one')).name, 'one');
  await assert.rejects(host.removeSchedule(A, 'one'), fails(/has no schedule one/, 'schedule-not-found'));
  await host.install((await guest('reflector')).path, { as: `${A}@0.2.0` });
  await host.uninstall(`${A}@0.1.0`);
  assert.equal((await host.schedules(A)).length, 1, 'it is of the name');
  await host.uninstall(A);
  assert.deepEqual(await host.schedules(), []);
  assert.deepEqual(
    events.map((event) => event.type),
    ['schedule.set', 'schedule.set', 'schedule.removed', 'schedule.removed'],
  );
});
