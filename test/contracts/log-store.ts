import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRecord, LogStore } from '#core';

export function record(at: number, component = 'demo:a@1.0.0', message = `message ${at}`): LogRecord {
  return { at, component, callId: 'c1', stream: 'log', level: 'info', message, fields: { key: 'value\n' } };
}

/** What every log store keeps to. `make` gives a store bounded to about `bytes`. */
export function logStoreContract(
  backend: string,
  make: (bytes: number) => Promise<{ readonly store: LogStore; readonly close: () => Promise<void> }>,
): void {
  const scenario = (name: string, body: (store: LogStore) => Promise<void>, bytes = 1024 * 1024): void => {
    void test(`${name} (${backend})`, async () => {
      const { store, close } = await make(bytes);
      try {
        await body(store);
      } finally {
        await close();
      }
    });
  };

  scenario('gives the last records, oldest first', async (store) => {
    assert.deepEqual(await store.read({ last: 10 }), []);
    for (let at = 1; at <= 5; at += 1) store.append(record(at));
    assert.deepEqual(await store.read({ last: 2 }), [record(4), record(5)]);
    assert.deepEqual(
      (await store.read({ last: 100 })).map((r) => r.at),
      [1, 2, 3, 4, 5],
    );
    assert.deepEqual(await store.read({ last: 0 }), []);
    await assert.rejects(store.read({ last: -1 }), { code: 'invalid-setting' });
  });

  scenario('of one component: by name, or by name and version', async (store) => {
    store.append(record(1, 'demo:a@1.0.0'));
    store.append(record(2, 'demo:a@2.0.0'));
    store.append(record(3, 'demo:ab@1.0.0'));
    const ats = async (component: string): Promise<number[]> =>
      (await store.read({ component, last: 9 })).map((r) => r.at);
    assert.deepEqual(await ats('demo:a'), [1, 2]);
    assert.deepEqual(await ats('demo:a@2.0.0'), [2]);
    assert.deepEqual(await ats('demo:b'), []);
  });

  scenario('strange text comes back as it was', async (store) => {
    const message = 'line\nbreak \u2028 \u0000 “quote” \u{1f600} {"at":1}';
    store.append(record(1, 'demo:a@1.0.0', message));
    assert.equal((await store.read({ last: 1 }))[0]?.message, message);
  });

  scenario('one record cannot fill the log', async (store) => {
    store.append(record(1));
    const fields = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`f${n}`, 'x'.repeat(100)]));
    store.append({ ...record(2, 'demo:a@1.0.0', 'y'.repeat(3_000_000)), fields });
    const [first, second] = await store.read({ last: 2 });
    assert.equal(first?.at, 1);
    assert.match(second?.message ?? '', /^y+… \(\d+ more characters\)$/);
    assert.ok(JSON.stringify(second).length < 512 * 1024);
  });

  scenario(
    'is bounded: the oldest go first',
    async (store) => {
      for (let at = 1; at <= 5000; at += 1) {
        store.append(record(at));
        if (at % 500 === 0) await store.flush();
      }
      const kept = await store.read({ last: 10_000 });
      assert.ok(kept.length > 20 && kept.length < 2000, `${kept.length} kept`);
      assert.equal(kept.at(-1)?.at, 5000);
      assert.equal((kept[0]?.at ?? 0) + kept.length - 1, 5000, 'no gap');
    },
    64 * 1024,
  );
}
