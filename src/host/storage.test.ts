import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BlobStore, NO_PERMISSIONS, parsePermission, type StorePermission } from '#core';
import type { AskTurn, EngineCall } from '#engine';
import { memoryBlobStore } from '#home/memory-blob-store';
import { memoryKvStore } from '#home/memory-kv-store';
import { systemClock } from '#home/system';
import { createStorage, type Storage } from './storage.ts';

/** A call of a component, and its end. */
function callOf(component: string, ...flags: (readonly ['kv' | 'blob', string])[]) {
  const over = new AbortController();
  const stores = flags.map(([kind, text]) => parsePermission(kind, text) as StorePermission);
  const request = { context: { component: `${component}@1.0.0` }, policy: { ...NO_PERMISSIONS, stores } };
  const turn = { signal: over.signal } as AskTurn;
  return { request: request as unknown as EngineCall, turn, end: () => over.abort() };
}

function storageOf(blobs = memoryBlobStore(systemClock)) {
  const storage = createStorage({ kv: memoryKvStore(systemClock), blobs });
  return askOf(storage);
}

function askOf(storage: Storage) {
  return (call: ReturnType<typeof callOf>, kind: 'kv' | 'blob', payload: unknown): Promise<unknown> =>
    storage.answer(call.request, kind, payload, call.turn);
}

const bytes = Uint8Array.of(1, 2, 3);

void test('[blob.host] a handle is of the call that opened it, of its kind, and of no other', async () => {
  const ask = storageOf();
  const ann = callOf('demo:ann', ['blob', 's']);
  const other = callOf('demo:ann', ['blob', 's']);
  const bob = callOf('demo:bob', ['blob', 's']);
  const upload = await ask(ann, 'blob', { op: 'create', store: 's', name: 'a' });
  assert.equal(typeof upload, 'number');
  const forged = { code: 'invalid-handle' };
  for (const call of [other, bob]) {
    await assert.rejects(ask(call, 'blob', { op: 'write', handle: upload, bytes }), forged);
    await assert.rejects(ask(call, 'blob', { op: 'finish', handle: upload, store: 's', name: 'a' }), forged);
    await ask(call, 'blob', { op: 'abort', handle: upload });
  }
  await assert.rejects(ask(ann, 'blob', { op: 'read', handle: upload, offset: 0, length: 1 }), forged);
  await ask(ann, 'blob', { op: 'write', handle: upload, bytes });
  await ask(ann, 'blob', { op: 'finish', handle: upload, store: 's', name: 'a' });
  await assert.rejects(ask(ann, 'blob', { op: 'write', handle: upload, bytes }), forged);
  const opened = (await ask(ann, 'blob', { op: 'open', store: 's', name: 'a' })) as { readonly handle: number };
  await assert.rejects(ask(ann, 'blob', { op: 'write', handle: opened.handle, bytes }), forged);
  const read = { op: 'read', handle: opened.handle, offset: 0, length: 9 };
  assert.deepEqual(await ask(ann, 'blob', read), bytes);
  for (const handle of [-1, 0, 1.5, 2 ** 60, '1', undefined, Number.NaN, '__proto__']) {
    await assert.rejects(ask(ann, 'blob', { ...read, handle }));
  }
  ann.end();
  await new Promise((resolve) => setImmediate(resolve));
  await assert.rejects(ask(ann, 'blob', read), forged);
});

void test('[blob.host] what a call had open counts no more for the next one', async () => {
  const blobs = memoryBlobStore(systemClock);
  const late = (work: () => Promise<void>): Promise<void> => new Promise((resolve) => setImmediate(resolve)).then(work);
  const slow: BlobStore = {
    ...blobs,
    async create(account, most) {
      const writer = await blobs.create(account, most);
      return { ...writer, abort: () => late(() => writer.abort()) };
    },
  };
  const ask = storageOf(slow);
  for (let n = 0; n < 3; n += 1) {
    const call = callOf('demo:ann', ['blob', 's:rw:3B']);
    const upload = await ask(call, 'blob', { op: 'create', store: 's', name: 'a' });
    await ask(call, 'blob', { op: 'write', handle: upload, bytes });
    call.end();
  }
});

