import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRateLimiter, parseRate, rateOf } from './rate-limit.ts';

test('[mcp.rate] a bucket gives its burst, then the rate, each client its own', () => {
  let now = 0;
  const limiter = createRateLimiter({ perSecond: 10, burst: 3 }, () => now);
  assert.deepEqual(
    [1, 2, 3].map(() => limiter.take('a')),
    [0, 0, 0],
  );
  assert.equal(limiter.take('a'), 100);
  assert.equal(limiter.take('b'), 0);
  now = 100;
  assert.equal(limiter.take('a'), 0);
  assert.equal(limiter.take('a'), 100);
  now = 1_000_000;
  assert.deepEqual(
    [1, 2, 3].map(() => limiter.take('a')),
    [0, 0, 0],
  );
  assert.equal(limiter.take('a'), 100);
  limiter.give('a');
  assert.equal(limiter.take('a'), 0);
});

test('[mcp.rate] what costs more than a bucket holds needs a full one and is paid off', () => {
  let now = 0;
  const limiter = createRateLimiter({ perSecond: 10, burst: 5 }, () => now);
  assert.equal(limiter.take('a', 100), 0);
  assert.ok(limiter.take('a') > 9_000);
  now = 9_700;
  assert.equal(limiter.take('a'), 0);
});

test('[mcp.rate] the table of clients is bounded', () => {
  const limiter = createRateLimiter(rateOf(1), () => 0, 100);
  for (let i = 0; i < 10_000; i++) limiter.take(`made-up-${i}`);
  assert.equal(limiter.size, 100);
});

test('[mcp.rate] rates are written as 100/s, 600/m, 5000/h', () => {
  assert.deepEqual(parseRate('100/s'), { perSecond: 100, burst: 200 });
  assert.deepEqual(parseRate('60/m'), { perSecond: 1, burst: 10 });
  assert.equal(parseRate('7200/h').perSecond, 2);
  for (const wrong of ['', '100', '0/s', '-1/s', '1e9/s', '100/d', '9999999999/s', '100 /s']) {
    assert.throws(() => parseRate(wrong), { code: 'invalid-usage' }, wrong);
  }
});
