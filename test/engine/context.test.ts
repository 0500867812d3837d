import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import type { CallContext, HostEvent } from '#core';
import { add, codeOf, openHost } from './host.ts';
import { GUEST, testEngine, toolsComponent } from './test-engine.ts';

test('[host.context] one context goes with a call through decision, logs and outcome', async (t) => {
  const host = await openHost({}, t);
  const state = await add(host, 'state', { reuse: 'session' });
  const events: HostEvent[] = [];
  const stop = host.subscribe((event) => void events.push(event));
  const session = await host.session();
  const principal = { kind: 'mcp', label: 'a client/1' } as const;
  const parent = { callId: 'a'.repeat(32), traceId: 'b'.repeat(32), depth: 2 };
  const seen: (string | undefined)[] = [];
  await session.call(state, 'log', ['hello', 'x'], {
    principal,
    parent,
    timeout: 1_000,
    onLog: (record) => seen.push(record.callId),
  });
  await session.close();
  stop();
  const contexts = events.flatMap((event): CallContext[] => ('context' in event ? [event.context] : []));
  equal(contexts.length, 2);
  deepEqual(contexts[0], contexts[1]);
  const [context] = contexts;
  const { description, name, version } = await host.info(state);
  equal(context?.component, `${name}@${version}`);
  equal(context.digest, description.digest);
  equal(context.function, 'log');
  equal(context.session, session.id);
  equal(context.timeoutMs, 1_000);
  equal(context.traceId, parent.traceId);
  equal(context.parent, parent.callId);
  equal(context.depth, 3);
  deepEqual(context.principal, principal);
  match(context.callId, /^[0-9a-f]{32}$/);
  deepEqual(seen, [context.callId]);
});

test('[host.context] calls that cause each other without end are refused at a depth', async (t) => {
  const host = await openHost({}, t);
  const echo = await add(host, 'echo');
  const at = (depth: number) => ({ parent: { callId: 'a'.repeat(32), traceId: 'b'.repeat(32), depth } });
  equal(await host.call(echo, 'echo', ['x'], at(15)), 'x');
  equal(await codeOf(host.call(echo, 'echo', ['x'], at(16))), 'call-depth');
});

test('[host.context] what a service asks of the host comes with the context of the call that runs', async () => {
  const asked: unknown[] = [];
  const { call, target } = await testEngine(async (payload, request) => {
    asked.push([payload, request.context]);
    return payload;
  });
  const guest = target(await toolsComponent(GUEST.exports, GUEST.body), { instances: 2, cells: 1 });
  const contexts = ['one', 'two'].map(
    (callId) => ({ callId, timeoutMs: 5_000, principal: { kind: 'program', label: 'test' } }) as CallContext,
  );
  await Promise.all(contexts.map((context) => call(guest, 'say', [context.callId], { context })));
  deepEqual(
    asked,
    contexts.map((context) => [context.callId, context]),
  );
});
