import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { NO_TRUST, type TrustState, type TrustStore } from '#core';
import { readPublicKey } from '#signing';
import { createEventHub } from './events.ts';
import { createTrust, type Trust } from './trust.ts';

function newKey(): { kind: 'key'; publicKey: string; fingerprint: string } {
  const spki = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' });
  const { text, fingerprint } = readPublicKey(spki.toString('base64'));
  return { kind: 'key', publicKey: text, fingerprint };
}

/** `between` runs before each change, as another process would. */
function trustIn(between: () => Promise<unknown> = () => Promise.resolve()): Trust {
  let state: TrustState = NO_TRUST;
  const store: TrustStore = {
    read: () => Promise.resolve(state),
    async change(change) {
      await between();
      return (state = change(state));
    },
  };
  return createTrust({ store, events: createEventHub(() => 0), clock: { now: () => 7 } as never });
}

test('[trust.revoked] a key is revoked as everybody’s it is trusted as: to forget one of them brings nothing back', async () => {
  const trust = trustIn();
  const [signer, other] = [newKey(), newKey()];
  await trust.addTrust({ publisher: 'acme', signer, namespaces: ['acme:*'] });
  await trust.addTrust({ publisher: 'vendor', signer, namespaces: ['*:*'] });
  await trust.addTrust({ publisher: 'acme', signer: other, namespaces: ['acme:*'] });
  const why = { reason: 'lost', by: 'owner' } as const;
  const now = await trust.revokeTrust('acme', signer.fingerprint, why);
  assert.deepEqual(now.map(({ publisher }) => publisher).toSorted(), ['acme', 'vendor']);
  await trust.removeTrust('acme', signer.fingerprint);
  const { publishers } = await trust.trust();
  assert.deepEqual(publishers.map(({ publisher, revoked }) => [publisher, revoked?.reason]).toSorted(), [
    ['acme', undefined],
    ['vendor', 'lost'],
  ]);
  const again = { publisher: 'acme', signer, namespaces: ['acme:*'] };
  await assert.rejects(trust.addTrust(again), { code: 'revoked-key' });
  await trust.removeTrust('vendor', signer.fingerprint);
  assert.equal((await trust.addTrust(again)).revoked, undefined);
});

test('[trust.revoked] a revocation that comes while the key is trusted once more is not written over', async () => {
  let between: (() => Promise<unknown>) | undefined;
  const trust = trustIn(async () => {
    const work = between;
    between = undefined;
    await work?.();
  });
  const signer = newKey();
  const wanted = { publisher: 'acme', signer, namespaces: ['acme:*'] };
  await trust.addTrust(wanted);
  between = () => trust.revokeTrust(undefined, signer.fingerprint, { reason: 'lost', by: 'key' });
  await assert.rejects(trust.addTrust({ ...wanted, namespaces: ['acme:more'] }), { code: 'revoked-key' });
  assert.equal((await trust.trust()).publishers[0]?.revoked?.reason, 'lost');
});
