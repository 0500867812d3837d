import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { NO_TRUST, type TrustedPublisher, type TrustState } from '#core/trust';
import { homePaths } from './layout.ts';
import { noFaults } from './system.ts';
import { fileTrustStore } from './trust-store.ts';

const ONE: TrustedPublisher = {
  publisher: 'acme',
  signer: { kind: 'key', fingerprint: `SHA256:${'a'.repeat(43)}`, publicKey: 'MCowBQYDK2VwAyEAAAAA' },
  namespaces: ['acme:*'],
  addedAt: 1,
};
const STATE: TrustState = {
  publishers: [
    ONE,
    {
      ...ONE,
      signer: { kind: 'identity', issuer: 'https://i.example', subject: 'a@b.example', trustedRoot: { a: [1] } },
      namespaces: ['acme:clip', '*:*'],
      revoked: { at: 2, reason: 'lost', by: 'key' },
    },
  ],
  yanked: [
    { component: 'acme:clip', version: '1.0.0', manifest: 'sha256:0', signer: 'SHA256:a', reason: 'broken', at: 3 },
  ],
  held: [
    { component: 'acme:clip', from: '1.0.0', version: '1.1.0', manifest: 'sha256:1', differences: ['+ x'], at: 4 },
  ],
};

function paths(t: TestContext): ReturnType<typeof homePaths> {
  const home = mkdtempSync(join(tmpdir(), 'switchboard-home-'));
  t.after(() => rmSync(home, { recursive: true }));
  return homePaths(home);
}

test('[trust.store] what is trusted is kept in one private file, and read as it was written', async (t) => {
  const at = paths(t);
  const store = fileTrustStore(at, noFaults);
  assert.deepEqual(await store.read(), NO_TRUST);
  assert.deepEqual(await store.change(() => STATE), STATE);
  assert.deepEqual(await fileTrustStore(at, noFaults).read(), STATE);
  assert.equal(statSync(at.trust).mode & 0o777, 0o600);
  await Promise.all(
    ['b', 'c'].map((publisher) =>
      store.change((state) => ({ ...state, publishers: [...state.publishers, { ...ONE, publisher }] })),
    ),
  );
  assert.deepEqual(
    (await store.read()).publishers.map((one) => one.publisher),
    ['acme', 'acme', 'b', 'c'],
  );
});

test('[trust.store] a file that is damaged trusts nobody, and is an error: what it revoked is not forgotten', async (t) => {
  const at = paths(t);
  const store = fileTrustStore(at, noFaults);
  await store.change(() => STATE);
  const text = readFileSync(at.trust, 'utf8');
  for (const damaged of [
    '',
    '{}',
    text.slice(0, -3),
    text.replace('"version": 1', '"version": 2'),
    text.replace('"acme:*"', '"*"'),
    text.replace('SHA256:', 'MD5:'),
    text.replace('"kind": "key"', '"kind": "other"'),
    text.replace('"reason": "lost"', '"reason": ""'),
    text.replace('"publisher": "acme"', '"publisher": "a\\u001b[31m"'),
  ]) {
    writeFileSync(at.trust, damaged);
    await assert.rejects(store.read(), { code: 'database-corrupt' }, damaged);
    await assert.rejects(
      store.change((state) => state),
      { code: 'database-corrupt' },
    );
    assert.equal(readFileSync(at.trust, 'utf8'), damaged);
  }
});

test('[trust.store] what a home keeps of trust is bounded; of notices the oldest go', async (t) => {
  const store = fileTrustStore(paths(t), noFaults);
  const many = Array.from({ length: 1_001 }, (_, i) => ({ ...ONE, publisher: `p${i}` }));
  await assert.rejects(
    store.change((state) => ({ ...state, publishers: many })),
    { code: 'invalid-setting' },
  );
  const [notice] = STATE.yanked;
  assert.ok(notice);
  const yanked = Array.from({ length: 1_500 }, (_, at) => ({ ...notice, at }));
  const kept = await store.change((state) => ({ ...state, yanked }));
  assert.equal(kept.yanked.length, 1_000);
  assert.equal(kept.yanked[0]?.at, 500);
});
