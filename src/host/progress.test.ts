import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callProgress } from './progress.ts';

test('[ask.progress] values of host and component rise together, and none is told after the end', () => {
  const told: number[] = [];
  const progress = callProgress(({ progress: value }) => {
    told.push(value);
    throw new Error('the receiver’s own failure');
  });
  const host = (): void => progress.report({ progress: 0, by: 'host', message: 'waits' });
  const own = (value: number): void => progress.report({ progress: value, by: 'component' });
  host();
  host();
  for (const value of [0, 0, 0.5, 0.4, 3, 1e300, 1e300]) own(value);
  host();
  progress.end();
  own(Number.MAX_VALUE);
  assert.equal(told.length, 7);
  assert.deepEqual(told.slice(0, 6), [0, 0.001, 0.002, 0.5, 3, 1e300]);
  for (const [i, value] of told.entries()) assert.ok(i === 0 || value > (told[i - 1] ?? 0), String(told));
});
