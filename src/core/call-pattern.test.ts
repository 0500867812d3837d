import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { callPatternWithin, namesFunction, parseCallPattern } from './call-pattern.ts';
import { formatPermission, parsePermission, requestCovers, snapshotOf } from './grants.ts';
import { decideCall, requirementOf } from './policy.ts';
import { NO_PERMISSIONS } from './permission.ts';
import { dueTimes, SCHEDULE_BOUNDS, timeAfter } from './schedule.ts';

const fn = (component: string, id: string, name = id) => ({ component, id, name });

void test('[reflect.denied] a pattern names components, and functions by id or short name', () => {
  const names = (pattern: string, called: ReturnType<typeof fn>) => namesFunction(parseCallPattern(pattern), called);
  ok(names('demo:text', fn('demo:text', 'api.count')));
  ok(names('demo:text#count', fn('demo:text', 'api.count', 'count')));
  ok(names('demo:text#api.*', fn('demo:text', 'api.count')));
  ok(names('demo:*', fn('demo:text', 'x')));
  ok(names('*:*#read*', fn('a:b', 'read-all')));
  ok(!names('demo:text', fn('demo:text2', 'x')));
  ok(!names('demo:text#count', fn('demo:text', 'api.counts')));
  for (const bad of [
    'demo',
    'demo:text#',
    'demo:',
    'Demo:text',
    'demo:text@1.0.0',
    'demo:text#a b',
    'demo:te?t',
    '*',
    "a:b#'",
    'a:b\n',
  ]) {
    throws(() => parseCallPattern(bad), { code: 'invalid-setting' }, bad);
  }
});

void test('[reflect.denied] a request covers a grant that names no more than it', () => {
  const covers = (wide: string, narrow: string) => callPatternWithin(parseCallPattern(narrow), parseCallPattern(wide));
  ok(covers('demo:*', 'demo:text'));
  ok(covers('demo:*', 'demo:t*'));
  ok(covers('demo:text', 'demo:text#count'));
  ok(covers('demo:text#c*', 'demo:text#co*'));
  ok(!covers('demo:text#count', 'demo:text'));
  ok(!covers('demo:t*', 'demo:*'));
  ok(!covers('demo:text#co*', 'demo:text#c*'));
  const request = { kind: 'call', component: 'demo:*', reason: 'r' } as const;
  ok(requestCovers(request, parsePermission('call', 'demo:text#x')));
  ok(!requestCovers(request, parsePermission('call', 'other:text')));
  equal(formatPermission(parsePermission('call', 'demo:*#x')), "--call 'demo:*#x'");
  equal(formatPermission(parsePermission('call', 'demo:text#x')), '--call demo:text#x');
});

void test('[reflect.callee-policy] a call by a component is decided by what that component was granted', () => {
  const request = {
    principal: { kind: 'owner', label: '' },
    component: { name: 'demo:text' },
    function: 'api.count',
    name: 'count',
    requirements: [],
  } as const;
  equal(decideCall(request).rule, 'installed-by-owner');
  const by = { component: 'demo:a@1.0.0', policy: NO_PERMISSIONS };
  deepEqual(decideCall({ ...request, by }).allowed, false);
  const policy = { ...NO_PERMISSIONS, calls: [{ component: 'demo:text', function: 'count' }] };
  equal(decideCall({ ...request, by: { ...by, policy } }).rule, 'call-granted');
  equal(decideCall({ ...request, function: 'api.other', name: 'other', by: { ...by, policy } }).allowed, false);
  const missing = requirementOf('nobody:knows/this@1.0.0');
  equal(decideCall({ ...request, by: { ...by, policy }, requirements: [missing] }).allowed, false);
});

void test('[reflect.denied] grants of calls and schedules are part of the snapshot, and of its version', () => {
  const description = { digest: 'sha256:0' } as const;
  const grant = (permission: Parameters<typeof formatPermission>[0]) =>
    ({
      id: 'g_1',
      principal: 'anyone',
      subject: 'demo:a',
      permission,
      manifest: 'sha256:0',
      bound: true,
      creator: 'owner',
      createdAt: 1,
    }) as Parameters<typeof snapshotOf>[1][number];
  const none = snapshotOf(description, [], 'owner', 1, (text) => text);
  deepEqual([none.calls, none.schedule], [[], false]);
  const some = snapshotOf(description, [grant({ kind: 'schedule' })], 'schedule', 1, (text) => text);
  equal(some.schedule, true);
  ok(some.version !== none.version);
  const calls = snapshotOf(description, [grant({ kind: 'call', component: 'a:b' })], 'mcp', 1, (text) => text);
  deepEqual(calls.calls, [{ component: 'a:b' }]);
});

void test('[schedule.bounds] times are in bounds, and missed ones are one', () => {
  const at = (tag: 'at' | 'after' | 'every', val: number) => dueTimes({ tag, val }, 1_000_000, SCHEDULE_BOUNDS);
  deepEqual(at('at', 5), { next: 1_000_000 });
  deepEqual(at('at', 2_000_000), { next: 2_000_000 });
  deepEqual(at('after', 7), { next: 1_000_007 });
  deepEqual(at('every', 60_000), { next: 1_060_000, every: 60_000 });
  for (const [tag, val] of [
    ['every', 59_999],
    ['after', Number.NaN],
    ['after', -1],
    ['at', Number.POSITIVE_INFINITY],
    ['after', 1e15],
  ] as const) {
    equal(typeof at(tag, val), 'string', `${tag} ${val}`);
  }
  equal(timeAfter({ next: 10 }, 50), undefined);
  equal(timeAfter({ next: 10, every: 20 }, 10), 30);
  equal(timeAfter({ next: 10, every: 20 }, 29), 30);
  equal(timeAfter({ next: 10, every: 20 }, 30), 50);
  equal(timeAfter({ next: 10, every: 20 }, 1_000), 1_010);
});
