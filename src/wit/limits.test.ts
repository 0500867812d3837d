import assert from 'node:assert/strict';
import test from 'node:test';
import { failure, fromWat } from '#test/wit/fixtures';
import { coreModules } from './decode.ts';
import { rewriteLimits } from './limits.ts';

const CAP = { memoryPages: 4, tableElements: 10 };

type Exports = { readonly [name: string]: unknown };

async function rewritten(wat: string, imports: WebAssembly.Imports = {}): Promise<Exports> {
  const bytes = rewriteLimits(await fromWat(wat), CAP);
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports;
}

interface Table {
  readonly length: number;
  grow(by: number): number;
}

test('[limit.memory] a memory grows to its limit and no further, declared maximum or not', async () => {
  for (const declared of ['1', '1 100', '1 65536', '0']) {
    const { m } = await rewritten(`(module (memory (export "m") ${declared}))`);
    assert.ok(m instanceof WebAssembly.Memory);
    const pages = m.buffer.byteLength / 65_536;
    m.grow(4 - pages);
    assert.throws(() => m.grow(1), RangeError);
  }
  const { m } = await rewritten('(module (memory (export "m") 1 2))');
  assert.ok(m instanceof WebAssembly.Memory);
  m.grow(1);
  assert.throws(() => m.grow(1), RangeError);
});

test('[limit.memory] memory.grow of the guest itself is refused at the limit', async () => {
  const { grow } = await rewritten(
    '(module (memory 1) (data (i32.const 0) "x") (func (export "grow") (param i32) (result i32) local.get 0 memory.grow))',
  );
  assert.ok(typeof grow === 'function');
  assert.equal(grow(3), 1);
  assert.equal(grow(1), -1);
});

test('[limit.table] a table grows to its limit and no further, initialised or not', async () => {
  for (const table of ['2 funcref', '2 1000 funcref', '2 funcref (ref.null func)', '0 externref']) {
    const { t } = await rewritten(`(module (table (export "t") ${table}))`);
    const grown = t as Table;
    grown.grow(10 - grown.length);
    assert.throws(() => grown.grow(1), RangeError);
  }
});

test('[limit.memory] an imported memory links to the lowered definition', async () => {
  const { m } = await rewritten('(module (memory (export "m") 1 100))');
  assert.ok(m instanceof WebAssembly.Memory);
  await rewritten('(module (import "a" "m" (memory 1 100)))', { a: { m } });
  await rewritten('(module (import "a" "m" (memory 1)))', { a: { m } });
});

test('[limit.memory] a module that needs more to start is told how much', async () => {
  const big = await fromWat('(module (memory 2048))');
  const error = failure(() => rewriteLimits(big, CAP));
  assert.equal(error.code, 'memory-limit');
  assert.match(error.message, /needs 128 MiB of memory to start; its limit is 256 KiB/);
  assert.equal(error.fix, 'switchboard limits <component> --memory 128MiB');
});

test('[limit.table] a module whose table is too large is told how large', async () => {
  const big = await fromWat('(module (table 500 funcref))');
  const error = failure(() => rewriteLimits(big, CAP));
  assert.equal(error.code, 'table-limit');
  assert.match(error.message, /500 elements.*limit is 10/);
  assert.equal(error.fix, 'switchboard limits <component> --table 500');
});

test('[limit.memory] shared and 64-bit memories are refused', async () => {
  for (const memory of ['1 2 shared', 'i64 1']) {
    const bytes = await fromWat(`(module (memory ${memory}))`);
    assert.equal(failure(() => rewriteLimits(bytes, CAP)).code, 'unsupported-component');
  }
});

test('[limit.memory] lists core modules at any nesting as ranges of the file', async () => {
  const bytes = await fromWat(`(component
    (core module (memory 1 5) (table 3 funcref))
    (component (core module (import "a" "b" (memory 2)) (type (struct)))))`);
  const modules = coreModules(bytes);
  assert.equal(modules.length, 2);
  assert.deepEqual(modules[0]?.memories, [
    { imported: false, min: 1n, max: 5n, shared: false, wide: false, unit: 65_536 },
  ]);
  assert.deepEqual(modules[0]?.tables, [{ imported: false, min: 3n, shared: false, wide: false, unit: 1 }]);
  assert.equal(modules[0]?.onlyFunctionTypes, true);
  assert.equal(modules[1]?.memories[0]?.imported, true);
  assert.equal(modules[1]?.onlyFunctionTypes, false);
  for (const { start, end } of modules) {
    assert.deepEqual([...bytes.subarray(start, start + 4)], [0, 0x61, 0x73, 0x6d]);
    assert.equal(WebAssembly.validate(bytes.slice(start, end)), true);
  }
});
