/** What the command line says of what components keep. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { parsePermission } from '#core';
import { createHost } from '#host';
import { guest } from '#test/guests/build';
import { keepHost, newHome, type Outcome, outcomeOf, start } from './cli-run.ts';
import { atTerminal } from './terminal.ts';

const A = 'test:store-probe';

async function world(t: TestContext): Promise<(...args: string[]) => Promise<Outcome>> {
  const home = newHome(t);
  const host = await keepHost(t, home);
  await host.install((await guest('store-probe')).path, { as: `${A}@1.0.0` });
  const { shown } = await atTerminal(home, ['owner-token', 'create', '--yes']);
  const env = { SWITCHBOARD_OWNER_TOKEN: /sbo_[\w-]+/.exec(shown)?.[0] };
  return (...args) => {
    const child = start(home, args, env);
    child.stdin?.on('error', () => undefined).end();
    return outcomeOf(child);
  };
}

test('[kv.seen] stores list, keys and clear show and remove what components keep', async (t) => {
  const cli = await world(t);
  const said = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cli('stores', ...args);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const run = async (op: string, ...args: string[]): Promise<void> => {
    const { code, stderr } = await cli('call', A, 'run', op, JSON.stringify(args));
    assert.equal(code, 0, stderr);
  };
  assert.equal(await said('list'), 'nothing is kept\n');
  assert.equal(await said('clear', A, '--kv', 'mine'), 'there was nothing to remove\n');
  const flags = ['--kv', 'mine', '--kv', 'shared:team', '--blob', 'mine'];
  assert.equal((await cli('grant', A, ...flags, '--yes')).code, 0);
  for (const key of ['a', 'b', 'b2', 'c\u001b[31m']) await run('kv.set', 'mine', key, '12345');
  await run('kv.set', 'team', 'k', 'ours');
  await run('blob.write', 'mine', 'big', 'x');
  assert.equal(
    await said('list'),
    [
      `shared            kv    team  1 key   5 B`,
      `${A}  kv    mine  4 keys  30 B`,
      `${A}  blob  mine  1 key   4 B\n`,
    ].join('\n'),
  );
  assert.equal(await said('list', 'shared'), 'shared  kv  team  1 key  5 B\n');
  assert.equal(await said('keys', A, '--blob', 'mine'), 'big\n');
  const keys = await said('keys', A, '--kv', 'mine');
  assert.match(keys, /^a\nb\nb2\nc/);
  assert.ok(!keys.includes('\u001b'));
  assert.equal(await said('keys', A, '--kv', 'mine', '--prefix', 'b'), 'b\nb2\n');
  assert.equal(await said('clear', A, 'b', '--kv', 'mine'), 'removed 1 key of kv store mine\n');
  assert.equal((await cli('call', A, 'run', 'kv.get', '["mine","b"]')).stdout, 'NONE\n');
  assert.equal(await said('clear', A, '--kv', 'mine'), 'removed 3 keys of kv store mine\n');
  assert.deepEqual(JSON.parse(await said('clear', A, '--all', '--output', 'json')), { removed: 1 });
  assert.equal(await said('list'), 'shared  kv  team  1 key  5 B\n');
  assert.equal(await said('clear', 'shared', '--all'), 'removed 1 key of all stores of shared\n');
  assert.equal(await said('list'), 'nothing is kept\n');
  for (const wrong of [
    ['keys', A],
    ['keys', '--kv', 'mine'],
    ['clear', A],
    ['clear', A, '--kv', 'mine', '--all'],
    ['clear', A, 'k', '--all'],
    ['list', A, 'k'],
    ['list', '--kv', 'mine'],
    ['keys', A, '--kv', 'a', '--blob', 'b'],
    ['list', '--prefix', 'a'],
    ['keys', 'no component', '--kv', 'a'],
  ]) {
    assert.equal((await cli('stores', ...wrong)).code, 2, wrong.join(' '));
  }
});

test('[kv.seen] the owner’s removals are seen by programs, and leave other owners’ stores', async (t) => {
  const home = newHome(t);
  const host = await createHost({ home });
  t.after(() => host.close());
  const { path } = await guest('store-probe');
  for (const name of [A, 'test:other']) {
    await host.install(path, { as: `${name}@1.0.0` });
    await host.grant(name, { permissions: [parsePermission('kv', 'mine')] });
    await host.call(name, 'run', ['kv.set', ['mine', 'k', 'v']]);
  }
  const events: unknown[] = [];
  host.subscribe(({ type, ...event }) => void events.push([type, 'owner' in event && event.owner]), ['store.removed']);
  assert.equal(await host.clearStores({ owner: `${A}@1.0.0`, kind: 'blob' }), 0);
  assert.equal(await host.clearStores({ owner: A, kind: 'kv' }), 1);
  assert.equal(await host.call(A, 'run', ['kv.get', ['mine', 'k']]), 'NONE');
  assert.equal(await host.call('test:other', 'run', ['kv.get', ['mine', 'k']]), 'v');
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(events, [['store.removed', A]]);
  await assert.rejects(host.storeKeys({ owner: A, kind: 'kv', name: 'mine' }, { prefix: '', limit: 0 }), {
    code: 'invalid-arguments',
  });
});
