import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFairTurns, givesWay, type Waiting } from './fair-turns.ts';

interface Call extends Waiting {
  readonly name: string;
}
const call = (name: string): Call => ({ name, client: name.slice(0, 1), turn: 0 });

function world() {
  const turns = createFairTurns<Call>();
  const queue: Call[] = [];
  return {
    queue,
    add: (...names: string[]) => {
      for (const name of names) turns.place(queue, call(name));
    },
    serve: (count: number): string[] =>
      queue.splice(0, count).map((one) => {
        turns.served(one);
        return one.name;
      }),
    leave: (name: string) => {
      const at = queue.findIndex((one) => one.name === name);
      const [gone] = queue.splice(at, 1);
      assert.ok(gone);
      turns.left(queue, gone);
    },
  };
}

test('[mcp.fair] the calls of one client keep their order', () => {
  const { add, serve } = world();
  add('a1', 'a2', 'a3');
  assert.deepEqual(serve(2), ['a1', 'a2']);
  add('a4', 'a5');
  assert.deepEqual(serve(9), ['a3', 'a4', 'a5']);
});

test('[mcp.fair] clients take turns, however many calls one of them has', () => {
  const { add, serve } = world();
  add('a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1');
  assert.deepEqual(serve(9), ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
});

test('[mcp.fair] one that comes back at once does not get before those that wait', () => {
  const { add, serve } = world();
  add('a1', 'a2', 'a3', 'b1');
  assert.deepEqual(serve(2), ['a1', 'b1']);
  const order: string[] = [];
  for (let i = 2; i < 5; i += 1) {
    add(`b${i}`);
    order.push(...serve(1));
  }
  assert.deepEqual(order, ['a2', 'b2', 'a3']);
});

test('[mcp.fair] who gave up waiting is not made to wait for what was never served', () => {
  const { queue, add, serve, leave } = world();
  add('a1', ...Array.from({ length: 50 }, (_, i) => `a-${i}`));
  for (const { name } of queue.slice(1)) leave(name);
  add('b1', 'b2', 'b3', 'a2');
  assert.deepEqual(serve(9), ['a1', 'b1', 'b2', 'a2', 'b3']);
});

test('[mcp.fair] where there is no room the last call of the client with the most gives way', () => {
  const [a1, a2, b1] = [call('a1'), call('a2'), call('b1')];
  assert.equal(givesWay([a1, a2, b1], b1), a2);
  assert.equal(givesWay([a1, b1, a2], a2), a2);
  assert.equal(givesWay([a1, b1], b1), b1, 'nobody gives way to an equal');
});

test('[mcp.fair] clients without end are not remembered without end', () => {
  const { add, serve } = world();
  for (let i = 0; i < 1_000; i += 1) {
    const name = String.fromCodePoint(0x4e00 + i);
    add(name);
    assert.deepEqual(serve(1), [name]);
  }
});
