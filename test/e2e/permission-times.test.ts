/** What is granted for a time, and what cannot be granted, where clocks jump and people mistype. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { HostEvent } from '#core';
import { createHost } from '#host';
import type { Host } from '#host/api';
import { guest } from '#test/guests/build';
import { injectManifest } from '#wit';

const MANIFEST = `
[[permissions.fs]]
guest = "/notes"
mode = "ro"
reason = "the notes it works on"

[[permissions.secret]]
name = "API_KEY"
reason = "to be let in"
`;

/** A host with a component and a clock that the test sets. */
async function world(t: TestContext): Promise<{ host: Host; notes: string; jump: (ms: number) => void }> {
  const root = mkdtempSync(join(tmpdir(), 'switchboard-times-'));
  const notes = join(root, 'notes');
  mkdirSync(notes);
  writeFileSync(join(notes, 'a.txt'), 'a note');
  let ahead = 0;
  const host = await createHost({
    home: join(root, 'home'),
    clock: { now: () => Date.now() + ahead, monotonic: () => performance.now() },
  });
  t.after(async () => {
    await host.close();
    rmSync(root, { recursive: true, force: true });
  });
  const wasm = join(root, 'probe.wasm');
  writeFileSync(wasm, injectManifest((await guest('fs-probe')).bytes, MANIFEST));
  await host.install(wasm, { as: 'demo:probe@1.0.0' });
  return { host, notes, jump: (ms) => void (ahead += ms) };
}

const read = (host: Host): Promise<unknown> => host.call('demo:probe', 'run', ['read', '/notes/a.txt', '']);

test('[policy.grants] an expiry counts by the clock and not by a timer: after a sleep of the machine the next call is refused', async (t) => {
  const { host, notes, jump } = await world(t);
  const fs = { kind: 'fs', host: notes, guest: '/notes', mode: 'ro' } as const;
  await host.grant('demo:probe', { permissions: [fs], expiresAt: Date.now() + 3_600_000 });
  assert.equal(await read(host), 'a note');
  assert.equal(await read(host), 'a note');
  jump(3_600_001);
  await assert.rejects(read(host), { code: 'denied' });
});

test('[policy.person] a request that cannot be granted as it is stays open, and nothing of it is granted', async (t) => {
  const { host, notes } = await world(t);
  const wanted = [{ kind: 'secret', name: 'API_KEY' }] as const;
  const { id } = await host.requestPermission('demo:probe', wanted, 'please');
  await assert.rejects(host.decideApproval(id, { allow: true }), { code: 'secret-not-found' });
  assert.deepEqual(
    (await host.approvals('open')).map((request) => request.id),
    [id],
  );
  await host.setSecret('API_KEY', 'hush-hush-hush');
  assert.equal((await host.decideApproval(id, { allow: true })).length, 1);
  assert.deepEqual(await host.approvals('open'), []);
  assert.ok(notes);
});

test('[policy.revoke] what is not installed and has no grant is not revoked in silence', async (t) => {
  const { host, notes } = await world(t);
  await assert.rejects(host.revoke('demo:prboe'), { code: 'component-not-found' });
  assert.deepEqual(await host.revoke('demo:probe'), []);
  await host.grant('demo:probe', { permissions: [{ kind: 'fs', host: notes, guest: '/notes', mode: 'ro' }] });
  assert.equal((await host.revoke('demo:probe')).length, 1);
});

test('[policy.denial] the log names the command that works, also for what the manifest does not request', async (t) => {
  const { host } = await world(t);
  const lines: string[] = [];
  host.subscribe((event: HostEvent) => {
    if (event.type === 'log') lines.push(event.record.message);
  });
  const onLog = ({ message }: { message: string }): void => void lines.push(message);
  await host
    .call('demo:probe', 'fetch', ['http://127.0.0.1:9/'], { onLog })
    .then(() => assert.fail('it gave something'))
    .catch((error: { fix?: string }) => {
      assert.equal(error.fix, 'switchboard grant demo:probe --net 127.0.0.1:9 --unrequested');
    });
  assert.ok(
    lines.some((line) => line.includes('switchboard grant demo:probe --net 127.0.0.1:9 --unrequested')),
    lines.join('\n'),
  );
  const access = { kind: 'net', host: '127.0.0.1', port: 9 } as const;
  const checked = await host.checkAccess('demo:probe', access);
  assert.ok(!checked.allowed);
  assert.equal(checked.denial.grant, '--net 127.0.0.1:9 --unrequested');
});
