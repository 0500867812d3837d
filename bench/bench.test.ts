import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { COMPONENT_HEADER, wasmSections } from './fixtures/sections.ts';
import { neverSeen } from './never-seen.ts';
import { ROOT } from './processes.ts';
import { interleave } from './rounds.ts';
import { boundedRow, comparedRow, equalRow, formatTable, type Row } from './row.ts';
import { median, quantile, relativeError } from './stats.ts';
import { betterRows, EVENTS_ROW, runSuites } from './suites.ts';

void test('a row passes up to its limit and not beyond', () => {
  const row = comparedRow('call', 'µs', 12, 10, 13);
  assert.deepEqual(row, { name: 'call', value: 12, unit: 'µs', against: 10, ratio: 1.2, limit: 13, ok: true });
  assert.equal(comparedRow('call', 'µs', 13, 10, 13).ok, true);
  assert.equal(comparedRow('call', 'µs', 13.01, 10, 13).ok, false);
  assert.equal(comparedRow('call', 'µs', Number.NaN, 10, 13).ok, false);
  assert.deepEqual(boundedRow('loop', 'ms', 51, 50), {
    name: 'loop',
    value: 51,
    unit: 'ms',
    against: null,
    ratio: null,
    limit: 50,
    ok: false,
  });
});

void test('[host.path] one event too few or too many is a miss', () => {
  assert.deepEqual(
    [9, 10, 11].map((events) => equalRow('events', 'events', events, 10).ok),
    [false, true, false],
  );
  assert.equal(equalRow('events', 'events', 0, 0).ratio, 1);
});

void test('of two runs the better row counts, but a failed call stays one', () => {
  const rows = (a: number, failed: number): Row[] => [
    comparedRow('a', 'µs', a, 10, 13),
    boundedRow('failed', 'calls', failed, 0),
  ];
  assert.deepEqual(betterRows(rows(14, 0), rows(12, 0)), rows(12, 0));
  assert.deepEqual(betterRows(rows(14, 1), rows(15, 0)), rows(14, 1));
  assert.throws(() => betterRows(rows(1, 0), rows(1, 0).toReversed()), /other rows/);
});

void test('the table shows every row and names the misses', () => {
  const table = formatTable([comparedRow('one', 'µs', 1234.5, 1000, 1300), boundedRow('two', 'ms', 51, 50)]);
  const [head = '', one = '', two = ''] = table.split('\n');
  assert.match(head, /value +against +ratio +at most/);
  assert.match(one, /^one +1,235 µs +1,000 +1\.23x +1,300 +ok$/);
  assert.match(two, /^two +51\.0 ms +– +– +50\.0 +MISSED$/);
});

void test('medians, quantiles and their error', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(quantile([10, 20, 30, 40, 50], 0.99), 49.6);
  assert.ok(Number.isNaN(median([])));
  assert.equal(relativeError([1, 1]), Number.POSITIVE_INFINITY);
  assert.equal(relativeError([2, 2, 2, 2]), 0);
  assert.ok(relativeError([1, 2, 3, 4]) > relativeError([2.4, 2.5, 2.5, 2.6]));
});

void test('rounds take turns, drop the first and stop when the ratio is known', async () => {
  const order: string[] = [];
  const measure = (name: string, values: number[]) => () => {
    order.push(name);
    return values.shift() ?? 2;
  };
  const took = await interleave(
    { a: measure('a', [100]), b: measure('b', [100]) },
    { least: 4, most: 50, budgetMs: 60_000 },
  );
  assert.deepEqual(took, { a: 2, b: 2 });
  assert.equal(order.join(''), 'ab' + 'abbaabba');
});

void test('a component is never seen twice and stays the component that it was', () => {
  const component = Uint8Array.from([...COMPONENT_HEADER, 0, 2, 1, 0x78]);
  const [one, two] = [neverSeen(component, 300), neverSeen(component, 300)];
  assert.notDeepEqual(one, two);
  assert.deepEqual(Uint8Array.from(one.subarray(0, component.length)), component);
  assert.deepEqual(wasmSections(one), [
    { id: 0, name: 'x', size: 0 },
    { id: 0, name: 'bench', size: 300 },
  ]);
});

void test('[host.path] a suite runs and every call of it is told by one event', async () => {
  const rows = await runSuites(['fresh'], true, () => undefined);
  assert.deepEqual(
    rows.map(({ name }) => name),
    ['fresh instance and call, C', 'fresh instance and call, TypeScript', EVENTS_ROW],
  );
  const events = rows.at(-1);
  assert.ok(events?.ok && events.value > 0);
});

void test('--output json has the documented shape and the exit code says whether all passed', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['bench/main.ts', '--only', 'in-flight', '--quick', '--output', 'json'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  const { rows } = JSON.parse(stdout) as { readonly rows: readonly Row[] };
  assert.equal(rows.length, 3, stderr);
  for (const row of rows) {
    assert.deepEqual(Object.keys(row), ['name', 'value', 'unit', 'against', 'ratio', 'limit', 'ok']);
    assert.ok(row.value > 0 && row.limit > 0);
    if (row.name !== EVENTS_ROW) assert.equal(row.ok, row.value <= row.limit);
  }
  assert.equal(status, rows.every((row) => row.ok) ? 0 : 1, stderr);
});

void test('an unknown suite or option is a usage error', () => {
  for (const args of [['--only', 'nothing'], ['--output', 'yaml'], ['--fast']]) {
    const { status, stderr } = spawnSync(process.execPath, ['bench/main.ts', ...args], { cwd: ROOT, encoding: 'utf8' });
    assert.equal(status, 2);
    assert.match(stderr, /--only <suite>/);
  }
});
