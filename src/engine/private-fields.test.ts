import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInThisContext } from 'node:vm';
import { boxPrivateFields } from './private-fields.ts';

const SOURCE = `(() => {
  class Other { #count = 40; read() { return this.#count; } }
  class Task {
    static made = 0;
    #count = 1;
    #list = [];
    #empty;
    open = { a: 1 };
    constructor(first) { this.#list.push(first); Task.made += 1; this.#empty ??= 'set'; }
    add(task) { this.#count += task.#count; return this.#twice(); }
    #twice() { return \`\${this.#count * 2} {}\`; }
    all() { return [this.#count, this.#list, this.#empty, this.open.a, new Other().read()]; }
  }
  return Task;
})()`;

interface Task {
  add(task: Task): string;
  all(): unknown[];
}
type TaskClass = { new (first: string): Task; made: number };

void test('[engine.reuse-call] private fields move into one object and mean what they meant', () => {
  const boxed = boxPrivateFields(SOURCE, 'Task');
  assert.match(boxed, /#own = \{ count: 1, list: \[\], empty: undefined \}/);
  assert.match(boxed, /class Other \{ #count = 40; read\(\) \{ return this\.#count; \} \}/);
  for (const source of [SOURCE, boxed]) {
    const Class = runInThisContext(source) as TaskClass;
    const one = new Class('a');
    const two = new Class('b');
    assert.equal(one.add(two), '4 {}');
    assert.deepEqual(one.all(), [2, ['a'], 'set', 1, 40]);
    assert.deepEqual(two.all(), [1, ['b'], 'set', 1, 40]);
    assert.equal(Class.made, 2);
  }
});

void test('[engine.reuse-call] code without the class stays as it is', () => {
  assert.equal(boxPrivateFields(SOURCE, 'Absent'), SOURCE);
});
