import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bundleCache } from './bundle-cache.ts';

const DIGEST = `sha256:${'a'.repeat(64)}` as const;

test('[trust.locked] signatures are kept by the digest of what refers, and what is damaged is as none', async (t) => {
  const directory = join(mkdtempSync(join(tmpdir(), 'switchboard-bundles-')), 'cache');
  t.after(() => rmSync(join(directory, '..'), { recursive: true }));
  const cache = bundleCache(directory);
  assert.equal(await cache.get(DIGEST), undefined);
  cache.put(DIGEST, Buffer.from('{"a":1}'));
  await cache.settled();
  assert.deepEqual(await cache.get(DIGEST), Buffer.from('{"a":1}'));
  const [name = ''] = readdirSync(directory);
  const path = join(directory, name);
  writeFileSync(path, readFileSync(path, 'latin1').replace('1', '2'), 'latin1');
  assert.equal(await cache.get(DIGEST), undefined);
  writeFileSync(path, '');
  assert.equal(await cache.get(DIGEST), undefined);
  assert.equal(await cache.list(DIGEST), undefined);
  cache.keepList(DIGEST, []);
  await cache.settled();
  assert.deepEqual(await cache.list(DIGEST), []);
  cache.keepList(DIGEST, ['sha256:a', 'sha256:b']);
  await cache.settled();
  assert.deepEqual(await cache.list(DIGEST), ['sha256:a', 'sha256:b']);
  for (const other of ['../../x', `sha256:${'A'.repeat(64)}`, 'sha256:', `md5:${'a'.repeat(64)}`]) {
    cache.put(other, Buffer.from('x'));
    await cache.settled();
    assert.equal(await cache.get(other), undefined);
  }
  assert.deepEqual(readdirSync(directory), [name, name.replace('bundle', 'list')]);
});
