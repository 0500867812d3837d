import assert from 'node:assert/strict';
import test from 'node:test';
import { SwitchboardError } from '#core';
import {
  COMPONENT_HEADER,
  failure,
  fromInterface,
  fromWat,
  fromWit,
  handMade,
  index,
  MODULE_HEADER,
  name,
  seeded,
} from '#test/wit/fixtures';
import { leb } from './bytes.ts';
import { decodeComponent } from './decode.ts';
import { describeComponent } from './describe.ts';
import { rewriteLimits } from './limits.ts';

const MIXED = `package t:t@1.0.0;
  interface a { record p { x: u8, y: list<string> } resource r { constructor(p: p); m: func(o: option<option<p>>) -> result<p, string>; } }
  interface b { use a.{r, p}; variant v { one(p), two, three(tuple<u8, char>) } flags f { x, y } go: func(v: v, f: f, r: borrow<r>) -> list<r>; }
  world w { import a; export b; export run: func(n: u64) -> f32; import log: func(s: string); }`;
const CODES = [
  'not-wasm',
  'not-a-component',
  'invalid-component',
  'unsupported-component',
  'hostile-name',
  'too-large',
];

/** Runs a reader of hostile bytes: it may succeed or throw one of the codes for them, nothing else. */
function survives(bytes: Uint8Array): string {
  try {
    describeComponent(bytes);
    return 'ok';
  } catch (thrown) {
    assert.ok(thrown instanceof SwitchboardError, `threw ${String(thrown)}`);
    assert.ok(CODES.includes(thrown.code), `${thrown.code}: ${thrown.message}`);
    return thrown.code;
  }
}

test('[wit.corrupt] says what is not WebAssembly and what is a core module', async () => {
  for (const text of ['', 'hello', '#!/bin/sh', '\0as']) {
    const error = failure(() => decodeComponent(new TextEncoder().encode(text)));
    assert.equal(error.code, 'not-wasm');
  }
  const core = failure(() => decodeComponent(Uint8Array.from(MODULE_HEADER)));
  assert.equal(core.code, 'not-a-component');
  assert.match(core.message, /core WebAssembly module.*component is expected/);
  const wat = await fromWat('(module (func (export "f")))');
  assert.equal(failure(() => decodeComponent(wat)).code, 'not-a-component');
  const version = Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 0x0e, 0x00, 0x01, 0x00]);
  assert.equal(failure(() => decodeComponent(version)).code, 'unsupported-component');
  const layer = Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x02, 0x00]);
  assert.equal(failure(() => decodeComponent(layer)).code, 'not-a-component');
});

test('[wit.corrupt] refuses 200 MB of zeros at once', () => {
  const start = performance.now();
  const error = failure(() => decodeComponent(new Uint8Array(200_000_000)));
  assert.equal(error.code, 'too-large');
  assert.match(error.message, /190\.7 MiB.*at most 128 MiB/);
  assert.ok(performance.now() - start < 500);
});

test('[wit.corrupt] names the byte where a truncated component ends', async () => {
  const whole = await fromWit(MIXED, 'w');
  const error = failure(() => decodeComponent(whole.subarray(0, whole.length - 3)));
  assert.equal(error.code, 'invalid-component');
  assert.match(error.message, /at byte \d+/);
  for (let length = 0; length < whole.length; length += 7) survives(whole.slice(0, length));
});

test('[wit.corrupt] thousands of seeded mutations only ever give typed errors, in bounded time', async () => {
  const random = seeded(20_260_101);
  const originals = [await fromWit(MIXED, 'w'), await fromInterface('f: func(a: list<u8>) -> string;')];
  const seen = new Set<string>();
  let slowest = 0;
  for (let round = 0; round < 3000; round++) {
    const bytes = Uint8Array.from(originals[round % originals.length] ?? []);
    const edits = 1 + random(4);
    for (let i = 0; i < edits; i++) {
      const at = 8 + random(bytes.length - 8);
      const kind = random(4);
      if (kind === 0) bytes[at] = random(256);
      else if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
      else if (kind === 2) bytes.copyWithin(at, random(bytes.length), random(bytes.length));
      else bytes.fill(0xff, at, Math.min(bytes.length, at + random(6)));
    }
    const start = performance.now();
    seen.add(survives(bytes));
    slowest = Math.max(slowest, performance.now() - start);
  }
  assert.ok(seen.has('invalid-component') && seen.has('hostile-name') && seen.has('ok'));
  assert.ok(slowest < 1000, `one took ${slowest} ms`);
});

test('[wit.corrupt] seeded mutations of a core module never make rewriteLimits throw anything else', async () => {
  const random = seeded(7);
  const wat = '(module (import "a" "m" (memory 1 9)) (table 3 funcref) (global i32 i32.const 1) (func (export "f")))';
  const whole = await fromWat(wat);
  for (let round = 0; round < 2000; round++) {
    const bytes = Uint8Array.from(whole);
    for (let i = 0; i < 2; i++) bytes[8 + random(bytes.length - 8)] = random(256);
    try {
      rewriteLimits(bytes, { memoryPages: 10, tableElements: 10 });
    } catch (thrown) {
      assert.ok(thrown instanceof SwitchboardError, String(thrown));
    }
  }
});

