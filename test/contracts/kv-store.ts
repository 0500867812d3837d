import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KvStore, StorePlace } from '#core';

/** Time that stands still until the test moves it. */
export interface TestClock {
  at: number;
}

export const PLACE: StorePlace = { owner: 'demo:a', name: 'notes' };
export const QUOTA = { bytes: 1_000_000, keys: 1_000 };
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes);

/** What every key-value store keeps to. */
export function kvStoreContract(
  backend: string,
  make: (clock: TestClock) => Promise<{ readonly store: KvStore; readonly close: () => Promise<void> }>,
): void {
  const scenario = (name: string, body: (store: KvStore, clock: TestClock) => Promise<void>): void => {
    void test(`[kv.store] ${name} (${backend})`, async () => {
      const clock = { at: 1_000 };
      const { store, close } = await make(clock);
      try {
        await body(store, clock);
      } finally {
        await close();
      }
    });
  };
  const set = (store: KvStore, key: string, text: string, place = PLACE, ttl?: number): Promise<void> =>
    store.set(place, key, bytesOf(text), { quota: QUOTA, ttl });
  const get = async (store: KvStore, key: string, place = PLACE): Promise<string | undefined> =>
    textOf(await store.get(place, key));

  scenario('gives back what was set last, and nothing once it was deleted', async (store) => {
    assert.equal(await get(store, 'a'), undefined);
    assert.equal(await store.exists(PLACE, 'a'), false);
    const given = bytesOf('one');
    await store.set(PLACE, 'a', given, { quota: QUOTA });
    given.fill(0);
    assert.equal(await get(store, 'a'), 'one');
    (await store.get(PLACE, 'a'))?.fill(0);
    assert.equal(await get(store, 'a'), 'one');
    await set(store, 'a', '');
    assert.equal(await get(store, 'a'), '');
    assert.equal(await store.exists(PLACE, 'a'), true);
    assert.equal(await store.delete(PLACE, 'a'), true);
    assert.equal(await store.delete(PLACE, 'a'), false);
    assert.equal(await get(store, 'a'), undefined);
  });

  scenario('owners and names are kept apart, whatever the key', async (store) => {
    const places = [PLACE, { owner: 'demo:b', name: 'notes' }, { owner: 'demo:a', name: 'other' }];
    for (const [i, place] of places.entries()) await set(store, 'k', `value ${i}`, place);
    for (const [i, place] of places.entries()) assert.equal(await get(store, 'k', place), `value ${i}`);
    const tricks = [
      '../notes/k',
      '..',
      '/',
      '\0',
      'a\0b',
      '__proto__',
      'constructor',
      'k ',
      'K',
      'é',
      'e\u0301',
      '%',
      "'",
    ];
    for (const key of tricks) assert.equal(await get(store, key), undefined, key);
    for (const key of tricks) await set(store, key, `at ${key}`);
    for (const key of tricks) assert.equal(await get(store, key), `at ${key}`, key);
    assert.equal(await get(store, 'k'), 'value 0');
    assert.equal((await store.list(PLACE, { prefix: '', limit: 1000 })).keys.length, tricks.length + 1);
  });

  scenario('keys and values that cannot be kept are refused and change nothing', async (store) => {
    await set(store, 'a', 'one');
    const refused = { code: 'invalid-arguments' };
    for (const key of ['', 'k'.repeat(1025), 'é'.repeat(513), '\ud800', 'k'.repeat(1024 * 1024)]) {
      await assert.rejects(store.get(PLACE, key), refused);
      await assert.rejects(store.exists(PLACE, key), refused);
      await assert.rejects(set(store, key, 'x'), refused);
      await assert.rejects(store.delete(PLACE, key), refused);
      await assert.rejects(store.compareAndSet(PLACE, key, undefined, bytesOf('x'), { quota: QUOTA }), refused);
      await assert.rejects(store.increment(PLACE, key, 1n, QUOTA), refused);
    }
    const quota = { bytes: 10_000_000, keys: 10 };
    await store.set(PLACE, 'é'.repeat(512), new Uint8Array(1024 * 1024), { quota });
    await assert.rejects(store.set(PLACE, 'a', new Uint8Array(1024 * 1024 + 1), { quota }), refused);
    for (const ttl of [0, -1, Number.NaN]) await assert.rejects(set(store, 'a', 'x', PLACE, ttl), refused);
    assert.equal(await get(store, 'a'), 'one');
    assert.equal((await store.usage(PLACE)).keys, 2);
  });

  scenario('compare-and-set changes what is as expected, and else nothing', async (store) => {
    const swap = (expected: string | undefined, value: string | undefined): Promise<boolean> =>
      store.compareAndSet(
        PLACE,
        'a',
        expected === undefined ? undefined : bytesOf(expected),
        value === undefined ? undefined : bytesOf(value),
        { quota: QUOTA },
      );
    assert.equal(await swap('x', 'one'), false);
    assert.equal(await swap(undefined, 'one'), true);
    assert.equal(await swap(undefined, 'two'), false);
    assert.equal(await swap('on', 'two'), false);
    assert.equal(await swap('one', 'two'), true);
    assert.equal(await get(store, 'a'), 'two');
    assert.equal(await swap('one', undefined), false);
    assert.equal(await swap('two', undefined), true);
    assert.equal(await store.exists(PLACE, 'a'), false);
    const won = await Promise.all(Array.from({ length: 20 }, (_, i) => swap(undefined, `winner ${i}`)));
    assert.equal(won.filter(Boolean).length, 1);
    assert.equal(await get(store, 'a'), `winner ${won.indexOf(true)}`);
  });

  scenario('counting is atomic and stays in the range of s64', async (store) => {
    const most = 2n ** 63n - 1n;
    const sums = await Promise.all(Array.from({ length: 50 }, () => store.increment(PLACE, 'n', 2n, QUOTA)));
    assert.deepEqual(new Set(sums), new Set(Array.from({ length: 50 }, (_, i) => BigInt(i + 1) * 2n)));
    assert.equal(await get(store, 'n'), '100');
    assert.equal(await store.increment(PLACE, 'n', -101n, QUOTA), -1n);
    assert.equal(await store.increment(PLACE, 'm', most, QUOTA), most);
    await assert.rejects(store.increment(PLACE, 'm', 1n, QUOTA), { code: 'invalid-arguments' });
    assert.equal(await get(store, 'm'), String(most));
    for (const text of ['', ' 1', '1.5', '0x10', '1e3', '9'.repeat(19), '9'.repeat(21), 'one']) {
      await set(store, 't', text);
      await assert.rejects(store.increment(PLACE, 't', 1n, QUOTA), { code: 'invalid-arguments' });
      assert.equal(await get(store, 't'), text);
    }
  });

  scenario('lists by prefix, in the order of bytes, in pages that miss and repeat nothing', async (store) => {
    const keys = ['b', 'a', 'a/1', 'a/2', 'a/é', 'a/\u{1f600}', 'a/\uffff', 'a0', 'A', 'a/10'];
    for (const key of keys) await set(store, key, 'x');
    const sorted = keys.toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
    assert.deepEqual(await store.list(PLACE, { prefix: '', limit: 1000 }), { keys: sorted, more: false });
    const wanted = sorted.filter((key) => key.startsWith('a/'));
    const found: string[] = [];
    for (let after: string | undefined, more = true; more; after = found.at(-1)) {
      const page = await store.list(PLACE, { prefix: 'a/', after, limit: 2 });
      found.push(...page.keys);
      ({ more } = page);
      // What was listed may be deleted on the way.
      for (const key of page.keys) await store.delete(PLACE, key);
    }
    assert.deepEqual(found, wanted);
    assert.deepEqual(await store.list(PLACE, { prefix: 'a/', limit: 2 }), { keys: [], more: false });
    assert.deepEqual(await store.list(PLACE, { prefix: 'b', after: 'a', limit: 2 }), { keys: ['b'], more: false });
    assert.deepEqual(await store.list(PLACE, { prefix: 'a', after: 'b', limit: 2 }), { keys: [], more: false });
    for (const limit of [0, 1001, 1.5, Number.NaN]) {
      await assert.rejects(store.list(PLACE, { prefix: '', limit }), { code: 'invalid-arguments' });
    }
    const long = { prefix: 'k'.repeat(1025), limit: 1 };
    await assert.rejects(store.list(PLACE, long), { code: 'invalid-arguments' });
  });

  scenario('a page is bounded in bytes too', async (store) => {
    const name = (i: number): string => `${String(i).padStart(4, '0')}${'x'.repeat(1000)}`;
    for (let i = 0; i < 400; i += 1) await set(store, name(i), '');
    const page = await store.list(PLACE, { prefix: '', limit: 1000 });
    assert.ok(page.more && page.keys.length > 200 && page.keys.length < 300, `${page.keys.length}`);
    const rest = await store.list(PLACE, { prefix: '', after: page.keys.at(-1), limit: 1000 });
    assert.equal(page.keys.length + rest.keys.length, 400);
  });

  scenario('a value is gone when its time is over, for every reader', async (store, clock) => {
    await set(store, 'a', '5', PLACE, 100);
    await set(store, 'b', 'stays');
    clock.at += 99;
    assert.equal(await store.increment(PLACE, 'a', 1n, QUOTA), 6n);
    assert.equal(await get(store, 'a'), '6');
    clock.at += 1;
    assert.equal(await get(store, 'a'), undefined);
    assert.equal(await store.exists(PLACE, 'a'), false);
    assert.deepEqual((await store.list(PLACE, { prefix: '', limit: 10 })).keys, ['b']);
    assert.equal(await store.delete(PLACE, 'a'), false);
    assert.equal(await store.increment(PLACE, 'a', 1n, QUOTA), 1n);
    clock.at += 1_000_000;
    assert.equal(await get(store, 'a'), '1');
    await set(store, 'a', 'x', PLACE, 100);
    await set(store, 'a', 'y');
    clock.at += 1_000;
    assert.equal(await get(store, 'a'), 'y');
    await set(store, 'c', 'old', PLACE, 5);
    clock.at += 5;
    assert.equal(await store.compareAndSet(PLACE, 'c', bytesOf('old'), bytesOf('new'), { quota: QUOTA }), false);
    assert.equal(await store.compareAndSet(PLACE, 'c', undefined, bytesOf('new'), { quota: QUOTA }), true);
    await set(store, 'd', 'x', PLACE, Number.MAX_VALUE);
    assert.equal(await get(store, 'd'), 'x');
  });

  scenario('the quota holds in bytes and keys; what expired makes room', async (store, clock) => {
    const quota = { bytes: 100, keys: 3 };
    const put = (key: string, size: number, ttl?: number): Promise<void> =>
      store.set(PLACE, key, new Uint8Array(size), { quota, ttl });
    const full = { code: 'store-full', message: /notes/ };
    await put('a', 49);
    await put('b', 49);
    await assert.rejects(put('c', 0), full);
    await assert.rejects(put('b', 50), full);
    await put('b', 10);
    await put('c', 0);
    await assert.rejects(put('d', 0), full);
    await assert.rejects(store.increment(PLACE, 'd', 1n, quota), full);
    await assert.rejects(store.compareAndSet(PLACE, 'd', undefined, bytesOf('x'), { quota }), full);
    assert.equal(await store.exists(PLACE, 'd'), false);
    assert.deepEqual(await store.usage(PLACE), { keys: 3, bytes: 62 });
    await store.set({ ...PLACE, name: 'other' }, 'd', new Uint8Array(10), { quota });
    await put('c', 0, 10);
    clock.at += 10;
    await put('d', 0);
    assert.deepEqual(await store.usage(PLACE), { keys: 3, bytes: 62 });
    await put('a', 0);
    await assert.rejects(store.set(PLACE, 'e', new Uint8Array(1), { quota: { bytes: 5, keys: 9 } }), full);
    await store.set(PLACE, 'b', new Uint8Array(1), { quota: { bytes: 5, keys: 1 } });
    assert.deepEqual(await store.usage(PLACE), { keys: 3, bytes: 4 });
  });

  scenario('what expired is not counted as there', async (store, clock) => {
    await set(store, 'a', '123', PLACE, 10);
    await set(store, 'b', '1');
    await set(store, 'c', '12', { ...PLACE, name: 'x' }, 10);
    assert.deepEqual(await store.usage(PLACE), { keys: 2, bytes: 6 });
    clock.at += 10;
    assert.deepEqual(await store.usage(PLACE), { keys: 1, bytes: 2 });
    assert.deepEqual(await store.usage({ ...PLACE, name: 'x' }), { keys: 0, bytes: 0 });
    assert.deepEqual(await store.stores(), [{ kind: 'kv', ...PLACE, keys: 1, bytes: 2 }]);
  });

  scenario('stores are listed and cleared, one or all of an owner', async (store) => {
    const places = [PLACE, { owner: 'demo:a', name: 'x' }, { owner: 'demo:b', name: 'x' }, { owner: '*', name: 'x' }];
    for (const place of places) await set(store, 'k', '12', place);
    assert.deepEqual(
      (await store.stores()).map(({ kind, owner, name, keys, bytes }) => [kind, owner, name, keys, bytes].join(' ')),
      ['kv * x 1 3', 'kv demo:a notes 1 3', 'kv demo:a x 1 3', 'kv demo:b x 1 3'],
    );
    assert.equal(await store.clear({ owner: 'demo:a', name: 'x' }), 1);
    assert.equal(await get(store, 'k', { owner: 'demo:a', name: 'x' }), undefined);
    assert.equal(await get(store, 'k'), '12');
    assert.equal(await store.clear({ owner: 'demo:a' }), 1);
    assert.equal(await store.clear({ owner: 'demo:a' }), 0);
    assert.equal(await get(store, 'k'), undefined);
    assert.equal((await store.stores()).length, 2);
    await set(store, 'k', 'again');
    assert.deepEqual(await store.usage(PLACE), { keys: 1, bytes: 6 });
  });

  scenario('what is asked at once is answered one after another', async (store) => {
    const at = (key: string): StorePlace => ({ owner: `demo:${key}`, name: 'notes' });
    const write = (key: string, text: string): Promise<void> => set(store, 'k', text, at(key));
    await Promise.all([write('a', '1'), store.clear({ owner: 'demo:a' })]);
    assert.equal(await get(store, 'k', at('a')), undefined);
    await Promise.all([store.increment(at('b'), 'k', 5n, QUOTA), store.clear({ owner: 'demo:b', name: 'notes' })]);
    assert.equal(await get(store, 'k', at('b')), undefined);
    await Promise.all([write('c', '1'), get(store, 'k', at('c')), store.delete(at('c'), 'k')]);
    assert.equal(await get(store, 'k', at('c')), undefined);
    await Promise.all([write('d', '1'), store.increment(at('d'), 'k', 5n, QUOTA), get(store, 'k', at('d'))]);
    assert.equal(await get(store, 'k', at('d')), '6');
    const swap = store.compareAndSet(at('d'), 'k', bytesOf('6'), bytesOf('7'), { quota: QUOTA });
    await Promise.all([swap, store.clear({ owner: 'demo:d' }), write('d', '8')]);
    assert.equal(await get(store, 'k', at('d')), '8');
  });

  scenario('many writers at once: each sees its own writes, and all are kept', async (store) => {
    await Promise.all(
      Array.from({ length: 600 }, async (_, i) => {
        await set(store, `k${i % 300}`, `value ${i}`);
        assert.match((await get(store, `k${i % 300}`)) ?? '', /^value \d+$/);
      }),
    );
    assert.equal((await store.usage(PLACE)).keys, 300);
  });
}