void test('[blob.host] what is opened after its call is over is closed at once', async () => {
  const ask = storageOf();
  const ann = callOf('demo:ann', ['blob', 's']);
  ann.end();
  for (let i = 0; i < 2000; i += 1) await ask(ann, 'blob', { op: 'create', store: 's', name: 'a' });
  const handle = await ask(ann, 'blob', { op: 'create', store: 's', name: 'a' });
  await new Promise((resolve) => setImmediate(resolve));
  await assert.rejects(ask(ann, 'blob', { op: 'write', handle, bytes }), { code: 'invalid-handle' });
});

void test('[blob.host] what a later question of the call opens after its end is closed at once', async () => {
  const inner = memoryBlobStore(systemClock);
  const open = { now: 0 };
  const ask = storageOf({
    ...inner,
    async create(account, most) {
      await new Promise((resolve) => setImmediate(resolve));
      open.now += 1;
      const writer = await inner.create(account, most);
      return {
        ...writer,
        async abort() {
          open.now -= 1;
          await writer.abort();
        },
      };
    },
  });
  const ann = callOf('demo:ann', ['blob', 's']);
  await ask(ann, 'blob', { op: 'begin' });
  // Each question has a turn of its own, whose signal fires some time after the call has ended.
  const later = ask({ ...ann, turn: { signal: new AbortController().signal } as AskTurn }, 'blob', { op: 'begin' });
  ann.end();
  await later;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(open.now, 0);
});

void test('[kv.granted] the host decides once more, and takes nothing a cell says for what it is not', async () => {
  const ask = storageOf();
  const ann = callOf('demo:ann', ['kv', 'r:ro'], ['kv', 'w'], ['blob', 'r:ro'], ['blob', 'w']);
  const denied = { code: 'denied' };
  await assert.rejects(ask(ann, 'kv', { op: 'set', store: 'r', key: 'a', value: bytes }), denied);
  await assert.rejects(ask(ann, 'kv', { op: 'get', store: 'x', key: 'a' }), denied);
  await assert.rejects(ask(ann, 'kv', { op: 'get', store: '__proto__', key: 'a' }), denied);
  for (const op of ['create', 'finish', 'remove', 'clear', 'copy']) {
    await assert.rejects(
      ask(ann, 'blob', { op, store: 'r', name: 'a', handle: 1, from: 'w', source: 'a' }),
      denied,
      op,
    );
  }
  await assert.rejects(ask(ann, 'blob', { op: 'copy', store: 'w', name: 'a', from: 'x', source: 'a' }), denied);
  await assert.rejects(ask(callOf('demo:bob', ['blob', 'r:ro']), 'blob', { op: 'begin' }), denied);
  const unfit = { code: 'invalid-arguments' };
  for (const payload of [
    undefined,
    null,
    5,
    'get',
    [],
    {},
    { op: 'constructor', store: 'w' },
    { op: '__proto__', store: 'w' },
  ]) {
    await assert.rejects(ask(ann, 'kv', payload), unfit);
    await assert.rejects(ask(ann, 'blob', payload), unfit);
  }
  const set = { op: 'set', store: 'w', key: 'a', value: bytes };
  for (const wrong of [
    { key: 5 },
    { key: {} },
    { value: 'x' },
    { value: { length: 3 } },
    { ttl: '5' },
    { ttl: Number.NaN },
    { store: 5 },
  ]) {
    await assert.rejects(ask(ann, 'kv', { ...set, ...wrong }), unfit, JSON.stringify(wrong));
  }
  await assert.rejects(ask(ann, 'kv', { op: 'increment', store: 'w', key: 'a', delta: 1 }), unfit);
  for (const limit of [-1, 0, 1001, '5', undefined]) {
    await assert.rejects(ask(ann, 'kv', { op: 'list', store: 'w', prefix: '', limit }), unfit);
  }
  await ask(ann, 'kv', set);
  assert.deepEqual(await ask(ann, 'kv', { op: 'get', store: 'w', key: 'a' }), bytes);
});

const upTo = (length: number): readonly number[] => Array.from({ length }, (_, i) => i);
const slowly = <T>(work: () => Promise<T>): Promise<T> => new Promise<void>((go) => setImmediate(go)).then(work);

