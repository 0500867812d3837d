import { equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { add, codeOf, errorOf, openHost } from './host.ts';

const handles = (value: unknown): string[] => {
  ok(Array.isArray(value));
  return value as string[];
};

const host = await openHost();

test('[engine.reuse-session] handles live in their session: constructor, methods, statics, own and borrow', async () => {
  const kitchen = await add(host, 'kitchen', { reuse: 'session' });
  const session = await host.session();
  const counter = await session.call(kitchen, 'counter.new', [3]);
  match(String(counter), /^h_[A-Za-z0-9_-]{22}$/);
  equal(await session.call(kitchen, 'counter.inc', [counter, 2]), 5);
  equal(await session.call(kitchen, 'counter.value', [counter]), 5);
  equal(await session.call(kitchen, 'peek', [counter]), 5);
  const other = await session.call(kitchen, 'counter.new', [10]);
  const merged = await session.call(kitchen, 'counter.merge', [counter, other]);
  equal(await session.call(kitchen, 'counter.value', [merged]), 15);
  equal(await session.call(kitchen, 'alive'), 2);
  equal(await session.call(kitchen, 'maybe', [false]), null);
  match(String(await session.call(kitchen, 'maybe', [true])), /^h_/);
});

test('[limit.handles] a handle given away is void, one that came back is another', async () => {
  const kitchen = await add(host, 'kitchen', { reuse: 'session' });
  const session = await host.session();
  const counter = await session.call(kitchen, 'counter.new', [7]);
  const passed = await session.call(kitchen, 'pass', [counter]);
  equal(await codeOf(session.call(kitchen, 'counter.value', [counter])), 'invalid-handle');
  equal(await session.call(kitchen, 'counter.value', [passed]), 7);
  equal(await session.call(kitchen, 'consume', [passed]), 7);
  equal(await codeOf(session.call(kitchen, 'consume', [passed])), 'invalid-handle');
  equal(await session.call(kitchen, 'alive'), 0);
});

test('[limit.handles] handles of another session, of another type and made up ones are refused', async () => {
  const kitchen = await add(host, 'kitchen');
  const [mine, yours] = [await host.session(), await host.session()];
  const counter = await mine.call(kitchen, 'counter.new', [1]);
  await yours.call(kitchen, 'counter.new', [2]);
  equal(await codeOf(yours.call(kitchen, 'counter.value', [counter])), 'invalid-handle');
  for (const bad of ['h_0', '', '__proto__', 'constructor', String(counter).slice(0, -1)]) {
    equal(await codeOf(mine.call(kitchen, 'counter.value', [bad])), 'invalid-handle', bad);
  }
  for (const bad of [0, null, {}, [counter]]) {
    match(await codeOf(mine.call(kitchen, 'counter.value', [bad])), /invalid-(arguments|handle)/);
  }
  equal(await mine.call(kitchen, 'counter.value', [counter]), 1);
});

test('[engine.reuse-session] functions with handles need a session', async () => {
  const kitchen = await add(host, 'kitchen');
  for (const [name, args] of [
    ['counter.new', [1]],
    ['peek', ['h_0']],
    ['make-many', [2]],
    ['maybe', [true]],
  ] as const) {
    equal(await codeOf(host.call(kitchen, name, args)), 'session-required', name);
  }
  equal(await codeOf(host.call(kitchen, 'version', [], { session: 's_none' })), 'session-not-found');
});

test('[limit.handles] a session holds no more handles than its limit; a refused result keeps none', async () => {
  const kitchen = await add(host, 'kitchen', { handles: 10 });
  const session = await host.session();
  const six = handles(await session.call(kitchen, 'make-many', [6]));
  const error = await errorOf(session.call(kitchen, 'make-many', [6]));
  equal(error.code, 'handle-limit');
  match(String(error.fix), /switchboard limits test\d+:kitchen --handles/);
  // The four that were made before the limit was reached are gone: there is room for four again.
  equal(handles(await session.call(kitchen, 'make-many', [4])).length, 4);
  equal(await codeOf(session.call(kitchen, 'counter.new', [1])), 'handle-limit');
  equal(await session.call(kitchen, 'consume', [six[0]]), 0);
  match(String(await session.call(kitchen, 'counter.new', [1])), /^h_/);
  equal(await session.call(kitchen, 'counter.value', [six[3]]), 3);
});

test('[limit.handles] a call refused for its other arguments takes no handle', async () => {
  const kitchen = await add(host, 'kitchen');
  const session = await host.session();
  const counter = await session.call(kitchen, 'counter.new', [4]);
  equal(await codeOf(session.call(kitchen, 'counter.merge', [counter, 'h_none'])), 'invalid-handle');
  equal(await codeOf(session.call(kitchen, 'counter.merge', [counter, 5])), 'invalid-arguments');
  equal(await codeOf(session.call(kitchen, 'counter.merge', [counter, counter])), 'invalid-handle');
  equal(await session.call(kitchen, 'counter.value', [counter]), 4);
});

test('[engine.reuse-session] closing a session ends its handles and its instance', async () => {
  const kitchen = await add(host, 'kitchen');
  const before = (await host.status()).sessions;
  const session = await host.session();
  const counter = await session.call(kitchen, 'counter.new', [4]);
  await session.close();
  await session.close();
  equal(await codeOf(session.call(kitchen, 'counter.value', [counter])), 'session-not-found');
  const next = await host.session();
  equal(await codeOf(next.call(kitchen, 'counter.value', [counter])), 'invalid-handle');
  equal((await host.status()).sessions, before + 1);
});

test('[engine.reuse-session] handles end when their instance traps', async () => {
  const state = await add(host, 'kitchen', { transfer: 1024 });
  const session = await host.session();
  const counter = await session.call(state, 'counter.new', [4]);
  equal(await session.call(state, 'counter.value', [counter]), 4);
  equal(await codeOf(session.call(state, 'make-many', [1000])), 'transfer-limit');
  equal(await codeOf(session.call(state, 'counter.value', [counter])), 'invalid-handle');
});

test('[limit.handles] components of one session do not share handles', async () => {
  const [one, two] = [await add(host, 'kitchen'), await add(host, 'kitchen')];
  const session = await host.session();
  const counter = await session.call(one, 'counter.new', [4]);
  equal(await codeOf(session.call(two, 'counter.value', [counter])), 'invalid-handle');
  equal(await session.call(one, 'counter.value', [counter]), 4);
});
