/** What the command line says of calls between components and of calls for later. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { RemoteHost } from '#gateways/control/client';
import { openHome } from '#home';
import { guest } from '#test/guests/build';
import { keepHost, newHome, type Outcome, outcomeOf, start, untilGone } from './cli-run.ts';
import { atTerminal } from './terminal.ts';

const A = 'test:reflector';

async function world(
  t: TestContext,
): Promise<{ home: string; host: RemoteHost; cli: (...args: string[]) => Promise<Outcome> }> {
  const home = newHome(t);
  const host = await keepHost(t, home);
  await host.install((await guest('reflector')).path, { as: `${A}@0.1.0` });
  const { shown } = await atTerminal(home, ['owner-token', 'create', '--yes']);
  const env = { SWITCHBOARD_OWNER_TOKEN: /sbo_[\w-]+/.exec(shown)?.[0] };
  return {
    home,
    host,
    cli(...args) {
      const child = start(home, args, env);
      child.stdin?.on('error', () => undefined).end();
      return outcomeOf(child);
    },
  };
}

test('[schedule.ends] schedule list and remove show and end what components arranged', async (t) => {
  const { cli } = await world(t);
  assert.match((await cli('schedule', 'list')).stdout, /^no component arranged a call for later\n$/);
  const granted = await cli('grant', A, '--schedule', '--yes');
  assert.equal(granted.code, 0, granted.stderr);
  const set = await cli('call', A, 'later', 'nightly', 'every', '86400000', 'tick', '["x"]');
  assert.equal(set.code, 0, set.stderr);
  const listed = (await cli('schedule', 'list', A)).stdout;
  assert.match(
    listed,
    /^test:reflector {2}nightly {2}\d{4}-.*Z {2}every 1440 min {2}tick {2}\["x"\] {2}not run yet\n$/,
  );
  const { schedules } = JSON.parse((await cli('schedule', 'list', '--output', 'json')).stdout) as {
    schedules: { name: string; every: number }[];
  };
  assert.deepEqual(
    schedules.map(({ name, every }) => [name, every]),
    [['nightly', 86_400_000]],
  );
  assert.equal((await cli('schedule', 'remove', A, 'nightly')).stdout, 'removed nightly of test:reflector\n');
  const again = await cli('schedule', 'remove', A, 'nightly');
  assert.equal(again.code, 2);
  assert.match(again.stderr, /test:reflector has no schedule nightly[\s\S]*fix: switchboard schedule list/);
  assert.equal((await cli('schedule', 'remove', A)).code, 2);
});

test('[schedule.run] a host that nobody uses ends with the run that began before, and begins none', async (t) => {
  const { home, host, cli } = await world(t);
  assert.equal((await cli('grant', A, '--schedule', '--yes')).code, 0);
  await host.call(A, 'tick', ['warm']);
  const ran = Promise.withResolvers<void>();
  host.subscribe((event) => void (event.type === 'schedule.due' && ran.resolve()), ['schedule.due']);
  const many = 20;
  for (let i = 0; i < many; i += 1) await host.call(A, 'later', [`n${i}`, 'after', 1, 'spin', '[400]']);
  await ran.promise;
  await host.close();
  await untilGone(home, 4_000);
  const kept = await openHome(home);
  const left = await kept.schedules.list();
  await kept.close();
  assert.ok(left.length > many / 2, `${left.length} of ${many} left for later`);
});

test('[reflect.denied] the command that a refusal names is the one that allows it', async (t) => {
  const { host, cli } = await world(t);
  const call = ['call', A, 'relay', A, 'tick', '["x"]'] as const;
  const refused = await cli(...call);
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /fix: switchboard grant test:reflector --call test:reflector#tick\n/);
  assert.equal((await cli('policy', 'check', A, '--call', 'test:reflector#tick')).code, 3);
  assert.equal((await cli('policy', 'check', A, '--schedule')).code, 3);
  const [request] = await host.approvals('open');
  assert.deepEqual(request?.permissions, [{ kind: 'call', component: A, function: 'tick' }]);
  const allowed = await cli('approvals', 'allow', request?.id ?? '', '--yes');
  assert.equal(allowed.code, 0, allowed.stderr);
  assert.equal((await cli('policy', 'check', A, '--call', 'test:reflector#tick')).stdout, 'allowed\n');
  assert.equal((await cli(...call)).stdout, '"x"\n');
  const revoked = await cli('revoke', A, '--call', 'test:reflector#tick');
  assert.equal(revoked.code, 0, revoked.stderr);
  assert.equal((await cli(...call)).code, 3);
});
