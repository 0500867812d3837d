import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApprovalRequest, ApprovalStore, Grant, GrantStore, SecretStore } from '#core';

type Make<T> = () => Promise<{ readonly store: T; readonly close: () => Promise<void> }>;

export const grant = (id: string, subject: string, more: Partial<Grant> = {}): Grant => ({
  id,
  principal: 'anyone',
  subject,
  permission: { kind: 'net', host: 'example.com' },
  manifest: 'sha256:0',
  bound: true,
  creator: 'owner',
  createdAt: 1,
  ...more,
});

const request = (id: string, subject = 'demo:a'): ApprovalRequest => ({
  id,
  subject,
  permissions: [{ kind: 'fs', guest: '/data', mode: 'ro' }],
  reason: 'because',
  principal: { kind: 'mcp', label: 'x' },
  filedAt: 1,
  state: 'open',
});

async function using<T>(make: Make<T>, work: (store: T) => Promise<void>): Promise<void> {
  const { store, close } = await make();
  try {
    await work(store);
  } finally {
    await close();
  }
}

/** What every GrantStore does. */
export function grantStoreContract(backend: string, make: Make<GrantStore>): void {
  void test(`${backend}: grants are kept, listed oldest first, and removed once`, () =>
    using(make, async (store) => {
      const one = grant('g_1', 'demo:a', { expiresAt: 5, once: true, principal: 'mcp' });
      await store.add([one, grant('g_2', 'demo:b', { createdAt: 2 })]);
      await store.add([
        grant('g_3', 'demo:a', { createdAt: 3, permission: { kind: 'env', name: 'A', value: 'é\u0000' } }),
      ]);
      assert.deepEqual(
        (await store.list()).map(({ id }) => id),
        ['g_1', 'g_2', 'g_3'],
      );
      assert.deepEqual((await store.list('demo:a'))[0], one);
      assert.deepEqual(
        (await store.remove(['g_3', 'g_1', 'nobody'])).map(({ id }) => id),
        ['g_3', 'g_1'],
      );
      assert.deepEqual(await store.remove(['g_1']), []);
      assert.deepEqual(await store.list('demo:a'), []);
    }));
}

/** What every ApprovalStore does. */
export function approvalStoreContract(backend: string, make: Make<ApprovalStore>): void {
  void test(`${backend}: a request is decided once, and open ones are bounded`, () =>
    using(make, async (store) => {
      await store.file(request('r_1'));
      await store.file(request('r_2', 'demo:b'));
      assert.deepEqual(
        (await store.list('open')).map(({ id }) => id),
        ['r_2', 'r_1'],
      );
      assert.deepEqual(await store.get('r_1'), request('r_1'));
      assert.deepEqual(await store.decide('r_1', 'allowed', 9), { ...request('r_1'), state: 'allowed', decidedAt: 9 });
      assert.equal(await store.decide('r_1', 'denied', 10), undefined);
      assert.equal(await store.decide('r_0', 'denied', 10), undefined);
      assert.equal((await store.list()).length, 2);
      for (let n = 0; n < 100; n += 1) await store.file(request(`r_many${n}`));
      await assert.rejects(store.file(request('r_over')), { code: 'busy' });
      await store.file(request('r_other', 'demo:c'));
    }));
}

/** What every SecretStore does. */
export function secretStoreContract(backend: string, make: Make<SecretStore>): void {
  void test(`${backend}: values come back as they were set, names are listed, errors have no value`, () =>
    using(make, async (store) => {
      await store.set('API_KEY', 'first value');
      await store.set('API_KEY', 'sécret ✓');
      await store.set('other.name-1', 'x');
      assert.equal(await store.get('API_KEY'), 'sécret ✓');
      assert.equal(await store.get('__proto__'), undefined);
      assert.deepEqual(
        (await store.list()).map(({ name }) => name),
        ['API_KEY', 'other.name-1'],
      );
      assert.equal(await store.remove('API_KEY'), true);
      assert.equal(await store.remove('API_KEY'), false);
      assert.equal(await store.get('API_KEY'), undefined);
      for (const [name, value] of [
        ['1abc', 'hidden'],
        ['a b', 'hidden'],
        ['ok', ''],
        ['ok', 'hidden'.repeat(20_000)],
        ['ok', 'hidden\ud800'],
      ] as const) {
        await assert.rejects(store.set(name, value), (error: Error & { code: string }) => {
          return error.code === 'invalid-setting' && !error.message.includes('hidden');
        });
      }
    }));
}
