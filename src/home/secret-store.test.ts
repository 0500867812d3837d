import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openHome } from './index.ts';

async function withHome(work: (path: string) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'switchboard-secrets-'));
  try {
    await work(path);
  } finally {
    await rm(path, { recursive: true });
  }
}

void test('[secret.rest] values are encrypted in the home, under a key that only the owner can read', () =>
  withHome(async (path) => {
    const home = await openHome(path);
    await home.secrets.set('A', 'plain-to-see');
    await home.close();
    const text = readFileSync(join(path, 'secrets.json'), 'utf8');
    assert.ok(!text.includes('plain-to-see') && !text.includes(Buffer.from('plain-to-see').toString('base64')));
    for (const file of ['secrets.json', 'secrets.key']) assert.equal(statSync(join(path, file)).mode & 0o777, 0o600);
    const again = await openHome(path);
    assert.equal(await again.secrets.get('A'), 'plain-to-see');
    await again.close();
  }));

void test('[secret.rest] under a passphrase nothing is read until it is given, and a wrong one opens nothing', () =>
  withHome(async (path) => {
    const home = await openHome(path);
    await home.secrets.set('A', 'value');
    await home.secrets.protect('correct horse');
    assert.equal(await home.secrets.get('A'), 'value');
    await home.close();
    const again = await openHome(path);
    assert.equal(again.secrets.locked, true);
    await assert.rejects(again.secrets.get('A'), { code: 'secrets-locked' });
    await assert.rejects(again.secrets.set('B', 'x'), { code: 'secrets-locked' });
    await assert.rejects(again.secrets.unlock('wrong'), { code: 'secrets-locked' });
    await again.secrets.unlock('correct horse');
    assert.equal(await again.secrets.get('A'), 'value');
    await again.secrets.protect(undefined);
    await again.close();
    const open = await openHome(path);
    assert.equal(open.secrets.locked, false);
    assert.equal(await open.secrets.get('A'), 'value');
    await open.close();
  }));

void test('[secret.rest] values that changed places, or were changed, are found out and kept', () =>
  withHome(async (path) => {
    const home = await openHome(path);
    await home.secrets.set('A', 'value of a');
    await home.secrets.set('B', 'value of b');
    const file = join(path, 'secrets.json');
    const parsed = JSON.parse(readFileSync(file, 'utf8')) as { secrets: { [name: string]: unknown } };
    const { A, B } = parsed.secrets;
    const swapped = JSON.stringify({ ...parsed, secrets: { A: B, B: A } });
    writeFileSync(file, swapped);
    await assert.rejects(home.secrets.get('A'), { code: 'database-corrupt' });
    writeFileSync(file, '{');
    await assert.rejects(home.secrets.get('A'), { code: 'database-corrupt' });
    await assert.rejects(home.secrets.set('C', 'c'), { code: 'database-corrupt' });
    assert.equal(readFileSync(file, 'utf8'), '{');
    await home.close();
  }));

void test('[policy.person] the owner token is shown once and kept as a hash', () =>
  withHome(async (path) => {
    const home = await openHome(path);
    assert.equal(await home.ownerToken.check(''), false);
    const token = await home.ownerToken.create();
    assert.equal(await home.ownerToken.check(token), true);
    assert.equal(await home.ownerToken.check(`${token}x`), false);
    assert.ok(!readFileSync(join(path, 'owner-token'), 'utf8').includes(token.slice(4)));
    const next = await home.ownerToken.create();
    assert.deepEqual([await home.ownerToken.check(token), await home.ownerToken.check(next)], [false, true]);
    assert.equal(await home.ownerToken.remove(), true);
    assert.equal(await home.ownerToken.check(next), false);
    await home.close();
  }));
