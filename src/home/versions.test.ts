import assert from 'node:assert/strict';
import { test } from 'node:test';
import compare from 'semver/functions/compare.js';
import { newestFirst } from './versions.ts';

const PRE = [
  '1.0.0-alpha',
  '1.0.0-alpha.1',
  '1.0.0-alpha.beta',
  '1.0.0-beta',
  '1.0.0-beta.2',
  '1.0.0-beta.11',
  '1.0.0-rc.1',
  '1.0.0-0',
  '2.0.0-1a',
];
const RELEASES = ['0.0.1', '0.1.0', '1.0.0', '1.0.1', '1.2.0', '1.10.0', '2.0.0', '10.0.0'];

void test('orders releases, and pre-releases, as semver does', () => {
  for (const group of [PRE, RELEASES]) {
    for (const a of group)
      for (const b of group) assert.equal(Math.sign(newestFirst(a, b)), Math.sign(compare(b, a)) + 0, `${a} ${b}`);
  }
});

void test('any release comes before any pre-release', () => {
  assert.deepEqual(['2.0.0-rc.1', '0.0.1', '1.0.0'].sort(newestFirst), ['1.0.0', '0.0.1', '2.0.0-rc.1']);
});

void test('numbers of any length, leading zeros and build metadata do not break the order', () => {
  assert.ok(newestFirst('99999999999999999999.0.0', '99999999999999999998.0.0') < 0);
  assert.ok(newestFirst('1.0.0-010', '1.0.0-9') < 0);
  assert.notEqual(newestFirst('1.0.0+a', '1.0.0+b'), 0);
  assert.equal(newestFirst('1.0.0+a', '1.0.0+a'), 0);
});
