/** Who may give: a person at a terminal, or who has the owner token; nobody else. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Host } from '#host/api';
import { connectHost, listenControl } from '#gateways/control/index';
import { guest } from '#test/guests/build';
import { injectManifest } from '#wit';
import { keepHost, newHome, outcomeOf, run, start } from './cli-run.ts';
import { fakeHost } from './control-fake.ts';
import { atTerminal } from './terminal.ts';

const MANIFEST = `
[[permissions.fs]]
guest = "/notes"
mode = "ro"
reason = "the notes it reads"

[[permissions.net]]
host = "api.example.com"
reason = "where it looks things up"

[[permissions.env]]
name = "REGION"
reason = "where it is"

[[permissions.secret]]
name = "API_KEY"
reason = "to be let in"
`;

interface World {
  readonly home: string;
  readonly host: Host;
  readonly notes: string;
}

/** A host that runs, with a component that asks for something of each kind. */
async function world(t: TestContext): Promise<World> {
  const home = newHome(t);
  const host = await keepHost(t, home);
  const notes = join(dirname(home), 'notes');
  await mkdir(notes);
  const bytes = injectManifest((await guest('fs-probe')).bytes, MANIFEST);
  await host.install(bytes, { as: 'demo:probe@1.0.0' });
  return { home, host, notes };
}

const grantsOf = async (host: Host): Promise<readonly string[]> =>
  (await host.policy('demo:probe')).grants.map(({ permission }) => permission.kind);

test('[policy.person] [cli.grant] at a terminal grant shows what it gives, and gives it after a yes', async (t) => {
  const { home, host, notes } = await world(t);
  const grant = ['grant', 'demo:probe', '--fs', `${notes}:/notes:ro`, '--net', 'api.example.com', '--for', 'mcp'];
  for (const keys of ['n\r', '\r', 'yess\r', '\u0003', '\u0004']) {
    const { code, shown } = await atTerminal(home, grant, [[/\[y\/N\] /, keys]]);
    assert.notEqual(code, 0, JSON.stringify(keys));
    assert.match(shown, /nothing was changed/);
    assert.deepEqual(await grantsOf(host), [], JSON.stringify(keys));
  }
  const { code, shown } = await atTerminal(home, [...grant, '--expires', '30d'], [[/\[y\/N\] /, 'y\r']]);
  assert.equal(code, 0, shown);
  assert.match(shown, /demo:probe may from now on, in calls over MCP, until \d{4}-\d\d-\d\dT\d\d:\d\dZ:\n/);
  assert.ok(shown.includes(`  read ${notes}, seen as /notes\n  reach api.example.com by HTTP, ports 80 and 443\n`));
  assert.deepEqual(await grantsOf(host), ['fs', 'net']);
});

test('[policy.person] --yes does not ask at a terminal, and is of no use without one', async (t) => {
  const { home, host } = await world(t);
  const grant = ['grant', 'demo:probe', '--net', 'api.example.com', '--yes'];
  const { code, stderr } = await run(home, grant, 'y\n');
  assert.equal(code, 3);
  assert.match(stderr, /fix: run it in a terminal, or give --owner-token-file[^]*code: owner-required/);
  assert.deepEqual(await grantsOf(host), []);
  const typed = await atTerminal(home, grant);
  assert.equal(typed.code, 0, typed.shown);
  assert.ok(!typed.shown.includes('[y/N]'));
  assert.deepEqual(await grantsOf(host), ['net']);
});

test('[policy.person] what gives is refused by the host itself without a person; what takes away is not', async (t) => {
  const home = newHome(t);
  const calls: string[] = [];
  const host = fakeHost(home);
  host.checkOwner = async (token) => token === 'right';
  host.grant = async () => (calls.push('grant'), []);
  host.decideApproval = async (_id, { allow }) => (calls.push(`decide ${allow}`), []);
  host.setSecret = async () => void calls.push('set-secret');
  host.unlockSecrets = async () => void calls.push('unlock');
  host.protectSecrets = async () => void calls.push('protect');
  host.createOwnerToken = async () => (calls.push('create-owner-token'), 'new');
  host.revoke = async () => (calls.push('revoke'), []);
  host.removeSecret = async () => (calls.push('remove-secret'), true);
  host.removeOwnerToken = async () => (calls.push('remove-owner-token'), true);
  const server = await listenControl(host, home);
  t.after(() => server.close());
  const net = { permissions: [{ kind: 'net', host: 'api.example.com' }] } as const;
  const give: readonly ((remote: Host) => Promise<unknown>)[] = [
    (remote) => remote.grant('demo:probe', net),
    (remote) => remote.decideApproval('r_1', { allow: true }),
    (remote) => remote.setSecret('A', 'b'),
    (remote) => remote.unlockSecrets('p'),
    (remote) => remote.protectSecrets('p'),
    (remote) => remote.createOwnerToken(),
  ];
  for (const proof of [undefined, { ownerToken: 'wrong' }, { ownerToken: '' }]) {
    const remote = await connectHost(home, { proof: () => proof });
    for (const work of give) await assert.rejects(work(remote), { code: 'owner-required' });
    await remote.close();
  }
  assert.deepEqual(calls, []);
  const nobody = await connectHost(home);
  await nobody.revoke('demo:probe');
  await nobody.decideApproval('r_1', { allow: false });
  await nobody.removeSecret('A');
  await nobody.removeOwnerToken();
  await nobody.close();
  assert.deepEqual(calls.splice(0), ['revoke', 'decide false', 'remove-secret', 'remove-owner-token']);
  for (const proof of [{ ownerToken: 'right' }, { person: 'terminal' }] as const) {
    const remote = await connectHost(home, { proof: () => proof });
    for (const work of give) await work(remote);
    await remote.close();
    const all = ['grant', 'decide true', 'set-secret', 'unlock', 'protect', 'create-owner-token'];
    assert.deepEqual(calls.splice(0), all);
  }
});

