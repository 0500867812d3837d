import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { ComponentStore, Digest, InstalledComponent } from '#core';

export function digest(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function component(name: string, version: string, bytes: Uint8Array): InstalledComponent {
  return {
    name,
    version,
    installedAt: 1_700_000_000_000,
    source: '/somewhere/file.wasm',
    description: {
      digest: digest(bytes),
      size: bytes.length,
      docs: 'What it does: “quotes”, \u0000 and \u{1f600}.',
      types: { types: [], imports: [], importedFunctions: [], exports: [], exportedFunctions: [] },
      functions: [],
      requirements: [],
    },
  };
}

export interface Backend {
  readonly store: ComponentStore;
  readonly close: () => Promise<void>;
}

const A = new TextEncoder().encode('bytes of a');
const B = new TextEncoder().encode('bytes of b');

/** What every component store keeps to. */
export function componentStoreContract(backend: string, make: () => Promise<Backend>): void {
  const scenario = (name: string, body: (store: ComponentStore) => Promise<void>): void => {
    void test(`${name} (${backend})`, async () => {
      const { store, close } = await make();
      try {
        await body(store);
      } finally {
        await close();
      }
    });
  };

  scenario('gives back what was added, and its bytes', async (store) => {
    const added = component('demo:a', '1.0.0', A);
    const given = A.slice();
    assert.equal(await store.add(added, given), true);
    given.fill(0);
    assert.deepEqual(await store.get({ name: 'demo:a' }), added);
    assert.deepEqual(await store.get({ name: 'demo:a', version: '1.0.0' }), added);
    assert.deepEqual(await store.list(), [added]);
    assert.deepEqual(Buffer.from(await store.bytes(added.description.digest)), Buffer.from(A));
  });

  scenario('knows nothing of what was not added', async (store) => {
    await store.add(component('demo:a', '1.0.0', A), A);
    assert.equal(await store.get({ name: 'demo:b' }), undefined);
    assert.equal(await store.get({ name: 'demo:a', version: '1.0.1' }), undefined);
    assert.deepEqual(await store.remove({ name: 'demo:b' }), []);
    await assert.rejects(store.bytes(digest(B)), { code: 'component-not-found' });
  });

  scenario('adding the same again changes nothing; other bytes are refused', async (store) => {
    const first = component('demo:a', '1.0.0', A);
    await store.add(first, A);
    assert.equal(await store.add({ ...first, source: 'elsewhere' }, A), false);
    await assert.rejects(store.add(component('demo:a', '1.0.0', B), B), {
      code: 'version-exists',
      message: /demo:a@1\.0\.0/,
    });
    assert.deepEqual(await store.list(), [first]);
    assert.deepEqual(Buffer.from(await store.bytes(digest(A))), Buffer.from(A));
  });

  scenario('what is said of a version is replaced, only with its own bytes', async (store) => {
    const first = component('demo:a', '1.0.0', A);
    const other = component('demo:a', '1.1.0', A);
    await store.add(first, A);
    await store.add(other, A);
    const anew = { ...first, source: 'elsewhere', description: { ...first.description, docs: 'other words' } };
    assert.equal(await store.redescribe({ ...anew, installedAt: 5 }), true);
    assert.deepEqual(await store.get({ name: 'demo:a', version: '1.0.0' }), anew);
    assert.deepEqual(await store.get({ name: 'demo:a', version: '1.1.0' }), other);
    const record = '{"kept":true}';
    assert.equal(await store.redescribe({ ...anew, record }), true);
    assert.equal((await store.get({ name: 'demo:a', version: '1.0.0' }))?.record, record);
    // What is said of it without one leaves the one that is there.
    assert.equal(await store.redescribe(anew), true);
    assert.equal((await store.get({ name: 'demo:a', version: '1.0.0' }))?.record, record);
    assert.equal(await store.redescribe(component('demo:a', '1.0.0', B)), false);
    assert.equal(await store.redescribe(component('demo:b', '1.0.0', A)), false);
    assert.deepEqual(await store.list(), [other, { ...anew, record }]);
    const third = { ...component('demo:c', '1.0.0', A), record };
    assert.equal(await store.add(third, A), true);
    assert.deepEqual(await store.get({ name: 'demo:c' }), third);
    assert.deepEqual(Buffer.from(await store.bytes(digest(A))), Buffer.from(A));
  });

  scenario('refuses bytes that are not of the digest', async (store) => {
    await assert.rejects(store.add(component('demo:a', '1.0.0', A), B), { code: 'internal' });
    assert.deepEqual(await store.list(), []);
  });

  scenario('a name alone is the newest release; pre-releases come after all releases', async (store) => {
    const versions = ['1.9.0', '1.10.0', '2.0.0-beta.2', '2.0.0-beta.11', '0.1.0', '99999999999999999999.0.0-rc.1'];
    for (const version of versions) await store.add(component('demo:a', version, A), A);
    await store.add(component('alpha:z', '0.0.1-alpha', A), A);
    assert.equal((await store.get({ name: 'demo:a' }))?.version, '1.10.0');
    assert.equal((await store.get({ name: 'alpha:z' }))?.version, '0.0.1-alpha');
    assert.deepEqual(
      (await store.list()).map((c) => `${c.name}@${c.version}`),
      [
        'alpha:z@0.0.1-alpha',
        'demo:a@1.10.0',
        'demo:a@1.9.0',
        'demo:a@0.1.0',
        'demo:a@99999999999999999999.0.0-rc.1',
        'demo:a@2.0.0-beta.11',
        'demo:a@2.0.0-beta.2',
      ],
    );
  });

  scenario('removes a version or a name; bytes go with the last that names them', async (store) => {
    await store.add(component('demo:a', '1.0.0', A), A);
    await store.add(component('demo:a', '2.0.0', B), B);
    await store.add(component('demo:c', '1.0.0', A), A);
    const one = await store.remove({ name: 'demo:a', version: '1.0.0' });
    assert.deepEqual(
      one.map((c) => c.version),
      ['1.0.0'],
    );
    assert.equal((await store.bytes(digest(A))).length, A.length);
    assert.equal((await store.remove({ name: 'demo:c' })).length, 1);
    await assert.rejects(store.bytes(digest(A)), { code: 'component-not-found' });
    assert.equal((await store.bytes(digest(B))).length, B.length);
    assert.deepEqual(
      (await store.list()).map((c) => c.version),
      ['2.0.0'],
    );
    assert.equal(await store.add(component('demo:a', '1.0.0', A), A), true);
    assert.equal((await store.bytes(digest(A))).length, A.length);
  });

  scenario('limits are replaced as a whole, checked, and end with the name', async (store) => {
    assert.deepEqual(await store.limits('demo:a'), {});
    await store.add(component('demo:a', '1.0.0', A), A);
    await store.setLimits('demo:a', { timeout: 100, reuse: 'resident' });
    await store.setLimits('demo:a', { memory: 1024 * 1024 });
    assert.deepEqual(await store.limits('demo:a'), { memory: 1024 * 1024 });
    await assert.rejects(store.setLimits('demo:a', { timeout: -1 }), { code: 'invalid-setting' });
    assert.deepEqual(await store.limits('demo:a'), { memory: 1024 * 1024 });
    await store.setLimits('demo:a', {});
    assert.deepEqual(await store.limits('demo:a'), {});
    await store.setLimits('demo:a', { timeout: 100 });
    await store.remove({ name: 'demo:a' });
    assert.deepEqual(await store.limits('demo:a'), {});
  });

  scenario('adds at the same time do not disturb each other', async (store) => {
    const all = Array.from({ length: 12 }, (_, n) => new TextEncoder().encode(`bytes ${n % 4}`));
    await Promise.all(all.map((bytes, n) => store.add(component('demo:a', `1.0.${n}`, bytes), bytes)));
    const same = await Promise.all([1, 2, 3].map(() => store.add(component('demo:b', '1.0.0', A), A)));
    assert.deepEqual(same.filter(Boolean), [true]);
    assert.equal((await store.list()).length, 13);
    for (const bytes of all) assert.deepEqual(Buffer.from(await store.bytes(digest(bytes))), Buffer.from(bytes));
  });
}
