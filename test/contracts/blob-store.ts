import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlobStore, StorePlace, StoreQuota } from '#core';
import { bytesOf, PLACE, type TestClock } from './kv-store.ts';

const QUOTA: StoreQuota = { bytes: 50_000_000, keys: 1_000 };
const ACCOUNT = 'demo:a';

export async function putBlob(
  store: BlobStore,
  name: string,
  bytes: Uint8Array,
  place: StorePlace = PLACE,
  quota: StoreQuota = QUOTA,
): Promise<void> {
  const writer = await store.create(ACCOUNT, quota.bytes);
  try {
    for (let at = 0; at < bytes.length; at += 100_000) await writer.write(bytes.subarray(at, at + 100_000));
    await writer.finish(place, name, quota);
  } finally {
    await writer.abort();
  }
}

/** The whole of a blob. */
export async function readBlob(store: BlobStore, name: string, place = PLACE): Promise<string | undefined> {
  const reader = await store.open(place, name);
  if (!reader) return undefined;
  try {
    return new TextDecoder().decode(await reader.read(0, reader.size + 10));
  } finally {
    await reader.close();
  }
}

/** What every blob store keeps to. */
export function blobStoreContract(
  backend: string,
  make: (clock: TestClock) => Promise<{ readonly store: BlobStore; readonly close: () => Promise<void> }>,
): void {
  const scenario = (name: string, body: (store: BlobStore, clock: TestClock) => Promise<void>): void => {
    void test(`[blob.store] ${name} (${backend})`, async () => {
      const clock = { at: 1_000 };
      const { store, close } = await make(clock);
      try {
        await body(store, clock);
      } finally {
        await close();
      }
    });
  };

  scenario('gives back what was written, whole and in parts', async (store, clock) => {
    assert.equal(await store.open(PLACE, 'a'), undefined);
    assert.equal(await store.info(PLACE, 'a'), undefined);
    const bytes = Uint8Array.from({ length: 1_234_567 }, (_, i) => (i * 7) & 255);
    const writer = await store.create(ACCOUNT, QUOTA.bytes);
    const piece = bytes.slice(0, 1_000_000);
    await writer.write(piece);
    piece.fill(0);
    await writer.write(bytes.slice(1_000_000));
    assert.equal(await store.info(PLACE, 'a'), undefined);
    assert.deepEqual(await writer.finish(PLACE, 'a', QUOTA), { size: bytes.length, createdAt: clock.at });
    await assert.rejects(writer.write(bytes), { code: 'invalid-arguments' });
    await assert.rejects(writer.finish(PLACE, 'b', QUOTA), { code: 'invalid-arguments' });
    await writer.abort();
    assert.deepEqual(await store.info(PLACE, 'a'), { size: bytes.length, createdAt: clock.at });
    const reader = await store.open(PLACE, 'a');
    assert.ok(reader);
    assert.equal(reader.size, bytes.length);
    assert.equal(Buffer.compare(await reader.read(0, 2_000_000), bytes), 0);
    assert.equal(Buffer.compare(await reader.read(1_000_000, 10), bytes.subarray(1_000_000, 1_000_010)), 0);
    assert.equal((await reader.read(bytes.length - 3, 10)).length, 3);
    assert.equal((await reader.read(bytes.length, 10)).length, 0);
    assert.equal((await reader.read(bytes.length + 5, 10)).length, 0);
    await reader.close();
  });

  scenario('a blob that is open stays as it was when it is replaced or removed', async (store) => {
    await putBlob(store, 'a', bytesOf('first'));
    const reader = await store.open(PLACE, 'a');
    assert.ok(reader);
    await putBlob(store, 'a', bytesOf('second one'));
    assert.equal(await readBlob(store, 'a'), 'second one');
    assert.equal(await store.remove(PLACE, 'a'), true);
    assert.equal(await store.remove(PLACE, 'a'), false);
    assert.equal(await readBlob(store, 'a'), undefined);
    assert.equal(new TextDecoder().decode(await reader.read(0, 100)), 'first');
    await reader.close();
  });

  scenario('what was aborted never was', async (store) => {
    await putBlob(store, 'a', bytesOf('kept'));
    const writer = await store.create(ACCOUNT, QUOTA.bytes);
    await writer.write(bytesOf('half'));
    await writer.abort();
    await writer.abort();
    await assert.rejects(writer.finish(PLACE, 'a', QUOTA), { code: 'invalid-arguments' });
    assert.equal(await readBlob(store, 'a'), 'kept');
    assert.deepEqual(await store.usage(PLACE), { keys: 1, bytes: 5 });
  });

  scenario('names are keys: nothing in them leads anywhere', async (store) => {
    const tricks = ['..', '../../etc/passwd', '/', 'a/../b', '\0', '.', '__proto__', 'x'.repeat(1024), 'CON', 'é', ' '];
    for (const name of tricks) await putBlob(store, name, bytesOf(`at ${name}`));
    for (const name of tricks) assert.equal(await readBlob(store, name), `at ${name}`);
    const sorted = tricks.toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
    assert.deepEqual(await store.list(PLACE, { prefix: '', limit: 1000 }), { keys: sorted, more: false });
    assert.deepEqual(await store.list(PLACE, { prefix: '..', limit: 1 }), { keys: ['..'], more: true });
    assert.deepEqual((await store.list(PLACE, { prefix: '..', after: '..', limit: 9 })).keys, ['../../etc/passwd']);
    for (const name of ['', 'x'.repeat(1025), '\udc00']) {
      await assert.rejects(putBlob(store, name, bytesOf('x')), { code: 'invalid-arguments' });
      await assert.rejects(store.open(PLACE, name), { code: 'invalid-arguments' });
      await assert.rejects(store.remove(PLACE, name), { code: 'invalid-arguments' });
    }
    const other = { owner: 'demo:b', name: PLACE.name };
    assert.equal(await readBlob(store, '..', other), undefined);
  });

  scenario('the quota holds when it is finished, replacing counts the difference', async (store) => {
    const quota = { bytes: 100, keys: 2 };
    await putBlob(store, 'a', new Uint8Array(60), PLACE, quota);
    await putBlob(store, 'a', new Uint8Array(90), PLACE, quota);
    await assert.rejects(putBlob(store, 'b', new Uint8Array(20), PLACE, quota), { code: 'store-full' });
    assert.equal(await store.info(PLACE, 'b'), undefined);
    await putBlob(store, 'b', new Uint8Array(1), PLACE, quota);
    await assert.rejects(putBlob(store, 'c', new Uint8Array(0), PLACE, quota), { code: 'store-full' });
    await assert.rejects(putBlob(store, 'b', new Uint8Array(101), PLACE, quota), { code: 'store-full' });
    assert.deepEqual(await store.usage(PLACE), { keys: 2, bytes: 93 });
  });

  scenario('writers under way are bounded together', async (store) => {
    const one = await store.create(ACCOUNT, 100);
    const two = await store.create(ACCOUNT, 100);
    await one.write(new Uint8Array(60));
    await assert.rejects(two.write(new Uint8Array(41)), { code: 'store-full' });
    await two.write(new Uint8Array(40));
    await one.abort();
    await two.write(new Uint8Array(60));
    await two.finish(PLACE, 'a', QUOTA);
    assert.deepEqual(await store.info(PLACE, 'a').then((info) => info?.size), 100);
    const three = await store.create(ACCOUNT, 100);
    await three.write(new Uint8Array(100));
    await three.abort();
  });

  scenario('what was replaced or removed counts as an upload while it is open', async (store) => {
    const quota = { bytes: 200, keys: 10 };
    const put = async (name: string, size: number): Promise<void> => {
      const writer = await store.create(ACCOUNT, 100);
      try {
        await writer.write(new Uint8Array(size));
        await writer.finish(PLACE, name, quota);
      } finally {
        await writer.abort();
      }
    };
    const full = { code: 'store-full', message: /still open/ };
    await put('a', 90);
    const [one, two] = await Promise.all([store.open(PLACE, 'a'), store.open(PLACE, 'a')]);
    assert.ok(one && two);
    await put('a', 90);
    await assert.rejects(put('b', 11), full);
    await put('b', 10);
    await one.close();
    await one.close();
    await assert.rejects(put('b', 11), full);
    await two.close();
    await put('b', 100);
    for (const gone of [
      () => store.remove(PLACE, 'b', ACCOUNT),
      () => store.clear(PLACE, ACCOUNT),
      () => store.clear({ owner: PLACE.owner }),
    ]) {
      await put('b', 90);
      const reader = await store.open(PLACE, 'b');
      await gone();
      await assert.rejects(put('c', 11), full);
      const other = await store.create('demo:other', 100);
      await other.write(new Uint8Array(100));
      await other.abort();
      await reader?.close();
      await put('c', 11);
    }
  });

  scenario('stores are listed and cleared', async (store) => {
    await putBlob(store, 'a', bytesOf('12'));
    await putBlob(store, 'b', bytesOf('12'), { ...PLACE, name: 'x' });
    await putBlob(store, 'c', bytesOf('12'), { owner: '*', name: 'x' });
    assert.deepEqual(
      (await store.stores()).map(({ kind, owner, name, keys, bytes }) => [kind, owner, name, keys, bytes].join(' ')),
      ['blob * x 1 3', 'blob demo:a notes 1 3', 'blob demo:a x 1 3'],
    );
    assert.equal(await store.clear({ owner: 'demo:a', name: 'x' }), 1);
    assert.equal(await readBlob(store, 'a'), '12');
    assert.equal(await store.clear({ owner: 'demo:a' }), 1);
    assert.equal(await readBlob(store, 'a'), undefined);
    assert.equal((await store.stores()).length, 1);
  });
}
