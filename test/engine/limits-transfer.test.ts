import { equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { add, codeOf, errorOf, openHost, until } from './host.ts';

const MiB = 1024 * 1024;
const host = await openHost();
const hostile = await add(host, 'hostile', { memory: 128 * MiB });

for (const [what, fn, args] of [
  ['strings that all alias one buffer', 'alias-strings', [1_000, MiB]],
  ['byte lists that all alias one buffer', 'alias-bytes', [1_000, MiB]],
  ['fields of a log record that all alias one buffer', 'alias-log', [1_000, MiB]],
  ['a string larger than the limit', 'huge-string', [40 * MiB]],
  ['a list of more numbers than the limit', 'huge-list', [5_000_000]],
  ['empty strings without number', 'alias-strings', [4_000_000, 0]],
  ['empty byte lists without number', 'alias-bytes', [4_000_000, 0]],
  ['log records without end', 'log-flood', [0, 1_000]],
  ['output without end', 'stdout-flood', [0, 1_000]],
] as const) {
  test(`[limit.transfer] ${what} end the call`, async () => {
    const error = await errorOf(host.call(hostile, fn, args));
    equal(error.code, 'transfer-limit', error.message);
    match(`${error.message} ${error.fix}`, /32 MiB.*limits test\d+:hostile --transfer/);
  });
}

test('[limit.transfer] what is within the limit arrives whole', async () => {
  const text = await host.call(hostile, 'huge-string', [20 * MiB]);
  ok(typeof text === 'string' && text.length === 20 * MiB);
  const numbers = await host.call(hostile, 'huge-list', [1_000_000]);
  ok(Array.isArray(numbers) && numbers.length === 1_000_000);
  const strings = await host.call(hostile, 'alias-strings', [100, 1000]);
  ok(Array.isArray(strings) && strings.every((text) => text === 'x'.repeat(1000)));
});

test('[limit.transfer] the figures say what a call handed over; each call has the whole limit', async () => {
  for (const size of [1000, 10 * MiB]) {
    const finished = until(host, (event) => event.type === 'call.finished');
    await host.call(hostile, 'huge-string', [size]);
    const event = await finished;
    ok(event.type === 'call.finished' && event.transferred >= size && event.transferred < size + 1000);
  }
  for (let n = 0; n < 3; n += 1) await host.call(hostile, 'huge-string', [20 * MiB]);
});

test('[limit.transfer] the limit can be set; imports count as results do', async () => {
  const small = await add(host, 'hostile', { transfer: 100_000 });
  equal(await codeOf(host.call(small, 'huge-string', [100_001])), 'transfer-limit');
  equal(await codeOf(host.call(small, 'alias-log', [10, 20_000])), 'transfer-limit');
  equal(await codeOf(host.call(small, 'log-flood', [200, 1_000])), 'transfer-limit');
  equal(await codeOf(host.call(small, 'stdout-flood', [200, 1_000])), 'transfer-limit');
  equal(await codeOf(host.call(small, 'log-flood', [0, 0])), 'transfer-limit');
  equal(await host.call(small, 'stdout-flood', [40, 1_000]), 40);
});

for (const fn of [
  'bad-utf8',
  'bad-pointer',

  'bad-alignment',
  'bad-enum',
  'bad-variant',
  'bad-option',
  'bad-result',
  'bad-char',
]) {
  test(`[engine.trap] ${fn}: what no component may hand over traps`, async () => {
    equal(await codeOf(host.call(hostile, fn)), 'component-trapped');
    equal(await host.call(hostile, 'divide', [6, 2]), 3);
  });
}

test('[engine.trap] a length beyond the memory, traps of the guest and of its post-return, exit', async () => {
  match(await codeOf(host.call(hostile, 'bad-length')), /^(transfer-limit|component-trapped)$/);
  for (const [fn, args] of [
    ['trap', []],
    ['divide', [1, 0]],
    ['read-outside', []],
    ['post-trap', []],
  ] as const) {
    equal(await codeOf(host.call(hostile, fn, args)), 'component-trapped', fn);
  }
  const exit = await errorOf(host.call(hostile, 'exit', [true]));
  equal(exit.code, 'component-exited');
  match(JSON.stringify(exit.data), /status/);
  equal(await codeOf(host.call(hostile, 'exit', [false])), 'component-exited');
});

test('[engine.trap] an allocator that answers with nonsense traps', async () => {
  const resident = await add(host, 'hostile', { reuse: 'resident', instances: 1 });
  for (const mode of [1, 2]) {
    await host.call(resident, 'arm-realloc', [mode]);
    equal(await codeOf(host.call(resident, 'take', ['some text'])), 'component-trapped', `mode ${mode}`);
  }
});
