/** What refers to an artifact, as registries tell it that do not filter, or do not end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUNDLE_TYPE } from '#core/signature';
import { clientOf, settingsFor } from './client-of.ts';
import { give, hostileRegistry } from './hostile-registry.ts';
import { digestOf } from './peer.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const SUBJECT = `sha256:${'1'.repeat(64)}` as const;

const referrer = (artifactType: string, i: number): object => ({
  mediaType: MANIFEST,
  artifactType,
  digest: digestOf(`${artifactType} ${i}`),
  size: 100,
});

async function listed(t: Parameters<typeof hostileRegistry>[0], pages: readonly object[][], endless = false) {
  const { address } = await hostileRegistry(t, (_request, response, url) => {
    const page = Number(url.searchParams.get('page') ?? 0);
    const more = endless || page + 1 < pages.length;
    const manifests = pages[page % pages.length];
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
    const link = { link: `<${url.pathname}?page=${page + 1}>; rel="next"` };
    give(response, bytes, { 'content-type': INDEX, ...(more ? link : {}) });
  });
  const client = await clientOf(t, { settings: settingsFor(address) });
  return client.open({ registry: address, repository: 'acme/clip' }).referrers(SUBJECT, BUNDLE_TYPE);
}

test('[trust.bounded] [registry.hostile] a signature does not hide behind others’ referrers, nor in pages without end', async (t) => {
  const others = Array.from({ length: 1_200 }, (_, i) => referrer('text/markdown', i));
  const found = await listed(t, [others.slice(0, 600), others.slice(600), [referrer(BUNDLE_TYPE, 0)]]);
  assert.deepEqual(
    found.map(({ digest }) => digest),
    [digestOf(`${BUNDLE_TYPE} 0`)],
  );
  await assert.rejects(listed(t, [others.slice(0, 2)], true), { code: 'too-large' });
});
