import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JSONRPCMessage } from '@modelcontextprotocol/server';
import { createEventStore, type SessionEvents } from './event-store.ts';

const OPENING = {} as JSONRPCMessage;
const message = (text: string): JSONRPCMessage => ({ jsonrpc: '2.0', id: 1, result: { text } });

async function replay(store: SessionEvents, eventId: string): Promise<string[]> {
  const texts: string[] = [];
  await store.replayEventsAfter(eventId, {
    async send(_, sent) {
      texts.push(String((sent as { result: { text?: unknown } }).result.text));
    },
  });
  return texts;
}

test('[mcp.resume] what followed an event of a stream is replayed, of that stream alone, in order', async () => {
  const store = createEventStore();
  const opening = await store.storeEvent('a', OPENING);
  await store.storeEvent('b', OPENING);
  const first = await store.storeEvent('a', message('1'));
  await store.storeEvent('b', message('other'));
  const last = await store.storeEvent('a', message('2'));
  assert.deepEqual(await replay(store, opening), ['1', '2']);
  assert.deepEqual(await replay(store, first), ['2']);
  assert.deepEqual(await replay(store, last), []);
});

test('[mcp.resume] ids of no event are not resumable', async () => {
  const store = createEventStore();
  await store.storeEvent('a', OPENING);
  for (const id of ['', 'a', 'a~', 'a~1', 'a~-1', 'b~0', '__proto__~0', `a~${'9'.repeat(400)}`, 'a~0x0']) {
    assert.equal(store.resumable(id), false, id);
    await assert.rejects(replay(store, id));
  }
});

test('[mcp.resume] nothing is replayed in part: where an event went, what came before it is not resumable', async () => {
  const store = createEventStore({ mostEvents: 3, mostBytes: 1_000_000 });
  const opening = await store.storeEvent('a', OPENING);
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) ids.push(await store.storeEvent('a', message(String(i))));
  assert.equal(store.resumable(opening), false);
  assert.equal(store.resumable(ids[0] ?? ''), false);
  assert.deepEqual(await replay(store, ids[1] ?? ''), ['2', '3', '4']);
});

test('[mcp.resume] a quiet stream stays resumable while others are busy', async () => {
  const store = createEventStore({ mostEvents: 3, mostBytes: 1_000_000 });
  const opening = await store.storeEvent('slow', OPENING);
  for (let i = 0; i < 100; i++) await store.storeEvent('busy', message(String(i)));
  await store.storeEvent('slow', message('at last'));
  assert.deepEqual(await replay(store, opening), ['at last']);
});

test('[mcp.resume] bytes are bounded: large messages push out older ones, one that is too large is not kept', async () => {
  const store = createEventStore({ mostEvents: 100, mostBytes: 10_000 });
  const opening = await store.storeEvent('a', OPENING);
  const small = await store.storeEvent('a', message('small'));
  const large = await store.storeEvent('a', message('x'.repeat(9_960)));
  assert.equal(store.resumable(opening), false, 'the small one went');
  assert.equal((await replay(store, small)).length, 1);
  const larger = await store.storeEvent('a', message('x'.repeat(10_001)));
  assert.equal(store.resumable(large), false);
  assert.equal(store.resumable(larger), true);
  const wide = { jsonrpc: '2.0', id: 1, result: { list: Array.from({ length: 1_000_000 }, () => 1) } };
  await store.storeEvent('a', wide as unknown as JSONRPCMessage);
  assert.equal(store.resumable(larger), false);
});

test('[mcp.resume] streams are bounded, and one that was forgotten gives no number twice', async () => {
  const store = createEventStore();
  const opening = await store.storeEvent('a', OPENING);
  const first = await store.storeEvent('a', message('1'));
  for (let i = 0; i < 600; i++) await store.storeEvent(`other-${i}`, OPENING);
  assert.equal(store.resumable(first), false);
  const again = await store.storeEvent('a', message('2'));
  assert.equal(store.resumable(opening), false);
  assert.equal(store.resumable(first), false);
  assert.notEqual(again, first);
  assert.deepEqual(await replay(store, again), []);
});
