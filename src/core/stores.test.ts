import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideAccess } from './access.ts';
import { formatPermission, parsePermission, requestCovers, sameTarget, snapshotCovers, snapshotOf } from './grants.ts';
import { type Grant, NO_PERMISSIONS, type Permission, type PermissionRequest } from './permission.ts';
import { placeOf, type StorePermission, utf8Length } from './stores.ts';

const store = (text: string, kind: 'kv' | 'blob' = 'kv') => parsePermission(kind, text) as StorePermission;

void test('[policy.flags] stores are read as they are written', () => {
  const flags = [
    'notes:ro',
    'notes:rw',
    'shared:team:rw',
    'a.b-c_1:ro:256MiB',
    'n:rw:1000',
    'n:rw:3KiB:50keys',
    'shared:ro',
  ];
  for (const text of flags) assert.equal(formatPermission(store(text)), `--kv ${text}`);
  assert.deepEqual(store('notes'), { kind: 'kv', name: 'notes', mode: 'rw' });
  assert.deepEqual(store('shared:team:5keys', 'blob'), {
    kind: 'blob',
    name: 'team',
    mode: 'rw',
    shared: true,
    keys: 5,
  });
  assert.deepEqual(store('shared'), { kind: 'kv', name: 'shared', mode: 'rw' });
  const wrong = [
    '',
    'a b',
    '../a',
    'a:rx',
    'a:ro:rw',
    'shared:',
    'shared:a:b',
    '1a',
    'a:rw:0',
    'a:0keys',
    'a:1XiB',
    `a${'a'.repeat(64)}`,
    '*',
    'a\0',
  ];
  for (const text of wrong) assert.throws(() => store(text), { code: 'invalid-setting' }, text);
});

void test('[policy.decide] a store is decided by name, kind and mode', () => {
  const policy = { ...NO_PERMISSIONS, stores: [store('r:ro'), store('w:rw'), store('r:rw', 'blob')] };
  const allowed = (kind: 'kv' | 'blob', name: string, write: boolean): boolean =>
    decideAccess(policy, { kind, name, write }).allowed;
  assert.deepEqual(
    [allowed('kv', 'r', false), allowed('kv', 'r', true), allowed('kv', 'w', true), allowed('blob', 'w', false)],
    [true, false, true, false],
  );
  for (const name of ['__proto__', 'constructor', '', '..', 'R', 'r\0', 'shared:r']) {
    assert.equal(allowed('kv', name, false), false, name);
  }
  const denial = decideAccess(policy, { kind: 'kv', name: 'x; rm -rf', write: true });
  assert.ok(!denial.allowed && denial.denial.grant === undefined);
});

const grant = (permission: Permission, more: Partial<Grant> = {}): Grant => ({
  id: 'g_1',
  principal: 'anyone',
  subject: 'demo:a',
  permission,
  manifest: 'sha256:0',
  bound: false,
  creator: 'owner',
  createdAt: 1,
  ...more,
});

void test('[policy.grants] a request for reading gives no more; the store granted last is the one', () => {
  const request = (mode: 'ro' | 'rw'): PermissionRequest => ({ kind: 'kv', name: 'notes', mode, reason: 'r' });
  assert.equal(requestCovers(request('ro'), store('notes:rw')), false);
  assert.equal(requestCovers(request('rw'), store('shared:notes:ro')), true);
  assert.equal(requestCovers(request('rw'), store('notes', 'blob')), false);
  assert.equal(requestCovers(request('rw'), store('other')), false);
  assert.ok(sameTarget(store('notes'), store('shared:notes:ro:1MiB')));
  assert.ok(!sameTarget(store('notes'), store('notes', 'blob')));
  const described = (mode: 'ro' | 'rw') =>
    ({ digest: 'sha256:1', manifest: { digest: 'sha256:2', permissions: [request(mode)], limits: {} } }) as const;
  const stores = (grants: readonly Grant[], mode: 'ro' | 'rw' = 'rw') =>
    snapshotOf(described(mode), grants, 'owner', 5, (text) => text).stores.map((one) => formatPermission(one));
  assert.deepEqual(stores([grant(store('notes'))], 'ro'), ['--kv notes:ro']);
  assert.deepEqual(stores([grant(store('notes')), grant(store('shared:notes:ro'))]), ['--kv shared:notes:ro']);
  assert.deepEqual(stores([grant(store('other'))]), []);
  assert.deepEqual(stores([grant(store('notes'), { expiresAt: 5 })]), []);
});

void test('[policy.approvals-closed] a request is closed where all of it is granted: stores, calls, schedules', () => {
  const policy = {
    ...NO_PERMISSIONS,
    stores: [store('notes:ro:1MiB'), store('shared:team:rw')],
    calls: [{ component: 'demo:text', function: 'api.*' }],
    schedule: true,
  };
  const covered = (kind: 'kv' | 'blob' | 'call' | 'schedule', text: string): boolean =>
    snapshotCovers(policy, parsePermission(kind, text));
  assert.ok(covered('kv', 'notes:ro'));
  assert.ok(!covered('kv', 'notes:rw'));
  assert.ok(!covered('kv', 'notes:ro:2MiB'));
  assert.ok(!covered('kv', 'shared:notes:ro'));
  assert.ok(covered('kv', 'team:rw'));
  assert.ok(covered('kv', 'shared:team:rw'));
  assert.ok(!covered('blob', 'team:rw'));
  assert.ok(covered('call', 'demo:text#api.count'));
  assert.ok(!covered('call', 'demo:text'));
  assert.ok(covered('schedule', ''));
  assert.ok(!snapshotCovers(NO_PERMISSIONS, { kind: 'schedule' }));
});

void test('[kv.shared] no component’s name is that of the shared stores', () => {
  assert.deepEqual(placeOf('demo:a', store('team')), { owner: 'demo:a', name: 'team' });
  assert.deepEqual(placeOf('demo:a', store('shared:team')), { owner: '*', name: 'team' });
});

void test('texts are as long as their UTF-8', () => {
  for (const text of ['', 'a', 'é', '\u0800', '\uffff', '\u{1f600}', 'a\u{10ffff}b', '\0']) {
    assert.equal(utf8Length(text), Buffer.byteLength(text), text);
  }
});
