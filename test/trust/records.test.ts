/** What is kept of how a component came. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scanner } from '#core/signature';
import { installArtifact } from '#gateways/cli/registry/install-artifact';
import { findUpdates, installUpdates } from '#gateways/cli/registry/updates';
import { take, worldOf } from './world.ts';

test('[trust.first-use] [trust.held] to install again accepts nothing: who accepted it, and what, stays as it was', async (t) => {
  const world = await worldOf(t);
  await take(world, { trust: 'acme', key: 'acme', namespaces: ['acme:*'] });
  await take(world, { publish: 'acme:tool@1.0.0', sign: [{ key: 'acme' }] });
  await take(world, { install: 'acme:tool@1.0.0', accept: true, gives: 'installed' });
  const [first] = await world.host.list();
  const findings = [{ rule: 'scan/embedded-secret', severity: 'high', message: 'a key', place: 'data' }] as const;
  const scanner: Scanner = { scan: () => Promise.resolve({ findings, incomplete: [] }) };
  const again = async (): Promise<void> => {
    const install = await world.installation({}, 'install', undefined);
    const artifact = await world.client.resolve(world.placed('acme:tool@1.0.0'));
    const acceptance = { ...install.acceptance, scanner };
    const { outcome } = await installArtifact({ ...install, acceptance }, artifact);
    assert.equal(outcome, 'same');
  };
  await again();
  await again();
  const [now] = await world.host.list();
  assert.equal(now?.record, first?.record);
  assert.match(now?.record ?? '', /"accepted":"named","findings":\[\]/);
  assert.equal(world.events.filter(({ type }) => type === 'component.installed').length, 1);
});

test('[registry.install] [registry.hostile] an update that cannot be taken holds back no other', async (t) => {
  const world = await worldOf(t);
  await take(world, { trust: 'acme', key: 'acme', namespaces: ['acme:*'] });
  for (const name of ['acme:one', 'acme:two']) {
    await take(world, { publish: `${name}@1.0.0`, sign: [{ key: 'acme' }] });
    await take(world, { install: `${name}@1.0.0`, accept: true, gives: 'installed' });
  }
  await take(world, { publish: 'acme:one@1.1.0', inside: 'other:one@1.1.0', sign: [{ key: 'acme' }] });
  await take(world, { publish: 'acme:two@1.1.0', sign: [{ key: 'acme' }] });
  const install = await world.installation({}, 'update', undefined);
  const { done, stopped } = await installUpdates(install, await findUpdates(install, [], {}), {});
  assert.deepEqual(done, ['acme:two@1.1.0']);
  assert.deepEqual(
    [...stopped].map(([name, { code }]) => [name, code]),
    [['acme:one', 'invalid-artifact']],
  );
});
