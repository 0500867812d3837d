import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwitchboardError } from '#core/errors';
import { type ComponentPage, type MergedPage, mergedPage } from './pages.ts';
import { RpcError } from './results.ts';

type Lists = { readonly [name: string]: (inner: string | null) => ComponentPage<string> };

const read = (lists: Lists, cursor?: string, stopped = false): Promise<MergedPage<string>> =>
  mergedPage(
    Object.keys(lists).map((name) => ({ name })),
    cursor,
    async ({ name }, inner) => lists[name]?.(inner) ?? { items: [], next: undefined },
    () => stopped,
  );

async function all(lists: Lists): Promise<{ items: string[]; pages: number; failed: string[] }> {
  const got = { items: [] as string[], pages: 0, failed: [] as string[] };
  let cursor: string | undefined;
  do {
    const page = await read(lists, cursor);
    got.items.push(...page.items);
    got.failed.push(...page.failed.map(({ component, code }) => `${component} ${code}`));
    got.pages++;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return got;
}

const numbers = (from: number, count: number): string[] => Array.from({ length: count }, (_, i) => String(from + i));
const one = (items: readonly string[]) => (): ComponentPage<string> => ({ items, next: undefined });

test('[mcp.resources] lists of several components are one, in order, nothing twice and nothing missing', async () => {
  const lists: Lists = {
    a: one(numbers(0, 3)),
    b: (inner) => ({ items: numbers(3 + Number(inner ?? 0), 400), next: inner === null ? '400' : undefined }),
    c: one([]),
    d: one(numbers(803, 2_700)),
  };
  const got = await all(lists);
  assert.deepEqual(got.items, numbers(0, 3_503));
  assert.equal(got.pages, 4);
  assert.deepEqual(got.failed, []);
});

test('[mcp.resources] a component whose list fails or never ends takes nothing from the others', async () => {
  const got = await all({
    a: () => {
      throw new SwitchboardError('timeout', 'too long');
    },
    b: (inner) => ({ items: [], next: inner ?? 'again' }),
    c: () => ({ items: ['c'], next: 'x'.repeat(5_000) }),
    d: () => ({ items: ['d'], next: undefined, problem: new SwitchboardError('invalid-result', 'one was bad') }),
    dd: one(numbers(0, 10_001)),
    de: one(Array.from({ length: 100 }, (_, i) => String(i).repeat(500_000))),
    e: () => {
      throw new TypeError('a secret');
    },
    f: one(['f']),
  });
  assert.deepEqual(got.items.slice(0, 3), ['c', 'd', '0']);
  assert.equal(got.items.at(-1), 'f');
  const large = ['b', 'c', 'dd', 'de'].map((name) => `${name} too-large`);
  assert.deepEqual(got.failed, ['a timeout', large[0], large[1], 'd invalid-result', large[2], large[3], 'e internal']);
  assert.ok(got.pages < 20, String(got.pages));
});

test('[mcp.resources] a cursor goes on where its component was, though that is gone', async () => {
  const first = await read({ a: one(numbers(0, 1_200)), b: one(['b']) });
  assert.deepEqual((await read({ b: one(['b']) }, first.nextCursor)).items, ['b']);
  const rest = await read({ a: one(numbers(0, 1_200)), b: one(['b']) }, first.nextCursor);
  assert.deepEqual(rest.items, [...numbers(1_000, 200), 'b']);
  for (const cursor of ['', 'x', 'bnVsbA', 'WyJhIl0', Buffer.from('["a",null,-1,0,0,0]').toString('base64url')]) {
    await assert.rejects(read({}, cursor), RpcError, cursor);
  }
});

test('[limit.cancel] a list that was cancelled ends with the call that was under way', async () => {
  const cancelled = (): never => {
    throw new SwitchboardError('cancelled', 'cancelled');
  };
  await assert.rejects(read({ a: cancelled, b: one(['b']) }, undefined, true), { code: 'cancelled' });
});
