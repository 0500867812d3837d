import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkLimitChanges,
  DEFAULT_LIMITS,
  effectiveLimits,
  formatLimit,
  LIMIT_KEYS,
  LIMIT_RANGES,
  limitFlag,
  limitName,
  manifestLimits,
  parseLimit,
} from './limits.ts';

const MiB = 1024 * 1024;

test('[policy.limits] what a manifest makes tighter applies, more is requested, what the owner set wins over both', () => {
  const asked = manifestLimits({
    memory: '16MiB',
    timeout: '30s',
    'queue-timeout': '1s',
    handles: 1000,
    reuse: 'resident',
  });
  const alone = effectiveLimits(asked, {});
  assert.deepEqual(alone.manifest, { memory: 16 * MiB, queueTimeout: 1000 });
  assert.deepEqual(alone.requested, { timeout: 30_000, reuse: 'resident' });
  assert.deepEqual(alone.effective, { ...DEFAULT_LIMITS, memory: 16 * MiB, queueTimeout: 1000 });
  const owned = effectiveLimits(asked, { memory: DEFAULT_LIMITS.memory, timeout: 60_000, reuse: 'session' });
  assert.deepEqual(owned.manifest, { queueTimeout: 1000 });
  assert.deepEqual(owned.requested, { reuse: 'resident' });
  assert.equal(owned.effective.memory, DEFAULT_LIMITS.memory);
  const less = effectiveLimits(asked, { memory: 8 * MiB });
  assert.deepEqual([less.effective.memory, less.requested.memory], [8 * MiB, 16 * MiB]);
});

test('[policy.limits] each limit is written as a flag that gives exactly it', () => {
  for (const key of LIMIT_KEYS) {
    if (key === 'reuse') continue;
    for (const value of [...LIMIT_RANGES[key], DEFAULT_LIMITS[key], LIMIT_RANGES[key][0] + 1]) {
      if (value > LIMIT_RANGES[key][1]) continue;
      const written: readonly string[] = limitFlag(key, value).split(' ');
      const [flag, text = ''] = written;
      assert.equal(flag, `--${limitName(key)}`);
      assert.equal(parseLimit(key, text), value, `${flag} ${text}`);
      assert.notEqual(formatLimit(key, value), '');
    }
  }
  assert.equal(limitFlag('memory', 128 * MiB), '--memory 128MiB');
  assert.equal(limitFlag('queueTimeout', 90_000), '--queue-timeout 90s');
  assert.equal(limitFlag('reuse', 'resident'), '--reuse resident');
});

test('[policy.limits] what is no limit is refused, whatever it is called', () => {
  for (const limits of [
    { memory: 'lots' },
    { memory: '1' },
    { memory: '100GiB' },
    { timeout: 5 },
    { queueTimeout: '5s' },
    { queue: '1.5' },
    { reuse: 'always' },
    { constructor: 1 },
    { toString: '1' },
  ]) {
    const read = () => manifestLimits(limits);
    assert.throws(read, { code: 'invalid-setting' }, JSON.stringify(limits));
  }
  assert.throws(() => manifestLimits({ memory: 'lots' }), { message: /^memory: "lots" is not a size/ });
  assert.deepEqual(checkLimitChanges({ memory: null, queue: 3, cells: undefined }), { queue: 3, memory: null });
  for (const key of ['nothing', 'constructor', '__proto__']) {
    assert.throws(() => checkLimitChanges(JSON.parse(`{"${key}": null}`)), { code: 'invalid-setting' }, key);
  }
});
