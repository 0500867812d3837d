/** Requests that are granted in another way wait for nobody; a check for each kind of caller. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { HostEvent } from '#core';
import { createHost, type Host } from '#host';
import { guest } from '#test/guests/build';
import { keepHost, newHome, run } from './cli-run.ts';
import { atTerminal } from './terminal.ts';

const NAME = 'demo:probe';
const MCP = { kind: 'mcp', label: 'a model' } as const;
const LOOPBACK = { kind: 'net', host: '127.0.0.1', port: 9 } as const;

async function world(
  t: TestContext,
): Promise<{ readonly host: Host; readonly notes: string; readonly events: HostEvent[] }> {
  const home = newHome(t);
  const notes = join(dirname(home), 'notes');
  await mkdir(notes);
  const host = await createHost({ home });
  t.after(() => host.close());
  await host.install((await guest('fs-probe')).path, { as: `${NAME}@1.0.0` });
  const events: HostEvent[] = [];
  host.subscribe((event) => void events.push(event));
  return { host, notes, events };
}

const openOf = async (host: Host): Promise<readonly string[]> => (await host.approvals('open')).map(({ id }) => id);

test('[policy.approvals-closed] a request is closed once all of it is granted, and not before', async (t) => {
  const { host, notes, events } = await world(t);
  const fs = { kind: 'fs', guest: '/notes', mode: 'ro' } as const;
  const both = await host.requestPermission(NAME, [fs, LOOPBACK], 'please', MCP);
  const other = await host.requestPermission(NAME, [{ kind: 'net', host: 'example.com' }], 'please', MCP);
  await host.grant(NAME, { permissions: [{ ...fs, host: notes }] });
  assert.deepEqual(await openOf(host), [other.id, both.id], 'half of it is granted');
  await host.grant(NAME, { permissions: [LOOPBACK], principal: 'owner' });
  assert.deepEqual(await openOf(host), [other.id, both.id], 'it is granted to others than who asked');
  await host.grant(NAME, { permissions: [LOOPBACK], principal: 'mcp', once: true });
  assert.deepEqual(await openOf(host), [other.id, both.id], 'one call is not what was asked for');
  await host.grant(NAME, { permissions: [LOOPBACK], principal: 'mcp' });
  assert.deepEqual(await openOf(host), [other.id]);
  const closed = (await host.approvals('granted')).map(({ id, state, decidedAt }) => [id, state, typeof decidedAt]);
  assert.deepEqual(closed, [[both.id, 'granted', 'number']]);
  await assert.rejects(host.decideApproval(both.id, { allow: false }), { code: 'grant-not-found' });
  await new Promise((resolve) => setImmediate(resolve));
  const audited = events.flatMap((event) => (event.type === 'approval.decided' ? [event.request] : []));
  assert.deepEqual(
    audited.map(({ id, state }) => [id, state]),
    [[both.id, 'granted']],
  );
});

test('[policy.approvals-closed] allowing one request closes another that it covers; taken back, it may be asked for again', async (t) => {
  const { host } = await world(t);
  const call = (): Promise<unknown> =>
    host.call(NAME, 'fetch', ['http://127.0.0.1:9/'], { principal: MCP }).catch(() => undefined);
  await call();
  const [filed] = await host.approvals('open');
  assert.deepEqual(filed?.permissions, [LOOPBACK]);
  const wider = await host.requestPermission(NAME, [{ kind: 'net', host: '127.0.0.1', port: '*' }], 'all', MCP);
  await host.decideApproval(wider.id, { allow: true });
  assert.deepEqual(await openOf(host), []);
  assert.deepEqual(
    (await host.approvals('granted')).map(({ id }) => id),
    [filed?.id],
  );
  await host.revoke(NAME);
  await call();
  assert.deepEqual(
    (await host.approvals('open')).map(({ permissions }) => permissions),
    [[LOOPBACK]],
  );
});

test('[cli.grant] policy check --for decides for that kind of caller', async (t) => {
  const home = newHome(t);
  const host = await keepHost(t, home);
  await host.install((await guest('fs-probe')).path, { as: `${NAME}@1.0.0` });
  const granted = await atTerminal(home, ['grant', NAME, '--net', '127.0.0.1:9', '--for', 'mcp', '--yes']);
  assert.equal(granted.code, 0, granted.shown);
  const check = (...flags: string[]) => run(home, ['policy', 'check', NAME, '--net', '127.0.0.1:9', ...flags]);
  assert.equal((await check('--for', 'mcp')).code, 0);
  for (const flags of [[], ['--for', 'owner'], ['--for', 'program']]) {
    const { code, stderr } = await check(...flags);
    assert.equal(code, 3, flags.join(' '));
    assert.match(stderr, /the host is not granted; it is this machine \(loopback\)/);
  }
  assert.equal((await check('--for', 'anyone')).code, 2);
  assert.equal((await run(home, ['policy', 'show', NAME, '--for', 'mcp'])).code, 2);
});