void test('[blob.host] blobs asked for at once are counted before they are open', async () => {
  const inner = memoryBlobStore(systemClock);
  await put(inner, 'demo:ann', 'there', 10);
  const opened = { most: 0, now: 0 };
  const counted = <T>(one: T): T => {
    opened.now += 1;
    opened.most = Math.max(opened.most, opened.now);
    return one;
  };
  let full = false;
  const ask = storageOf({
    ...inner,
    create: (account, most) =>
      slowly(async () => {
        if (full) throw new Error('no space left');
        const writer = counted(await inner.create(account, most));
        const abort = () =>
          slowly(async () => {
            opened.now -= 1;
            await writer.abort();
          });
        return { ...writer, abort };
      }),
    open: (place, name) => slowly(async () => counted(await inner.open(place, name))),
  });
  const ann = callOf('demo:ann', ['blob', 's']);
  const settled = (work: readonly Promise<unknown>[]) =>
    Promise.allSettled(work).then((all) => all.filter(({ status }) => status === 'fulfilled').length);
  const begin = (call: typeof ann) => ask(call, 'blob', { op: 'begin' });
  full = true;
  assert.equal(await settled(upTo(100).map(() => begin(ann))), 0);
  full = false;
  const missing = ask(ann, 'blob', { op: 'open', store: 's', name: 'nowhere' });
  assert.equal((await missing) === undefined, true);
  opened.now = 0;
  assert.equal(await settled(upTo(3_000).map(() => begin(ann))), 64);
  await assert.rejects(ask(ann, 'blob', { op: 'open', store: 's', name: 'there' }), { code: 'busy' });
  const copy = { op: 'copy', store: 's', name: 'b', from: 's', source: 'there' };
  await assert.rejects(ask(ann, 'blob', copy), { code: 'busy' });
  const others = upTo(30).map(() => callOf('demo:bob', ['blob', 's']));
  const more = others.flatMap((call) => upTo(64).map(() => begin(call)));
  assert.equal(await settled(more), 1_000 - 64);
  assert.equal(opened.most, 1_000);
  // What is being closed is still open.
  for (const call of others) call.end();
  await assert.rejects(begin(callOf('demo:cat', ['blob', 's'])), { code: 'busy' });
  ann.end();
  while (opened.now > 0) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  const again = callOf('demo:ann', ['blob', 's']);
  assert.equal(await settled(upTo(64).map(() => begin(again))), 64);
  again.end();
});

const placeOf = (owner: string) => ({ owner, name: 's' });
const quota = { bytes: 100_000_000, keys: 10 };

async function put(blobs: BlobStore, owner: string, name: string, size: number): Promise<void> {
  const writer = await blobs.create(owner, quota.bytes);
  await writer.write(new Uint8Array(size));
  await writer.finish(placeOf(owner), name, quota);
}

void test('[blob.host] a copy ends with its call', async () => {
  const blobs = memoryBlobStore(systemClock);
  await put(blobs, 'demo:ann', 'large', 20_000_000);
  const ann = callOf('demo:ann', ['blob', 's']);
  let reads = 0;
  const ask = storageOf({
    ...blobs,
    async open(place, name) {
      const reader = await blobs.open(place, name);
      return (
        reader && {
          ...reader,
          read(offset, length) {
            reads += 1;
            if (reads === 2) ann.end();
            return reader.read(offset, length);
          },
        }
      );
    },
  });
  const copy = { op: 'copy', store: 's', name: 'copy', from: 's', source: 'large' };
  await assert.rejects(ask(ann, 'blob', copy), { code: 'cancelled' });
  assert.ok(reads <= 3, `${reads} reads`);
  assert.equal(await blobs.info(placeOf('demo:ann'), 'copy'), undefined);
});

void test('[kv.removed] what is being written when its component goes is removed as well', async () => {
  const blobs = memoryBlobStore(systemClock);
  const gate = Promise.withResolvers<void>();
  const storage = createStorage({
    kv: memoryKvStore(systemClock),
    blobs: {
      ...blobs,
      async create(account, most) {
        const writer = await blobs.create(account, most);
        return { ...writer, finish: (...args) => gate.promise.then(() => writer.finish(...args)) };
      },
    },
  });
  const ask = askOf(storage);
  const ann = callOf('demo:ann', ['blob', 's']);
  const handle = await ask(ann, 'blob', { op: 'create', store: 's', name: 'a' });
  const finished = ask(ann, 'blob', { op: 'finish', handle, store: 's', name: 'a' });
  const forgotten = storage.forget('demo:ann');
  gate.resolve();
  await Promise.all([finished, forgotten]);
  assert.equal(await blobs.info(placeOf('demo:ann'), 'a'), undefined);
});
