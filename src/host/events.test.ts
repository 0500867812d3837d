import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { CallContext, EventBody, HostEvent } from '#core';
import { createEventHub, type EventHub, SUBSCRIBER_BOUND } from './events.ts';

const CONTEXT: CallContext = {
  callId: 'c',
  traceId: 't',
  principal: { kind: 'program', label: 'test' },
  component: 'a:b@1.0.0',
  digest: 'sha256:0',
  function: 'f',
  timeoutMs: 1,
  deadline: 1,
  depth: 0,
};
const DECIDED: EventBody = {
  type: 'call.decided',
  context: CONTEXT,
  decision: { allowed: true, rule: 'r', reason: '' },
};
const LOG: EventBody = {
  type: 'log',
  record: { at: 0, component: 'a:b@1.0.0', stream: 'log', level: 'info', message: 'm' },
};

function listen(hub: EventHub, bound?: number): HostEvent[] {
  const seen: HostEvent[] = [];
  hub.subscribe((event) => void seen.push(event), undefined, bound);
  return seen;
}

test('[host.events] events have a version, a date and a sequence without gaps', async () => {
  let now = 1_000;
  const hub = createEventHub(() => now++);
  const seen = listen(hub);
  for (let n = 0; n < 100; n += 1) hub.emit(n % 2 === 0 ? LOG : DECIDED);
  await hub.drained(1_000);
  deepEqual(
    seen.map(({ v, seq, at }) => [v, seq, at]),
    Array.from({ length: 100 }, (_, n) => [1, n + 1, 1_000 + n]),
  );
});

test('[host.events] the sequence counts what is emitted before anybody listens', async () => {
  const hub = createEventHub(() => 0);
  hub.emit(LOG);
  hub.emit(LOG);
  const seen = listen(hub);
  hub.emit(LOG);
  await hub.drained(1_000);
  equal(seen[0]?.seq, 3);
});

test('[host.events] a listener is never called from within emit', async () => {
  const hub = createEventHub(() => 0);
  const seen = listen(hub);
  hub.emit(LOG);
  equal(seen.length, 0);
  await hub.drained(1_000);
  equal(seen.length, 1);
});

test('[host.events] a slow subscriber is bounded and told what it missed; decisions are never dropped', async () => {
  const hub = createEventHub(() => 0);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const slow: HostEvent[] = [];
  let began = false;
  hub.subscribe(
    async (event) => {
      slow.push(event);
      if (began) return;
      began = true;
      await released;
    },
    undefined,
    10,
  );
  const quick = listen(hub);
  hub.emit(LOG);
  while (!began) await Promise.resolve();
  for (let n = 0; n < 1_000; n += 1) {
    hub.emit(LOG);
    hub.emit(DECIDED);
  }
  // The quick one has everything although the slow one holds its first event still.
  while (quick.length < 2_001) await Promise.resolve();
  equal(slow.length, 1);
  release();
  await hub.drained(1_000);
  equal(slow.filter((event) => event.type === 'call.decided').length, 1_000);
  const kept = slow.filter((event) => event.type === 'log').length;
  const missed = slow.reduce((sum, event) => sum + (event.type === 'events.dropped' ? event.count : 0), 0);
  ok(kept <= 11, `${kept} logs kept`);
  equal(kept + missed, 1_001);
  const order = slow.map((event) => event.seq);
  deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
});

test('[host.events] a subscriber that throws, rejects or hangs harms nobody', async () => {
  const hub = createEventHub(() => 0);
  hub.subscribe(() => {
    throw new Error('mine');
  });
  hub.subscribe(() => Promise.reject(new Error('mine')));
  hub.subscribe(() => new Promise(() => undefined));
  const seen = listen(hub);
  for (let n = 0; n < 5; n += 1) hub.emit(LOG);
  const start = performance.now();
  await hub.drained(50);
  ok(performance.now() - start < 1_000);
  equal(seen.length, 5);
});

test('[host.events] after its end a subscription gets nothing, not even what was on its way', async () => {
  const hub = createEventHub(() => 0);
  const seen: number[] = [];
  const end = hub.subscribe((event) => {
    seen.push(event.seq);
    if (event.seq === 2) end();
  });
  for (let n = 0; n < 5; n += 1) hub.emit(LOG);
  await hub.drained(1_000);
  deepEqual(seen, [1, 2]);
});

test('[host.events] a subscriber may emit and subscribe', async () => {
  const hub = createEventHub(() => 0);
  const late: number[] = [];
  hub.subscribe((event) => {
    if (event.seq > 2) return;
    hub.emit(LOG);
    hub.subscribe((next) => void late.push(next.seq));
  });
  hub.emit(LOG);
  await hub.drained(1_000);
  await hub.drained(1_000);
  deepEqual(late, [3]);
});

test('[host.events] the default bound is far above a burst of calls', async () => {
  const hub = createEventHub(() => 0);
  const seen = listen(hub);
  for (let n = 0; n < SUBSCRIBER_BOUND; n += 1) hub.emit(LOG);
  await hub.drained(1_000);
  equal(seen.length, SUBSCRIBER_BOUND);
});
