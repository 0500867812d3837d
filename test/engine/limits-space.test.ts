import { equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { componentOf } from '../guests/build.ts';
import { add, addBytes, codeOf, errorOf, openHost, outcomeOf } from './host.ts';

const MiB = 1024 * 1024;
const PAGES_PER_MiB = 16;
const host = await openHost();

/** A component of one core module in text. */
async function fromText(wat: string, wit: string): Promise<Uint8Array> {
  const { parse } = await import('@bytecodealliance/jco-transpile/wasm-tools');
  return componentOf(await parse(wat), wit);
}

test('[limit.memory] memory grows to the limit and not a page further', async () => {
  const hostile = await add(host, 'hostile', { memory: 8 * MiB });
  const small = Number(await host.call(hostile, 'grow'));
  ok(small <= 8 * PAGES_PER_MiB && small > 6 * PAGES_PER_MiB, `${small} pages`);
  await host.setLimits(hostile, { memory: 256 * MiB });
  const large = Number(await host.call(hostile, 'touch-memory', [100_000]));
  equal(large - small, 248 * PAGES_PER_MiB);
});

test('[limit.memory] by default an instance has 64 MiB', async () => {
  const hostile = await add(host, 'hostile');
  const pages = Number(await host.call(hostile, 'grow'));
  ok(pages <= 64 * PAGES_PER_MiB && pages > 60 * PAGES_PER_MiB, `${pages} pages`);
});

test('[limit.memory] a component that needs more to start is told so, with the command that helps', async () => {
  const bytes = await fromText(
    `(module (memory (export "memory") 100) (func (export "f") (result i32) (i32.const 1)))`,
    'package a:b; world w { export f: func() -> u32; }',
  );
  const big = await addBytes(host, bytes, { memory: 4 * MiB });
  const error = await errorOf(host.call(big, 'f'));
  equal(error.code, 'memory-limit');
  match(`${error.message} ${error.fix}`, /--memory/);
  await host.setLimits(big, { memory: 8 * MiB });
  equal(await host.call(big, 'f'), 1);
});

test('[limit.memory] several memories of one instance share the limit', async () => {
  const { parse } = await import('@bytecodealliance/jco-transpile/wasm-tools');
  const bytes = await parse(`(component
    (core module $grows (memory 1) (func (export "grow") (result i32) (local i32)
      (loop $more
        (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1))
          (then (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br $more))))
      (local.get 0)))
    (core instance $one (instantiate $grows))
    (core instance $two (instantiate $grows))
    (func (export "grow-one") (result u32) (canon lift (core func $one "grow")))
    (func (export "grow-two") (result u32) (canon lift (core func $two "grow"))))`);
  const two = await addBytes(host, bytes, { memory: 8 * MiB, reuse: 'resident', instances: 1 });
  const pages = Number(await host.call(two, 'grow-one')) + Number(await host.call(two, 'grow-two'));
  ok(pages <= 8 * PAGES_PER_MiB, `${pages} pages`);
  ok(pages > 6 * PAGES_PER_MiB, `${pages} pages`);
});

test('[limit.table] a table grows to the limit and no further', async () => {
  const tables = await add(host, 'tables', { table: 5_000 });
  const small = Number(await host.call(tables, 'grow', [100]));
  ok(small <= 5_000 && small > 4_000, `${small} elements`);
  await host.setLimits(tables, { table: 50_000 });
  const large = Number(await host.call(tables, 'grow', [100]));
  ok(large <= 50_000 && large > 49_000, `${large} elements`);
});

test('[limit.table] a component that declares a larger table is told so', async () => {
  const bytes = await fromText(
    `(module (table 6000 funcref) (func (export "f") (result i32) (i32.const 1)))`,
    'package a:b; world w { export f: func() -> u32; }',
  );
  const big = await addBytes(host, bytes, { table: 5_000 });
  equal(await codeOf(host.call(big, 'f')), 'table-limit');
  await host.setLimits(big, { table: 6_000 });
  equal(await host.call(big, 'f'), 1);
});

test('[limit.stack] deep recursion ends its call; the cell and its other calls live on', async () => {
  const hostile = await add(host, 'hostile', { cells: 1 });
  await host.call(hostile, 'recurse', [100]);
  const { cells } = await host.status();
  const outcomes = await Promise.all([
    outcomeOf(host.call(hostile, 'recurse', [100_000_000])),
    outcomeOf(host.call(hostile, 'recurse', [10])),
    outcomeOf(host.call(hostile, 'recurse', [100_000_000])),
    outcomeOf(host.call(hostile, 'divide', [6, 3])),
  ]);
  equal(outcomes.join(), 'stack-limit,ok,stack-limit,ok');
  equal((await host.status()).cells, cells);
  match(String((await errorOf(host.call(hostile, 'recurse', [100_000_000]))).fix), /--stack/);
});

test('[limit.stack] a larger limit lets a component recurse deeper', async () => {
  const hostile = await add(host, 'hostile', { stack: MiB });
  const deepest = async (): Promise<number> => {
    let depth = 1_000;
    while ((await outcomeOf(host.call(hostile, 'recurse', [depth]))) === 'ok') depth = Math.round(depth * 1.5);
    return depth;
  };
  const small = await deepest();
  await host.setLimits(hostile, { stack: 8 * MiB });
  ok((await deepest()) > small * 3);
});
