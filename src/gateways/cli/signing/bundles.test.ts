import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Artifact, SwitchboardError } from '#core';
import { BUNDLE_TYPE } from '#core/signature';
import { bundlesOf } from './bundles.ts';

/** An artifact with so many signatures, each read by `read`. */
function artifact(count: number, read: (i: number, most?: number) => Promise<Uint8Array>): Artifact {
  return {
    reference: 'oci://registry.example/acme/clip:1.0.0',
    name: 'acme:clip',
    version: '1.0.0',
    manifest: `sha256:${'1'.repeat(64)}`,
    digest: `sha256:${'2'.repeat(64)}`,
    size: 1,
    annotations: {},
    bytes: () => assert.fail('the component is not needed'),
    referrers: (artifactType) => {
      assert.equal(artifactType, BUNDLE_TYPE);
      const one = (i: number): Awaited<ReturnType<Artifact['referrers']>>[number] => ({
        digest: `sha256:${String(i).padStart(64, '0')}`,
        artifactType: BUNDLE_TYPE,
        size: 1,
        annotations: {},
        read: async (most) => ({ mediaType: BUNDLE_TYPE, bytes: await read(i, most) }),
      });
      return Promise.resolve(Array.from({ length: count }, (_, i) => one(i)));
    },
  };
}

test('[signing.hostile] a registry with a thousand signatures has 32 read, and the rest counted', async () => {
  let reads = 0;
  const flood = artifact(1000, (i) => {
    reads += 1;
    return Promise.resolve(Uint8Array.of(i));
  });
  const { bundles, unread } = await bundlesOf(flood);
  assert.deepEqual([bundles.length, unread, reads], [32, 968, 32]);
});

test('[signing.hostile] one signature that cannot be read hides no other', async () => {
  const lost = new SwitchboardError('digest-mismatch', 'not what was promised');
  const { bundles, unread } = await bundlesOf(
    artifact(3, (i) => (i === 1 ? Promise.reject(lost) : Promise.resolve(Uint8Array.of(i)))),
  );
  assert.deepEqual(bundles, [Uint8Array.of(0), lost, Uint8Array.of(2)]);
  assert.equal(unread, 0);
  const bug = artifact(1, () => Promise.reject(new TypeError('a bug')));
  await assert.rejects(bundlesOf(bug), TypeError);
});

test('[signing.hostile] no more of a signature is asked for than one has', async () => {
  const asked: (number | undefined)[] = [];
  const large = artifact(3, (_i, most) => {
    asked.push(most);
    return Promise.resolve(Uint8Array.of(0));
  });
  await bundlesOf(large);
  assert.deepEqual(asked, [1024 * 1024, 1024 * 1024, 1024 * 1024]);
});
