/** Stores of components on a real host: what is granted, what is shared, what ends with whom. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type HostEvent, parsePermission, type Permission } from '#core';
import { createHost, type Host } from '#host';
import { componentOf, guest } from '../guests/build.ts';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';

const [ANN, BOB] = ['test:ann', 'test:bob'];
type Flag = readonly ['kv' | 'blob', string];

async function hostWith(t: TestContext): Promise<{ host: Host; home: string }> {
  const home = await mkdtemp(join(tmpdir(), 'switchboard-stores-'));
  const host = await createHost({ home });
  t.after(async () => {
    await host.close();
    await rm(home, { recursive: true, force: true });
  });
  const { path } = await guest('store-probe');
  for (const name of [ANN, BOB]) await host.install(path, { as: `${name}@1.0.0` });
  return { host, home };
}

const permissions = (flags: readonly Flag[]): Permission[] => flags.map(([kind, text]) => parsePermission(kind, text));
const grant = (host: Host, component: string, ...flags: Flag[]) =>
  host.grant(component, { permissions: permissions(flags) });
const run = (host: Host, component: string, op: string, ...args: string[]) => host.call(component, 'run', [op, args]);

test('[kv.host] a component gets, sets, deletes, swaps, counts, lists and is told its usage', async (t) => {
  const { host } = await hostWith(t);
  await grant(host, ANN, ['kv', 'notes:rw:1MiB:100keys']);
  const kv = (op: string, ...args: string[]) => run(host, ANN, `kv.${op}`, 'notes', ...args);
  assert.equal(await kv('get', 'a'), 'NONE');
  await kv('set', 'a', 'hello');
  assert.equal(await kv('get', 'a'), 'hello');
  assert.equal(await kv('exists', 'a'), 'true');
  assert.equal(await kv('swap', 'a', 'bye', 'x'), 'false');
  assert.equal(await kv('swap', 'a', 'hello', 'x'), 'true');
  assert.equal(await kv('swap', 'b', 'NONE', 'y'), 'true');
  assert.equal(await kv('increment', 'n', '5'), '5');
  assert.equal(await kv('increment', 'n', '-7'), '-2');
  assert.equal(await kv('list', '', '2'), '2: a b n');
  assert.equal(await kv('list', 'n', '2'), '1: n');
  assert.equal(await kv('page', '', 'a', '1'), 'b > b');
  assert.equal(await kv('usage'), `3 7 100 ${1024 * 1024}`);
  assert.equal(await kv('delete', 'a'), 'true');
  assert.equal(await kv('delete', 'a'), 'false');
  await kv('set', 'short', 'x', '1');
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(await kv('get', 'short'), 'NONE');
  await assert.rejects(kv('increment', 'b'), { code: 'component-error', message: /^invalid: / });
  await assert.rejects(kv('page', '', '', '1001'), { code: 'component-error', message: /1 to 1000/ });
});

test('[kv.host] counts of many calls at once are exact', async (t) => {
  const { host } = await hostWith(t);
  await grant(host, ANN, ['kv', 'shared:n']);
  await grant(host, BOB, ['kv', 'shared:n']);
  const calls = Array.from({ length: 12 }, (_, i) => run(host, i % 2 ? ANN : BOB, 'kv.count', 'n', 'k', '10'));
  await Promise.all(calls);
  assert.equal(await run(host, BOB, 'kv.get', 'n', 'k'), '120');
});

test('[blob.host] a component uploads, opens, reads ranges, lists and deletes', async (t) => {
  const { host } = await hostWith(t);
  await grant(host, ANN, ['blob', 'files']);
  const blob = (op: string, ...args: string[]) => run(host, ANN, `blob.${op}`, 'files', ...args);
  await assert.rejects(blob('read', 'a'), { code: 'component-error', message: /^not-found/ });
  assert.equal(await blob('write', 'a', 'hello world'), '11');
  assert.equal(await blob('read', 'a', '6', '3'), 'wor');
  assert.equal(await blob('read', 'a', '11', '3'), '');
  assert.equal(await blob('read', 'a', '9999999999', '3'), '');
  assert.equal(await blob('stat', 'a'), '11');
  assert.equal(await blob('pattern', 'p', '3000000'), '3000000');
  assert.equal(await blob('check', 'p', '999'), String(3_000_000 - 999));
  assert.equal(await blob('list', ''), 'a p > NONE');
  assert.equal(await blob('snapshot', 'a'), 'hello world');
  assert.equal(await blob('abandon', 'half'), 'abandoned');
  assert.equal(await blob('list', ''), 'p > NONE');
  assert.equal(await blob('delete', 'p'), 'true');
  assert.equal(await blob('delete', 'p'), 'false');
});

test('[blob.host] what a call left open is closed with it', async (t) => {
  const { host } = await hostWith(t);
  await grant(host, ANN, ['blob', 'files']);
  await run(host, ANN, 'blob.write', 'files', 'a', 'x');
  for (let i = 0; i < 20; i += 1) {
    assert.equal(await run(host, ANN, 'blob.flood', 'files', 'a', '1000'), '64 unavailable');
  }
  assert.equal(await run(host, ANN, 'blob.read', 'files', 'a'), 'x');
});

test('[kv.granted] a store that is not granted is refused, with a command that works; ro reads only', async (t) => {
  const { host } = await hostWith(t);
  const events: HostEvent[] = [];
  host.subscribe((event) => void events.push(event), ['access.denied', 'grant.created', 'approval.filed']);
  for (const [kind, read, write] of [
    ['kv', ['kv.get', 's', 'a'], ['kv.set', 's', 'a', 'x']],
    ['blob', ['blob.list', 's'], ['blob.write', 's', 'a', 'x']],
  ] as const) {
    const call = ([op, ...args]: readonly [string, ...string[]]) => run(host, ANN, op, ...args);
    const fix = (mode: string): string => `switchboard grant ${ANN} --${kind} s:${mode}`;
    await assert.rejects(call(read), { code: 'denied', fix: fix('ro') });
    await assert.rejects(call(write), { code: 'denied', fix: fix('rw') });
    await grant(host, ANN, [kind, 's:ro']);
    await call(read);
    await assert.rejects(call(write), { code: 'denied', message: /for reading only/, fix: fix('rw') });
    await grant(host, ANN, [kind, 's:rw']);
    await call(write);
    const access = { kind, name: 's', write: true } as const;
    assert.deepEqual(await host.checkAccess(ANN, access), { allowed: true });
    await host.revoke(ANN);
    assert.equal((await host.checkAccess(ANN, access)).allowed, false);
    await assert.rejects(call(read), { code: 'denied', fix: fix('ro') });
    await assert.rejects(call(write), { code: 'denied', fix: fix('rw') });
  }
  const told = events.flatMap((event) => (event.type === 'access.denied' ? [event.denial.grant] : []));
  assert.deepEqual(new Set(told), new Set(['--kv s:ro', '--kv s:rw', '--blob s:ro', '--blob s:rw']));
  assert.ok(events.some((event) => event.type === 'approval.filed'));
});

test('[kv.granted] a grant for one kind of caller, for a time or for one call counts for that', async (t) => {
  const { host } = await hostWith(t);
  await host.grant(ANN, { permissions: permissions([['kv', 's']]), principal: 'owner' });
  await assert.rejects(run(host, ANN, 'kv.get', 's', 'a'), { code: 'denied' });
  const principal = { kind: 'owner', label: 'test' } as const;
  assert.equal(await host.call(ANN, 'run', ['kv.set', ['s', 'a', 'x']], { principal }), 'set');
  await host.grant(ANN, { permissions: permissions([['kv', 's:ro']]), once: true });
  assert.equal(await run(host, ANN, 'kv.get', 's', 'a'), 'x');
  await assert.rejects(run(host, ANN, 'kv.get', 's', 'a'), { code: 'denied' });
});

test('[kv.shared] a store is the component’s own, unless both were granted the shared one of that name', async (t) => {
  const { host } = await hostWith(t);
  for (const kind of ['kv', 'blob'] as const) {
    const [write, read] = kind === 'kv' ? ['kv.set', 'kv.get'] : ['blob.write', 'blob.read'];
    const value = (component: string): Promise<unknown> =>
      run(host, component, read, 'team', 'k').catch((error: Error) => error.message);
    await grant(host, ANN, [kind, 'team']);
    await grant(host, BOB, [kind, 'team']);
    await run(host, ANN, write, 'team', 'k', 'of ann');
    assert.match(String(await value(BOB)), /NONE|not-found/);
    await grant(host, BOB, [kind, 'shared:team']);
    assert.match(String(await value(BOB)), /NONE|not-found/);
    await run(host, BOB, write, 'team', 'k', 'of all');
    assert.equal(await value(ANN), 'of ann');
    await grant(host, ANN, [kind, 'shared:team:ro']);
    assert.equal(await value(ANN), 'of all');
    await assert.rejects(run(host, ANN, write, 'team', 'k', 'x'), {
      code: 'denied',
      fix: `switchboard grant ${ANN} --${kind} shared:team:rw`,
    });
    assert.equal((await host.policy(ANN)).grants.length, 1);
    await grant(host, ANN, [kind, 'team']);
    assert.equal(await value(ANN), 'of ann');
    await host.revoke(ANN);
  }
});

test('[kv.removed] what a component kept goes with its last version; the shared stores stay', async (t) => {
  const { host } = await hostWith(t);
  const { path } = await guest('store-probe');
  await host.install(path, { as: `${ANN}@2.0.0` });
  const give = (): Promise<unknown> =>
    host.grant(ANN, {
      permissions: permissions([
        ['kv', 'own'],
        ['kv', 'shared:all'],
        ['blob', 'own'],
      ]),
    });
  await give();
  await run(host, ANN, 'kv.set', 'own', 'k', 'mine');
  await run(host, ANN, 'kv.set', 'all', 'k', 'ours');
  await run(host, ANN, 'blob.write', 'own', 'k', 'mine');
  await host.uninstall(`${ANN}@2.0.0`);
  await give();
  assert.equal(await run(host, ANN, 'kv.get', 'own', 'k'), 'mine');
  await host.uninstall(ANN);
  await host.install(path, { as: `${ANN}@1.0.0` });
  await assert.rejects(run(host, ANN, 'kv.get', 'own', 'k'), { code: 'denied' });
  await give();
  assert.equal(await run(host, ANN, 'kv.get', 'own', 'k'), 'NONE');
  assert.equal(await run(host, ANN, 'blob.list', 'own'), ' > NONE');
  assert.equal(await run(host, ANN, 'kv.get', 'all', 'k'), 'ours');
});

test('[kv.removed] also when the host ends in the middle of uninstalling', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'switchboard-stores-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const { path } = await guest('store-probe');
  let dying = false;
  const hit = (point: string): void => {
    if (dying && point === 'components.after-unlink') throw new Error('the power is gone');
  };
  const stores = permissions([
    ['kv', 'own'],
    ['blob', 'own'],
  ]);
  const first = await createHost({ home, faults: { hit } });
  await first.install(path, { as: `${ANN}@1.0.0` });
  await first.grant(ANN, { permissions: stores });
  await run(first, ANN, 'kv.set', 'own', 'k', 'mine');
  await run(first, ANN, 'blob.write', 'own', 'k', 'mine');
  dying = true;
  await assert.rejects(first.uninstall(ANN));
  await first.close();
  const second = await createHost({ home });
  t.after(() => second.close());
  assert.deepEqual(await second.list(), []);
  await second.install(path, { as: `${ANN}@1.0.0` });
  assert.deepEqual((await second.policy(ANN)).grants, []);
  await second.grant(ANN, { permissions: stores });
  assert.equal(await run(second, ANN, 'kv.get', 'own', 'k'), 'NONE');
  assert.equal(await run(second, ANN, 'blob.list', 'own'), ' > NONE');
});

test('[kv.host] what was kept is there for the next host', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'switchboard-stores-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const { path } = await guest('store-probe');
  const first = await createHost({ home });
  await first.install(path, { as: `${ANN}@1.0.0` });
  await grant(first, ANN, ['kv', 's']);
  await run(first, ANN, 'kv.set', 's', 'k', 'kept');
  await first.close();
  const second = await createHost({ home });
  assert.equal(await run(second, ANN, 'kv.get', 's', 'k'), 'kept');
  await second.close();
});

test('[kv.wasi] a component that watches a store is refused by name', async (t) => {
  const { host } = await hostWith(t);
  const wit = `package test:watching@0.1.0;
    world watching { import wasi:keyvalue/watcher@0.2.0-draft; export run: func(); }
    package wasi:keyvalue@0.2.0-draft { interface watcher { on-delete: func(key: string); } }`;
  const core = await parse(`(module
    (import "wasi:keyvalue/watcher@0.2.0-draft" "on-delete" (func (param i32 i32)))
    (memory (export "memory") 1) (func (export "run")))`);
  await assert.rejects(host.install(await componentOf(core, wit), { as: 'test:watching@1.0.0' }), {
    code: 'import-unavailable',
    message: /wasi:keyvalue\/watcher@0\.2\.0-draft/,
  });
});
