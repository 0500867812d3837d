import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openHome } from './home.ts';

test('[cli.profile] profiles are kept in the home, replaced by name, bounded and private', async () => {
  const path = mkdtempSync(join(tmpdir(), 'switchboard-profiles-'));
  try {
    const home = await openHome(path);
    assert.deepEqual(await home.profiles.list(), []);
    await home.profiles.set({ name: 'b', only: ['demo:text'], tools: 'search' });
    await home.profiles.set({ name: 'a', only: [] });
    await home.profiles.set({ name: 'b', only: ['demo:*'] });
    await home.close();
    const again = await openHome(path);
    assert.deepEqual(await again.profiles.list(), [
      { name: 'a', only: [] },
      { name: 'b', only: ['demo:*'] },
    ]);
    assert.equal(statSync(join(path, 'profiles.json')).mode & 0o777, 0o600);
    assert.deepEqual([await again.profiles.remove('a'), await again.profiles.remove('a')], [true, false]);
    for (let i = 0; i < 99; i++) await again.profiles.set({ name: `p${i}`, only: [] });
    await assert.rejects(again.profiles.set({ name: 'one-more', only: [] }), { code: 'invalid-setting' });
    await again.profiles.set({ name: 'p1', only: ['demo:text'] });
    // A file that somebody damaged must not let more through than was set.
    writeFileSync(join(path, 'profiles.json'), readFileSync(join(path, 'profiles.json'), 'utf8').slice(0, -9));
    await assert.rejects(again.profiles.list(), { code: 'database-corrupt' });
    await again.close();
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
});
