import { deepEqual, equal, match, rejects, throws } from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { InstanceTasks } from './guest-tasks.ts';
import { patchGenerated } from './patch.ts';

function tasksOf(): { tasks: InstanceTasks; failed: unknown[] } {
  const failed: unknown[] = [];
  return { tasks: new InstanceTasks({ enter: () => undefined, failed: (error) => void failed.push(error) }), failed };
}

test('[preview3.bounded] nothing of a stopped instance runs: timers, intervals, what was queued', async () => {
  const { tasks } = tasksOf();
  const ran: string[] = [];
  tasks.setTimeout(() => ran.push('timeout'), 1);
  tasks.setInterval(() => ran.push('interval'));
  tasks.queueMicrotask(() => ran.push('microtask'));
  tasks.stop();
  tasks.setTimeout(() => ran.push('later'));
  tasks.setInterval(() => ran.push('later'));
  await delay(20);
  deepEqual(ran, []);
});

test('[preview3.bounded] an interval goes on until it is cleared; what it throws fails the call', async () => {
  const { tasks, failed } = tasksOf();
  let rounds = 0;
  const seen = Promise.withResolvers<void>();
  const timer = tasks.setInterval(() => {
    rounds += 1;
    if (rounds === 60) {
      tasks.clearInterval(timer);
      seen.resolve();
    }
  });
  await seen.promise;
  await delay(10);
  equal(rounds, 60);
  tasks.setTimeout(() => Promise.reject(new Error('of a promise')));
  tasks.queueMicrotask(() => {
    throw new Error('thrown');
  });
  await delay(10);
  deepEqual(failed.map(String), ['Error: thrown', 'Error: of a promise']);
});

test('[preview3.bounded] handles are bounded; a table of the last forgets the first', () => {
  const { tasks } = tasksOf();
  tasks.hold(1_999);
  throws(() => tasks.hold(2_000), { code: 'handle-limit' });
  const table = tasks.recent();
  for (let i = 1; i <= 5_000; i++) equal(table.insert(`value ${i}`), i);
  equal(table.get(1), undefined);
  equal(table.get(5_000), 'value 5000');
});

test('[preview3.functions] a call is over when all its tasks are', async () => {
  const { tasks } = tasksOf();
  await tasks.over();
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  tasks.began(first.promise);
  tasks.began(second.promise);
  let over = false;
  const waiting = tasks.over().then(() => {
    over = true;
  });
  first.resolve();
  await delay(5);
  equal(over, false);
  second.reject(new Error('failed'));
  await waiting;
});

const WIT = `package t:t;
interface api {
  record r { a: string, s: stream<u8> }
  f: async func(a: stream<u8>, b: future<string>) -> stream<r>;
  g: async func(a: u32) -> u32;
}
world w { import api; export api; }`;

let source = '';
before(async () => {
  const [{ generate, $init }, { componentEmbed, componentNew }] = await Promise.all([
    import('#jco'),
    import('@bytecodealliance/jco-transpile/wasm-tools'),
  ]);
  await $init;
  const bytes = await componentNew(await componentEmbed({ witSource: WIT, dummy: true }));
  const { files } = generate(bytes, {
    name: 'component',
    noTypescript: true,
    instantiation: { tag: 'sync' },
    map: [],
    noNodejsCompat: true,
    base64Cutoff: 0,
    validLiftingOptimization: false,
    noComponentErrorWrapping: true,
  });
  source = Buffer.from(files.find(([name]) => name.endsWith('.js'))?.[1] ?? []).toString();
});

test('[preview3.bounded] [limit.transfer] the runtime of tasks enters guests, waits and lifts through the guard', () => {
  const code = patchGenerated(source, [], true);
  match(code, /const \{ setTimeout, setInterval, clearInterval, queueMicrotask \} = \$guard\.tasks;/);
  equal(/(?<!tasks)\.promising\(/.test(code), false);
  equal(/Array\.from\(new Uint8Array\(this\.#memory/.test(code), false);
  match(code, /\$guard\.list\(count, this\.#elemMeta\.size32/);
});

test('[preview3.bounded] [limit.transfer] a runtime of tasks of another form is refused', () => {
  const changes: readonly (readonly [string, string])[] = [
    ['const newTaskID = newTask.id();', 'const newTaskID = newTask.ident();'],
    ['const handleError = (err) => {', 'const handleError = (error) => {'],
    ['insert(val) {', 'insert(value) {'],
    ['if (last.id !== taskID) {', 'if (last.id != taskID) {'],
    ['new Uint8Array(this.#memory.buffer, this.#ptr, count)', 'new Uint8Array(this.#memory.buffer, this.#ptr, n)'],
    ['let currentCount = count;', 'let current = count;'],
    ['Math.min(pendingRemaining, bufferRemaining)', 'Math.min(bufferRemaining, pendingRemaining)'],
    ['new RepTable({ target: ', 'RepTable.create({ target: '],
  ];
  for (const [from, to] of changes) {
    const changed = source.replaceAll(from, to);
    equal(changed === source, false, `nothing to change: ${from}`);
    throws(() => patchGenerated(changed, [], true), { code: 'engine-failed' }, from);
  }
});

test('[preview3.bounded] an instance that is over is not entered', async () => {
  const wasm = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 4, 1, 2, 0, 11,
  ]);
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports;
  let dead = false;
  const enter = (): void => {
    if (dead) throw new Error('over');
  };
  const tasks = new InstanceTasks({ enter, failed: () => undefined });
  const entered = tasks.promising(f as () => unknown);
  await entered();
  dead = true;
  await rejects(async () => entered(), /over/);
});
