import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { InstanceTasks } from './guest-tasks.ts';
import { createGuard, type SuspensionHooks } from './guard.ts';

const hooks: SuspensionHooks = {
  left: () => undefined,
  returned: () => undefined,
  untilStopped: (pending) => Promise.resolve(pending),
  breathe: () => undefined,
  tasks: new InstanceTasks({ enter: () => undefined, failed: () => undefined }),
};

test('[limit.transfer] a length over 2 GiB, which arrives as a negative number, is charged and no refund', () => {
  const guard = createGuard(hooks);
  guard.begin(1000);
  const memory = new ArrayBuffer(4096);
  throws(() => guard.slice(memory, 100, -1_000_000), RangeError);
  throws(() => guard.lend(memory, 100, 99), RangeError);
  throws(() => guard.lend(memory, -1, 10), RangeError);
  equal(guard.used >= 0, true);
  throws(() => guard.list(-1000, 4), { code: 'transfer-limit' });
});

test('[limit.transfer] lent memory is the guest itself, charged as a copy is', () => {
  const [lent, copied] = [createGuard(hooks), createGuard(hooks)];
  for (const guard of [lent, copied]) guard.begin(10_000);
  const memory = Uint8Array.of(1, 2, 3, 4).buffer;
  deepEqual([...lent.lend(memory, 1, 3)], [2, 3]);
  copied.slice(memory, 1, 3);
  equal(lent.lend(memory, 0, 4).buffer, memory);
  copied.slice(memory, 0, 4);
  equal(lent.used, copied.used);
  throws(() => lent.lend(memory, 0, 5), RangeError);
});