test('[policy.person] permissions that come over the socket are read as flags are', async (t) => {
  const home = newHome(t);
  const server = await listenControl(fakeHost(home), home);
  t.after(() => server.close());
  const remote = await connectHost(home, { proof: () => ({ person: 'terminal' }) });
  t.after(() => remote.close());
  const wrong = [
    { kind: 'fs', host: 'relative', guest: '/data', mode: 'ro' },
    { kind: 'fs', host: '/tmp', guest: '/data/../etc', mode: 'ro' },
    { kind: 'fs', host: '/tmp', guest: '/data', mode: 'all' },
    { kind: 'net', host: '2130706433' },
    { kind: 'net', host: 'api.example.com', port: 0 },
    { kind: 'env', name: 'A\u001b[31m', value: 'x' },
    { kind: 'env', name: 'A', value: 'x\0y' },
    { kind: 'secret', name: '../key' },
    { kind: '__proto__' },
  ];
  for (const permission of wrong) {
    const grant = remote.grant('demo:probe', { permissions: [permission as never] });
    await assert.rejects(grant, { code: /^invalid-/ }, JSON.stringify(permission));
    const ask = remote.requestPermission('demo:probe', [permission as never], 'reason');
    await assert.rejects(ask, { code: /^invalid-/ }, JSON.stringify(permission));
  }
  for (const access of [{ kind: 'fs', path: 7 }, { kind: 'net', host: 'a', port: '1' }, { kind: 'all' }]) {
    await assert.rejects(remote.checkAccess('demo:probe', access as never), { code: 'invalid-usage' });
  }
});

test('[policy.person] an owner token is made at a terminal, shown once, and stands for it until it is removed', async (t) => {
  const { home, host } = await world(t);
  assert.equal((await run(home, ['owner-token', 'create'])).code, 3);
  assert.match((await run(home, ['owner-token', 'status'])).stdout, /there is no owner token/);
  const made = await atTerminal(home, ['owner-token', 'create'], [[/grant anything\?\s+\[y\/N\] /, 'y\r']]);
  const token = /sbo_[\w-]+/.exec(made.shown)?.[0] ?? '';
  assert.ok(token.length > 40, made.shown);
  const status = await run(home, ['owner-token', 'status', '--output', 'json']);
  assert.deepEqual(JSON.parse(status.stdout), { exists: true });
  assert.ok(!status.stdout.includes(token) && !(await readFile(join(home, 'owner-token'), 'utf8')).includes(token));

  const file = join(dirname(home), 'owner.txt');
  await writeFile(file, `${token}\n`);
  const grant = ['grant', 'demo:probe', '--net', 'api.example.com'];
  assert.equal((await run(home, [...grant, '--owner-token-file', file])).code, 0);
  assert.equal((await run(home, ['revoke', 'demo:probe', '--all'])).code, 0);
  assert.equal((await outcomeOf(start(home, grant, { SWITCHBOARD_OWNER_TOKEN: token }))).code, 0);
  assert.deepEqual(await grantsOf(host), ['net']);
  // With the token another is made without a terminal; the first counts no longer.
  const next = await run(home, ['owner-token', 'create', '--owner-token-file', file]);
  assert.equal(next.code, 0, next.stderr);
  assert.match((await run(home, [...grant, '--owner-token-file', file])).stderr, /not the owner token of this home/);
  await writeFile(file, next.stdout);
  assert.equal((await run(home, [...grant, '--owner-token-file', file])).code, 0);
  assert.equal((await run(home, ['owner-token', 'remove'])).code, 0);
  assert.equal((await run(home, [...grant, '--owner-token-file', file])).code, 3);
  assert.match((await run(home, [...grant, '--owner-token-file', `${file}.no`])).stderr, /code: file-unreadable/);
});
