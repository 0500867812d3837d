import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDroppedCalls } from './dropped-calls.ts';

function call(dropped: ReturnType<typeof createDroppedCalls>) {
  const [cancelled, connection] = [new AbortController(), new AbortController()];
  return { cancelled, connection, signal: dropped.signal(cancelled.signal, connection.signal) };
}

test('[mcp.resume] [limit.cancel] a call without a connection is cancelled when nobody came back in time', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const dropped = createDroppedCalls(1_000);
  const { connection, signal } = call(dropped);
  const whole = call(dropped);
  connection.abort();
  t.mock.timers.tick(999);
  assert.equal(signal.aborted, false);
  t.mock.timers.tick(1);
  assert.equal(signal.aborted, true);
  assert.equal(whole.signal.aborted, false, 'a call whose connection is there goes on');
});

test('[mcp.resume] a call whose client came back goes on', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const dropped = createDroppedCalls(1_000);
  const { connection, signal } = call(dropped);
  connection.abort();
  t.mock.timers.tick(500);
  dropped.resumed();
  t.mock.timers.tick(5_000);
  assert.equal(signal.aborted, false);
});

test('[limit.cancel] cancelling a call counts at once, with a connection and without', () => {
  const dropped = createDroppedCalls(1_000);
  const [one, two] = [call(dropped), call(dropped)];
  one.cancelled.abort();
  two.connection.abort();
  two.cancelled.abort();
  assert.equal(one.signal.aborted, true);
  assert.equal(two.signal.aborted, true);
  assert.equal(dropped.signal(one.cancelled.signal, new AbortController().signal).aborted, true);
});
