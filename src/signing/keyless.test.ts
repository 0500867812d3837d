import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkTrustedRoot } from './keyless.ts';

const FIXTURES = join(import.meta.dirname, '../../test/signing/fixtures');

test('[trust.store] a trust root is one under which somebody could be known', async () => {
  const good = JSON.parse(readFileSync(join(FIXTURES, 'root-public-good.json'), 'utf8')) as object;
  await checkTrustedRoot(good);
  for (const bad of [
    null,
    [],
    {},
    { certificateAuthorities: [{}], tlogs: [] },
    { ...good, certificateAuthorities: [] },
    { ...good, tlogs: [] },
    { ...good, certificateAuthorities: [{ certChain: { certificates: [{ rawBytes: 'AAAA' }] } }] },
  ]) {
    await assert.rejects(checkTrustedRoot(bad), { code: 'invalid-key' }, JSON.stringify(bad)?.slice(0, 80));
  }
});
