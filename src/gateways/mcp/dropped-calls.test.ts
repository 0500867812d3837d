import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createDroppedCalls, type DroppedCalls } from './dropped-calls.ts';

function call(dropped: DroppedCalls) {
  const [cancelled, connection] = [new AbortController(), new AbortController()];
  return { cancelled, connection, ...dropped.begin(cancelled.signal, connection.signal) };
}

function world(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  return { dropped: createDroppedCalls(1_000), pass: (ms: number) => t.mock.timers.tick(ms) };
}

test('[mcp.resume] [limit.cancel] a call without a connection is cancelled when nobody came back in time', (t) => {
  const { dropped, pass } = world(t);
  const { connection, signal } = call(dropped);
  const whole = call(dropped);
  connection.abort();
  pass(999);
  assert.equal(signal.aborted, false);
  pass(1);
  assert.equal(signal.aborted, true);
  assert.equal(whole.signal.aborted, false, 'a call whose connection is there goes on');
});

test('[mcp.resume] a call whose client came back goes on', (t) => {
  const { dropped, pass } = world(t);
  const { connection, signal } = call(dropped);
  connection.abort();
  pass(500);
  dropped.resumed();
  pass(5_000);
  assert.equal(signal.aborted, false);
});

test('[mcp.resume] [limit.cancel] a client that came back and left again is waited for as long, and no longer', (t) => {
  const { dropped, pass } = world(t);
  const { connection, signal } = call(dropped);
  connection.abort();
  for (let i = 0; i < 3; i += 1) {
    pass(900);
    const leave = dropped.resumed();
    pass(5_000);
    leave();
    leave();
  }
  pass(999);
  assert.equal(signal.aborted, false);
  pass(1);
  assert.equal(signal.aborted, true);
});

test('[mcp.resume] [limit.cancel] a stream that was taken over, and so ended without being broken, counts as dropped', (t) => {
  const { dropped, pass } = world(t);
  const { connection, signal } = call(dropped);
  const whole = call(dropped);
  const leave = dropped.resumed();
  dropped.closed(connection.signal);
  dropped.closed(connection.signal);
  pass(5_000);
  leave();
  pass(1_000);
  assert.equal(signal.aborted, true);
  assert.equal(whole.signal.aborted, false);
});

test('[mcp.resume] a client with two streams is there until both are gone', (t) => {
  const { dropped, pass } = world(t);
  const { connection, signal } = call(dropped);
  const [one, two] = [dropped.resumed(), dropped.resumed()];
  connection.abort();
  one();
  pass(5_000);
  assert.equal(signal.aborted, false, 'the connection broke after the client had come back');
  two();
  pass(1_000);
  assert.equal(signal.aborted, true);
});

test('[mcp.resume] a call that is over is waited for no more', (t) => {
  const { dropped, pass } = world(t);
  const [before, after] = [call(dropped), call(dropped)];
  before.end();
  before.connection.abort();
  after.connection.abort();
  after.end();
  dropped.resumed()();
  pass(5_000);
  assert.deepEqual([before.signal.aborted, after.signal.aborted], [false, false]);
});

test('[limit.cancel] cancelling a call counts at once, with a connection and without', () => {
  const dropped = createDroppedCalls(1_000);
  const [one, two] = [call(dropped), call(dropped)];
  one.cancelled.abort();
  two.connection.abort();
  two.cancelled.abort();
  assert.equal(one.signal.aborted, true);
  assert.equal(two.signal.aborted, true);
  assert.equal(dropped.begin(one.cancelled.signal, new AbortController().signal).signal.aborted, true);
});