test('[wit.corrupt] counts that do not fit reserve nothing', () => {
  for (const id of [2, 3, 5, 6, 7, 8, 10, 11]) {
    const error = failure(() => decodeComponent(handMade([id, leb(0xffff_ffff)])));
    assert.equal(error.code, 'invalid-component');
    assert.match(error.message, /list of 4294967295 items/);
  }
  const overlong = failure(() => decodeComponent(handMade([7, [0x80, 0x80, 0x80, 0x80, 0x80, 0x00]])));
  assert.equal(overlong.code, 'invalid-component');
});

/** n instance types, each holding two of the one before: 2^n definitions when evaluated. */
function instanceBomb(n: number): Uint8Array {
  const outer = (index: number) => [0x02, 0x03, 0x02, 0x01, ...leb(index)];
  const member = (label: string) => [0x04, 0, ...name(label), 0x05, 0];
  const types: number[][] = [[0x42, 0]];
  for (let i = 1; i <= n; i++) types.push([0x42, 3, ...outer(i - 1), ...member('a'), ...member('b')]);
  return handMade([7, [...leb(types.length), ...types.flat()]], [10, [1, 0, ...name('t:t/bomb'), 0x05, ...leb(n)]]);
}

/** n components, each instantiating the one before twice. */
function componentBomb(n: number): Uint8Array {
  let body: number[] = [];
  for (let i = 0; i < n; i++) {
    const inner = [...COMPONENT_HEADER, ...body];
    body = [4, ...leb(inner.length), ...inner, 5, 7, 2, 0, 0, 0, 0, 0, 0];
  }
  return Uint8Array.from([...COMPONENT_HEADER, ...body]);
}

/** A chain of n records of two fields, each field the record before: 2^n leaves, and n deep. */
function recordChain(n: number, rest: readonly number[] = []): number[] {
  const types: number[][] = [[0x72, 1, ...name('x'), 0x7d]];
  for (let i = 1; i <= n; i++) types.push([0x72, 2, ...name('a'), ...index(i - 1), ...name('b'), ...index(i - 1)]);
  return [...leb(types.length + (rest.length === 0 ? 0 : 1)), ...types.flat(), ...rest];
}

test('[wit.corrupt] type and instantiation bombs take neither time nor memory', () => {
  const start = performance.now();
  const before = process.memoryUsage().heapUsed;
  assert.equal(survives(instanceBomb(60)), 'unsupported-component');
  assert.equal(survives(componentBomb(28)), 'unsupported-component');
  assert.equal(survives(componentBomb(200)), 'invalid-component');
  assert.equal(survives(handMade([7, recordChain(500)])), 'unsupported-component');
  let nested: number[] = [0x7d];
  for (let i = 0; i < 500; i++) nested = [0x42, 1, 0x01, ...nested];
  assert.equal(survives(handMade([7, [1, ...nested]])), 'invalid-component');
  assert.ok(performance.now() - start < 3000, `${performance.now() - start} ms`);
  assert.ok(process.memoryUsage().heapUsed - before < 300_000_000);
});

test('[wit.corrupt] a chain of shared records is described without being written out', () => {
  const chain = recordChain(60, [0x40, 1, ...name('p'), 60, 0x01, 0]);
  const bytes = handMade([7, chain], [10, [1, 0, ...name('f'), 1, 61]]);
  const described = describeComponent(bytes);
  assert.equal(described.types.types.length, 61);
  assert.ok(JSON.stringify(described).length < 50_000);
});

test('[wit.corrupt] many functions that share many types are refused, not described for hours', () => {
  const fields = Array.from({ length: 300 }, (_, i) => [...name(`f${i}`), ...index(i)]);
  const options = Array.from({ length: 300 }, () => [0x6b, 0x7d]);
  const types = [...options.flat(), 0x72, ...leb(300), ...fields.flat(), 0x40, 1, ...name('p'), ...index(300), 0x01, 0];
  const many = 3000;
  const module = [...MODULE_HEADER, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0, 10, 4, 1, 2, 0, 0x0b];
  const lifts = Array.from({ length: many }, () => [0, 0, 0, 0, ...leb(301)]);
  const exports = Array.from({ length: many }, (_, i) => [0, ...name(`g${i}`), 1, ...leb(i), 0]);
  const bytes = handMade(
    [1, module],
    [7, [...leb(302), ...types]],
    [8, [...leb(many), ...lifts.flat()]],
    [11, [...leb(many), ...exports.flat()]],
  );
  const start = performance.now();
  assert.equal(survives(bytes), 'unsupported-component');
  assert.ok(performance.now() - start < 2000);
});
