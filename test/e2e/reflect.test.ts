/** Components that see and call other components, on a real host. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type HostEvent, parsePermission, type SwitchboardError } from '#core';
import { createHost, type HostOptions } from '#host';
import type { Host } from '#host/api';
import { guest } from '../guests/build.ts';

const A = 'test:reflector';
const C = 'test:caller';

async function hostWith(
  t: TestContext,
  guests: { readonly [name: string]: string },
  options: Partial<HostOptions> = {},
): Promise<Host> {
  const home = await mkdtemp(join(tmpdir(), 'switchboard-reflect-'));
  const host = await createHost({ home, ...options });
  t.after(async () => {
    await host.close();
    await rm(home, { recursive: true, force: true });
  });
  for (const [name, from] of Object.entries(guests)) {
    await host.install((await guest(from)).path, { as: `${name}@0.1.0` });
  }
  return host;
}

const grant = (host: Host, component: string, ...calls: string[]): Promise<unknown> =>
  host.grant(component, { permissions: calls.map((text) => parsePermission('call', text)) });

const relay = (host: Host, component: string, fn: string, args: unknown, options = {}): Promise<unknown> =>
  host.call(A, 'relay', [component, fn, JSON.stringify(args)], options);

const fails =
  (pattern: RegExp, code = 'component-error') =>
  (error: Error) => {
    assert.match(error.message, pattern);
    assert.equal((error as SwitchboardError).code, code);
    return true;
  };

/** What the host tells of, until the test ends. */
function record(host: Host): HostEvent[] {
  const events: HostEvent[] = [];
  host.subscribe((event) => void events.push(event));
  return events;
}

