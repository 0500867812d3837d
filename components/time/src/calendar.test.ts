import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addTo, between, momentOf, read } from './calendar.ts';

const iso = (time: number): string => momentOf(time).iso;

void test('[bundled.time] reads dates with and without time and offset, and refuses what does not exist', () => {
  assert.equal(iso(read('2026-03-01')), '2026-03-01T00:00:00.000Z');
  assert.equal(iso(read('2026-03-01 12:30')), '2026-03-01T12:30:00.000Z');
  assert.equal(iso(read('2026-03-01T12:30:00+02:00')), '2026-03-01T10:30:00.000Z');
  assert.equal(iso(read('Sun, 01 Mar 2026 12:30:00 +0000')), '2026-03-01T12:30:00.000Z');
  for (const text of ['2026-02-29', '2026-13-01', '2026-00-10', 'tomorrow', '1', '2026-01-01T25:00:00Z']) {
    assert.throws(() => read(text), text);
  }
});

void test('[bundled.time] adds months and years as a person does, and the rest exactly', () => {
  assert.equal(iso(addTo(read('2026-01-31'), 1, 'months')), '2026-02-28T00:00:00.000Z');
  assert.equal(iso(addTo(read('2024-02-29T08:00:00Z'), 1, 'years')), '2025-02-28T08:00:00.000Z');
  assert.equal(iso(addTo(read('2026-03-01'), -1, 'days')), '2026-02-28T00:00:00.000Z');
  assert.equal(iso(addTo(read('2026-01-15'), -13, 'months')), '2024-12-15T00:00:00.000Z');
  assert.equal(between(read('2026-01-31'), read('2026-02-28'), 'months'), 1);
  assert.equal(between(read('2026-03-01'), read('2024-03-02'), 'years'), -1);
  assert.equal(between(read('2026-03-01'), read('2026-03-02T12:00:00Z'), 'days'), 1.5);
});

void test('[bundled.time] weeks and days of the year follow ISO 8601', () => {
  for (const [text, weekday, day, week] of [
    ['2026-01-01', 4, 1, 1],
    ['2027-01-01', 5, 1, 53],
    ['2024-12-30', 1, 365, 1],
    ['2024-12-31', 2, 366, 1],
    ['1969-12-31', 3, 365, 1],
  ] as const) {
    const moment = momentOf(read(text));
    assert.deepEqual([moment.weekday, moment.dayOfYear, moment.week], [weekday, day, week], text);
  }
});
