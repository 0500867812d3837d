import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Clock } from '#core';
import { type Home, memoryBlobStore, memoryKvStore, openHome } from '#home';
import { blobStoreContract, putBlob, readBlob } from './blob-store.ts';
import { bytesOf, kvStoreContract, PLACE, QUOTA, type TestClock } from './kv-store.ts';

const clockOf = (clock: TestClock): Clock => ({ now: () => clock.at, monotonic: () => performance.now() });

const ofHome =
  <T>(pick: (home: Home) => T) =>
  async (clock: TestClock) => {
    const path = await mkdtemp(join(tmpdir(), 'switchboard-storage-'));
    const home = await openHome(path, { clock: clockOf(clock) });
    const close = async (): Promise<void> => {
      await home.close();
      await rm(path, { recursive: true });
    };
    return { store: pick(home), close };
  };

kvStoreContract('memory', async (clock) => ({ store: memoryKvStore(clockOf(clock)), close: async () => {} }));
kvStoreContract(
  'SQLite',
  ofHome((home) => home.kv),
);
blobStoreContract('memory', async (clock) => ({ store: memoryBlobStore(clockOf(clock)), close: async () => {} }));
blobStoreContract(
  'files',
  ofHome((home) => home.blobs),
);

async function homes(body: (path: string) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'switchboard-storage-'));
  try {
    await body(path);
  } finally {
    await rm(path, { recursive: true });
  }
}

void test('[kv.store, blob.store] what was kept is there after the home was closed, with its time to live', () =>
  homes(async (path) => {
    const clock = { at: 1_000 };
    const first = await openHome(path, { clock: clockOf(clock) });
    await first.kv.set(PLACE, 'a', bytesOf('one'), { quota: QUOTA, ttl: 50 });
    await first.kv.set(PLACE, 'b', bytesOf('two'), { quota: QUOTA });
    await putBlob(first.blobs, 'c', bytesOf('three'));
    await first.close();
    await assert.rejects(first.kv.get(PLACE, 'z'), { code: 'host-closed' });
    const second = await openHome(path, { clock: clockOf(clock) });
    assert.deepEqual(await second.kv.get(PLACE, 'a'), bytesOf('one'));
    assert.equal(await readBlob(second.blobs, 'c'), 'three');
    clock.at += 50;
    assert.equal(await second.kv.get(PLACE, 'a'), undefined);
    assert.deepEqual(await second.kv.get(PLACE, 'b'), bytesOf('two'));
    await second.close();
    assert.deepEqual(
      (await readdir(path)).filter((name) => name.startsWith('storage')),
      ['storage.db'],
    );
  }));

void test('[kv.store] a home whose stores another process has is told so; they are there when it is gone', () =>
  homes(async (path) => {
    const first = await openHome(path);
    await first.kv.set(PLACE, 'a', bytesOf('one'), { quota: QUOTA });
    const second = await openHome(path);
    await assert.rejects(second.kv.get(PLACE, 'a'), { code: 'home-unusable', message: /another process/ });
    await first.close();
    assert.deepEqual(await second.kv.get(PLACE, 'a'), bytesOf('one'));
    await second.close();
  }));

void test('[blob.store] an upload counts until it is the store’s', () =>
  homes(async (path) => {
    const home = await openHome(path);
    const first = await home.blobs.create('demo:a', 100);
    const second = await home.blobs.create('demo:a', 100);
    await first.write(new Uint8Array(100));
    const finished = first.finish(PLACE, 'a', { bytes: 150, keys: 10 });
    await assert.rejects(second.write(new Uint8Array(1)), { code: 'store-full' });
    await finished;
    await second.write(new Uint8Array(100));
    await assert.rejects(second.finish(PLACE, 'b', { bytes: 150, keys: 10 }), { code: 'store-full' });
    const third = await home.blobs.create('demo:a', 100);
    await third.write(new Uint8Array(100));
    await third.abort();
    await home.close();
  }));

void test('[blob.crash] only what a write could have left is removed from the directory of blobs', () =>
  homes(async (path) => {
    const first = await openHome(path);
    await putBlob(first.blobs, 'a', bytesOf('one'));
    await first.close();
    const at = (name: string): string => join(path, 'blobs', name);
    const left = ['0'.repeat(32), `${'f'.repeat(32)}.tmp`];
    for (const name of [...left, 'README', `${'0'.repeat(31)}g`]) await writeFile(at(name), 'x');
    await mkdir(at('lost+found'));
    await mkdir(at('1'.repeat(32)));
    await symlink(path, at('2'.repeat(32)));
    const second = await openHome(path);
    assert.equal(await readBlob(second.blobs, 'a'), 'one');
    await second.kv.set(PLACE, 'a', bytesOf('one'), { quota: QUOTA });
    await second.close();
    const names = await readdir(join(path, 'blobs'));
    assert.deepEqual(
      names.filter((name) => left.includes(name)),
      [],
    );
    for (const name of ['lost+found', 'README', '1'.repeat(32), '2'.repeat(32)]) assert.ok(names.includes(name), name);
    assert.equal(names.length, 6);
  }));

void test('[kv.store] a home that nobody keeps anything in starts no thread and no database', () =>
  homes(async (path) => {
    const home = await openHome(path);
    await home.close();
    assert.deepEqual(
      (await readdir(path)).filter((name) => /storage|blobs/.test(name)),
      [],
    );
  }));