test('[reflect.denied] without a grant nothing is seen and nothing called; the refusal has the command', async (t) => {
  const host = await hostWith(t, { [A]: 'reflector', 'demo:echo': 'echo' });
  const events = record(host);
  assert.equal(await host.call(A, 'seen'), '[]');
  assert.equal(await host.call(A, 'look', ['demo:echo']), null);
  await assert.rejects(relay(host, 'demo:echo', 'echo', ['x']), (error: SwitchboardError) => {
    assert.equal(error.code, 'denied');
    assert.match(error.message, /was refused call demo:echo#echo: it is not granted/);
    assert.equal(error.fix, 'switchboard grant test:reflector --call demo:echo#echo');
    return true;
  });
  const denied = events.filter((event) => event.type === 'access.denied');
  assert.deepEqual(
    denied.map(({ denial }) => denial.capability),
    ['call'],
  );
  // What is not there is refused in the same words: a refusal tells nothing of what is installed.
  await assert.rejects(
    relay(host, 'demo:nobody', 'echo', ['x']),
    fails(/refused call demo:nobody#echo: it is not/, 'denied'),
  );
  assert.ok(!events.some((event) => event.type === 'call.decided' && event.context.component.startsWith('demo:')));
  const asked = (await host.approvals('open')).flatMap(({ permissions }) => permissions);
  assert.deepEqual(asked[0], { kind: 'call', component: 'demo:nobody', function: 'echo' });
});

test('[reflect.call] a granted function is called with JSON, through the one call path, in the same trace', async (t) => {
  const host = await hostWith(t, { [A]: 'reflector', 'demo:echo': 'echo' });
  await grant(host, A, 'demo:echo#echo');
  const events = record(host);
  assert.equal(await relay(host, 'demo:echo', 'echo', ['hé']), '"hé"');
  assert.equal(await relay(host, 'demo:echo@0.1.0', 'echo', { text: 'named' }), '"named"');
  const decided = events.flatMap((event) => (event.type === 'call.decided' ? [event] : []));
  const [outer, inner] = decided;
  assert.equal(inner?.context.parent, outer?.context.callId);
  assert.equal(inner?.context.traceId, outer?.context.traceId);
  assert.equal(inner?.context.depth, 1);
  assert.ok((inner?.context.deadline ?? 0) <= (outer?.context.deadline ?? 0));
  assert.ok((inner?.context.timeoutMs ?? 9e9) <= (outer?.context.timeoutMs ?? 0));
  assert.deepEqual(inner?.context.principal, outer?.context.principal);
  assert.deepEqual(inner?.decision.rule, 'call-granted');
  const finished = events.filter((event) => event.type === 'call.finished');
  assert.equal(finished.length, decided.length);
});

test('[reflect.call] errors of the callee are told by kind; one that is not the caller’s to see is refused', async (t) => {
  const host = await hostWith(t, { [A]: 'reflector', 'demo:other': 'reflector', 'demo:trap': 'hostile' });
  await grant(host, A, 'demo:other#fails', 'demo:other#t*', 'demo:trap', 'demo:gone');
  await assert.rejects(relay(host, 'demo:other', 'fails', ['no']), fails(/^component-error: "no"$/));
  await assert.rejects(relay(host, 'demo:other', 'tick', [7]), fails(/^invalid-arguments: text: /));
  await assert.rejects(relay(host, 'demo:other', 'tick', []), fails(/^invalid-arguments: missing argument "text"/));
  await assert.rejects(
    host.call(A, 'relay', ['demo:other', 'tick', '{"text":']),
    fails(/^invalid-arguments: .*not JSON/),
  );
  await assert.rejects(relay(host, 'demo:other', 'tock', ['x']), fails(/^not-found: .*tick, fails/));
  await assert.rejects(relay(host, 'demo:gone', 'x', []), fails(/^not-found: demo:gone is not installed/));
  await assert.rejects(relay(host, 'demo:other', 'spin', [1]), (error: SwitchboardError) => {
    assert.match(error.message, /call demo:other#spin: other functions of it are granted, this one is not/);
    assert.equal(error.fix, 'switchboard grant test:reflector --call demo:other#spin');
    return true;
  });
  assert.equal(await relay(host, 'demo:other', 'tick', ['seen']), '"seen"');
});

test('[reflect.seen] what may be called is seen with its schemas, and nothing else', async (t) => {
  const host = await hostWith(t, { [A]: 'reflector', 'demo:one': 'reflector', 'demo:two': 'echo' });
  await grant(host, A, 'demo:one#t*', 'demo:one#fails');
  const seen = JSON.parse(String(await host.call(A, 'seen'))) as { name: string; functions: string[] }[];
  assert.deepEqual(
    seen.map(({ name, functions }) => [name, functions]),
    [['demo:one', ['tick', 'fails']]],
  );
  const one = JSON.parse(String(await host.call(A, 'look', ['demo:one']))) as {
    functions: { id: string; arguments: string; result: string; wit: string }[];
  };
  const [tick] = one.functions;
  assert.equal(tick?.wit, 'tick: func(text: string) -> string');
  const schema = JSON.parse(tick?.arguments ?? '') as { properties: object; required: string[] };
  assert.deepEqual(schema.required, ['text']);
  assert.equal((JSON.parse(tick?.result ?? '') as { type: string }).type, 'string');
  assert.equal(await host.call(A, 'look', ['demo:two']), null);
  assert.equal(await host.call(A, 'look', ['no component']), null);
});

test('[reflect.callee-policy] the callee does what it was granted itself, no more', async (t) => {
  const host = await hostWith(t, { [A]: 'reflector', 'demo:middle': 'reflector', 'demo:echo': 'echo' });
  await grant(host, A, '*:*');
  const through = ['demo:middle', 'relay', ['demo:echo', 'echo', '["x"]']] as const;
  // The caller may call the echo; the one between may not, and does not become able to by being called.
  await assert.rejects(relay(host, ...through), fails(/^failed: .*"code":"denied"/));
  await grant(host, 'demo:middle', 'demo:echo');
  assert.equal(await relay(host, ...through), '"\\"x\\""');
  await host.revoke('demo:middle');
  await assert.rejects(relay(host, ...through), fails(/"code":"denied"/));
});

test('[reflect.callee-policy] grants count by who the first call is made for', async (t) => {
  const host = await hostWith(t, { [A]: 'reflector', 'demo:echo': 'echo' });
  await host.grant(A, { permissions: [parsePermission('call', 'demo:echo')], principal: 'mcp' });
  await assert.rejects(relay(host, 'demo:echo', 'echo', ['x']), fails(/not granted/, 'denied'));
  const principal = { kind: 'mcp', label: 'client' } as const;
  assert.equal(await relay(host, 'demo:echo', 'echo', ['x'], { principal }), '"x"');
});

test('[reflect.bounds] components that call each other in a circle end at the depth', async (t) => {
  const host = await hostWith(t, { [A]: 'reflector' });
  await grant(host, A, A);
  await host.setLimits(A, { instances: 64, timeout: 60_000 });
  const events = record(host);
  let args = '["end"]';
  let fn = 'tick';
  for (let i = 0; i < 20; i += 1) {
    args = JSON.stringify([A, fn, args]);
    fn = 'relay';
  }
  await assert.rejects(host.call(A, fn, JSON.parse(args) as string[]), fails(/call-depth.*calls may nest 16 deep/));
  const depths = events.flatMap((event) => (event.type === 'call.decided' ? [event.context.depth] : []));
  assert.equal(Math.max(...depths), 17, 'one more is decided, and not run');
});

for (const [reuse, guestName] of [
  ['resident', 'caller'],
  ['call', 'caller'],
] as const) {
  test(`[reflect.cycle] with reuse ${reuse}, a call that needs the instance it comes from is refused at once`, async (t) => {
    const host = await hostWith(t, { [C]: guestName });
    await grant(host, C, C);
    await host.setLimits(C, { reuse, instances: 1, cells: 1, queueTimeout: 60_000, timeout: 60_000 });
    const began = performance.now();
    await assert.rejects(
      host.call(C, 'relay', [C, 'count', '[]']),
      fails(/^limit: call-cycle: the call would wait for itself: every instance of test:caller/),
    );
    assert.ok(performance.now() - began < 5_000);
    assert.equal(typeof (await host.call(C, 'count')), 'number', 'the place is free again');
  });
}

test('[reflect.cycle] within a session the callee is the session’s; a call back into its instance is refused', async (t) => {
  const host = await hostWith(t, { [C]: 'caller', 'demo:back': 'caller' });
  await grant(host, C, '*:*');
  await grant(host, 'demo:back', '*:*');
  for (const component of [C, 'demo:back']) {
    await host.setLimits(component, { reuse: 'session', queueTimeout: 60_000, timeout: 60_000 });
  }
  const session = await host.session();
  await assert.rejects(session.call(C, 'relay', [C, 'count', '[]']), fails(/call-cycle.*the session’s instance/));
  const back = JSON.stringify([C, 'count', '[]']);
  await assert.rejects(session.call(C, 'relay', ['demo:back', 'relay', back]), fails(/call-cycle/));
  assert.equal(await session.call(C, 'relay', ['demo:back', 'count', '[]']), '2', 'one instance in the session');
  assert.equal(await session.call(C, 'relay', ['demo:back', 'count', '[]']), '3');
  await session.close();
});

test('[reflect.cycle] two components that wait for each other’s only instance do not wait for ever', async (t) => {
  const host = await hostWith(t, { 'demo:left': 'caller', 'demo:right': 'caller' });
  for (const component of ['demo:left', 'demo:right']) {
    await grant(host, component, 'demo:*');
    await host.setLimits(component, {
      reuse: 'resident',
      instances: 1,
      cells: 1,
      queueTimeout: 60_000,
      timeout: 60_000,
    });
    await host.call(component, 'count');
  }
  const cross = (from: string, to: string) =>
    host.call(from, 'relay', [to, 'relay', JSON.stringify([from, 'count', '[]'])]);
  const began = performance.now();
  const ends = await Promise.allSettled([cross('demo:left', 'demo:right'), cross('demo:right', 'demo:left')]);
  assert.ok(performance.now() - began < 10_000);
  assert.ok(ends.some(({ status }) => status === 'rejected'));
  assert.equal(typeof (await host.call('demo:left', 'count')), 'number');
});

test('[reflect.bounds] a callee has the time that its caller has left, and ends with it', async (t) => {
  const host = await hostWith(t, { [A]: 'reflector', 'demo:slow': 'reflector' });
  await grant(host, A, 'demo:slow');
  await host.setLimits(A, { timeout: 1_000 });
  await host.setLimits('demo:slow', { timeout: 60_000 });
  await host.call('demo:slow', 'spin', [1]);
  await host.call(A, 'spin', [1]);
  const events = record(host);
  const slow = Promise.withResolvers<void>();
  host.subscribe(
    (event) => event.type === 'call.finished' && event.context.depth === 1 && slow.resolve(),
    ['call.finished'],
  );
  const began = performance.now();
  await assert.rejects(relay(host, 'demo:slow', 'spin', [30_000]), (error: SwitchboardError) =>
    ['timeout', 'component-error'].includes(error.code),
  );
  await slow.promise;
  assert.ok(performance.now() - began < 15_000);
  const inner = events.find((event) => event.type === 'call.decided' && event.context.depth === 1);
  assert.ok(inner?.type === 'call.decided' && inner.context.timeoutMs <= 1_000);
});

test('[reflect.cancel] cancelling the outer call, or revoking the grant, ends the inner one', async (t) => {
  const host = await hostWith(t, { [A]: 'reflector', 'demo:slow': 'reflector' });
  await host.setLimits('demo:slow', { timeout: 60_000 });
  await host.setLimits(A, { timeout: 60_000 });
  for (const how of ['cancel', 'revoke'] as const) {
    await grant(host, A, 'demo:slow');
    const began = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<string>();
    const stop = host.subscribe((event) => {
      if (event.type === 'call.decided' && event.context.depth === 1) began.resolve();
      if (event.type === 'call.finished' && event.context.depth === 1) ended.resolve(event.outcome);
    });
    const controller = new AbortController();
    const call = relay(host, 'demo:slow', 'spin', [30_000], { signal: controller.signal });
    const outcome = assert.rejects(call, fails(/./, how === 'cancel' ? 'cancelled' : 'denied'));
    await began.promise;
    if (how === 'cancel') controller.abort();
    else await host.revoke(A);
    await outcome;
    assert.equal(await ended.promise, 'cancelled');
    stop();
  }
});

test('[reflect.transfer] arguments and results count against the caller’s transfer limit', async (t) => {
  const host = await hostWith(t, { [A]: 'reflector', 'demo:echo': 'echo', 'demo:one': 'reflector' });
  await grant(host, A, 'demo:*');
  await host.setLimits(A, { transfer: 64 * 1024 });
  const large = (fn: string, size: number) => host.call(A, 'relay-large', ['demo:echo', fn, 'long', size]);
  assert.equal(String(await large('echo', 10_000)).length, 10_002);
  await assert.rejects(large('echo', 100_000), fails(/more than 64 KiB/, 'transfer-limit'));
  // The arguments fit, what comes back does not any more.
  await assert.rejects(large('echo', 50_000), fails(/more than 64 KiB/, 'transfer-limit'));
  await host.setLimits(A, { transfer: 1024 });
  await assert.rejects(host.call(A, 'seen'), fails(/more than/, 'transfer-limit'));
});

test('[reflect.hostile] JSON that is nested without end, or forges prototypes, is refused by the callee’s types', async (t) => {
  const host = await hostWith(t, { [A]: 'reflector', 'demo:one': 'reflector' });
  await grant(host, A, 'demo:one');
  await assert.rejects(host.call(A, 'relay-large', ['demo:one', 'tick', 'deep', 200_000]), fails(/invalid-arguments/));
  for (const args of [
    '{"__proto__":{"text":"forged"}}',
    '{"text":"x","__proto__":{"polluted":true}}',
    '{"constructor":"x"}',
    '[{"__proto__":"x"}]',
    '"text"',
    'null',
    '7',
  ]) {
    await assert.rejects(host.call(A, 'relay', ['demo:one', 'tick', args]), fails(/invalid-arguments/), args);
  }
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    await assert.rejects(relay(host, 'demo:one', name, []), fails(/not-found/), name);
    await assert.rejects(relay(host, name, 'tick', []), fails(/not-found/), name);
  }
});
