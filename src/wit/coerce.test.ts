import assert from 'node:assert/strict';
import test from 'node:test';
import { SwitchboardError } from '#core';
import type { ComponentTypes, WitFunction } from '#core';
import { fromInterface } from '#test/wit/fixtures';
import { compileArguments } from './coerce-in.ts';
import { compileError, compileResult } from './coerce-out.ts';
import { decodeComponent } from './decode.ts';
import type { Handles } from './coerce-common.ts';

const decoded = fromInterface(`
  record item { price: f64, the-tag: option<string> }
  record order { items: list<item>, note: string }
  variant shape { circle(f64), none, order(order) }
  enum color { red, green }
  flags perm { read-only, write }
  resource r { constructor(a: u8); m: func(x: u8) -> u8; }
  place: func(order: order) -> order;
  do-shape: func(s: shape) -> shape;
  do-color: func(c: color) -> color;
  do-perm: func(p: perm) -> perm;
  two: func(a: string, b: option<u8>);
  big: func(n: u64) -> u64;
  signed: func(n: s64) -> s64;
  small: func(n: u8) -> u8;
  float: func(n: f32) -> f64;
  bytes: func(b: list<u8>) -> list<u8>;
  nested: func(o: option<option<u8>>) -> option<option<u8>>;
  res: func(r: tuple<result<u8, string>>) -> tuple<result<u8, string>>;
  top: func() -> result<list<u32>, shape>;
  deep: func(l: list<list<list<list<list<list<list<list<list<list<u8>>>>>>>>>>);
  take: func(a: r, b: borrow<r>) -> list<r>;
  %char: func(c: char) -> char;
  text: func(s: string) -> string;
`).then((bytes) => decodeComponent(bytes));

const NONE: Handles = { lift: () => assert.fail(), lower: () => assert.fail() };

function find(types: ComponentTypes, name: string): WitFunction {
  const fn = types.exports.flatMap((e) => e.functions).find((f) => f.name === name);
  assert.ok(fn, name);
  return fn;
}

async function lower(name: string, args: unknown, handles = NONE): Promise<unknown[]> {
  const types = await decoded;
  return compileArguments(types, find(types, name))(args, handles);
}

async function refusal(name: string, args: unknown): Promise<string> {
  try {
    await lower(name, args);
  } catch (thrown) {
    assert.ok(thrown instanceof SwitchboardError);
    assert.equal(thrown.code, 'invalid-arguments');
    return thrown.message;
  }
  return assert.fail(`${name} took ${String(args)}`);
}

async function lift(name: string, value: unknown, handles = NONE): Promise<unknown> {
  const types = await decoded;
  return compileResult(types, find(types, name))(value, handles);
}

const fine = { items: [{ price: 1 }, { price: 2, 'the-tag': 'x' }], note: '' };

test('[wit.coerce] errors name the path and what was expected', async () => {
  const order = (items: unknown) => ({ order: { items, note: '' } });
  assert.equal(
    await refusal('place', order([...fine.items, { price: '1' }])),
    'order.items[2].price: expected f64, got string',
  );
  assert.equal(await refusal('place', order([{}])), 'order.items[0]: missing field "price" (f64)');
  assert.equal(
    await refusal('place', order([{ price: 1, tax: 2 }])),
    'order.items[0]: no field "tax"; there are price, the-tag',
  );
  assert.equal(await refusal('place', order({})), 'order.items: expected list<item>, got object');
  assert.equal(
    await refusal('place', order([{ price: 1, 'the-tag': 2 }])),
    'order.items[0].the-tag: expected string, got number 2',
  );
  assert.equal(await refusal('place', { order: null }), 'order: expected order, got null');
  assert.equal(
    await refusal('do-shape', { s: { tag: 'order', val: { items: [] } } }),
    's.val: missing field "note" (string)',
  );
  assert.equal(
    await refusal('do-shape', { s: { tag: 'square' } }),
    's: no case of shape "square"; there are circle, none, order',
  );
  assert.equal(await refusal('do-color', { c: 'blue' }), 'c: no case of color "blue"; there are red, green');
  assert.equal(await refusal('small', { n: 256 }), 'n: expected u8 (0 to 255), got 256');
  assert.equal(await refusal('small', { n: 1.5 }), 'n: expected u8 (0 to 255), got 1.5');
  assert.equal(await refusal('res', { r: [{ ok: 'x' }] }), 'r[0].ok: expected u8, got string');
  assert.equal(await refusal('nested', { o: { some: 'x' } }), 'o.some: expected u8, got string');
});

test('[wit.coerce] missing, extra and too many arguments are named', async () => {
  assert.equal(await refusal('two', {}), 'missing argument "a"; the function takes a, b');
  assert.equal(await refusal('two', { a: 'x', c: 1 }), 'unknown argument "c"; the function takes a, b');
  assert.equal(await refusal('two', ['x', 1, 2]), '3 arguments are too many; the function takes a, b');
  assert.equal(await refusal('two', []), 'missing argument "a"; the function takes a, b');
  assert.equal(await refusal('top', { x: 1 }), 'unknown argument "x"; the function takes none');
  for (const bad of [null, 'x', 5, undefined])
    assert.match(await refusal('two', bad), /expected an object of arguments/);
  assert.deepEqual(await lower('two', { a: 'x' }), ['x', undefined]);
  assert.deepEqual(await lower('two', ['x']), ['x', undefined]);
  assert.deepEqual(await lower('top', undefined), []);
});

test('[wit.coerce] keys that JavaScript knows are ordinary unknown keys, and inherited ones do not count', async () => {
  for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const args: unknown = JSON.parse(`{"a":"x","${key}":{"b":1}}`);
    assert.equal(await refusal('two', args), `unknown argument "${key}"; the function takes a, b`);
    const order: unknown = JSON.parse(`{"order":{"items":[],"note":"","${key}":1}}`);
    assert.equal(await refusal('place', order), `order: no field "${key}"; there are items, note`);
  }
  const inherited: unknown = Object.create({ a: 'x' });
  assert.equal(await refusal('two', inherited), 'missing argument "a"; the function takes a, b');
  const tag: unknown = Object.create({ tag: 'none' });
  assert.match(await refusal('do-shape', { s: tag }), /^s: expected shape as/);
});

test('[wit.coerce] records get camelCase keys, options undefined, flags booleans, variants tag and val', async () => {
  assert.deepEqual(await lower('place', { order: fine }), [
    {
      items: [
        { price: 1, theTag: undefined },
        { price: 2, theTag: 'x' },
      ],
      note: '',
    },
  ]);
  assert.deepEqual(await lower('do-perm', { p: ['read-only'] }), [{ readOnly: true, write: false }]);
  assert.deepEqual(await lower('do-shape', { s: { tag: 'none' } }), [{ tag: 'none' }]);
  assert.deepEqual(await lower('nested', { o: null }), [{ tag: 'none' }]);
  assert.deepEqual(await lower('nested', { o: { some: null } }), [{ tag: 'some', val: undefined }]);
  assert.deepEqual(await lower('bytes', { b: 'AAH/' }), [Uint8Array.of(0, 1, 255)]);
});

test('[wit.coerce] 64-bit integers are exact both ways', async () => {
  const max = (2n ** 64n - 1n).toString();
  assert.deepEqual(await lower('big', { n: max }), [2n ** 64n - 1n]);
  assert.deepEqual(await lower('big', { n: Number.MAX_SAFE_INTEGER }), [2n ** 53n - 1n]);
  assert.deepEqual(await lower('signed', { n: '-9223372036854775808' }), [-(2n ** 63n)]);
  assert.match(
    await refusal('big', { n: 2 ** 53 }),
    /^n: expected u64, got number 9007199254740992, which JSON numbers/,
  );
  for (const bad of ['18446744073709551616', '-1', '1.0', '0x10', ' 1', '', '1e3', '00'])
    await refusal('big', { n: bad });
  assert.equal(await lift('big', 2n ** 64n - 1n), max);
  assert.equal(await lift('big', 2n ** 53n - 1n), Number.MAX_SAFE_INTEGER);
  assert.equal(await lift('big', 2n ** 53n), '9007199254740992');
  assert.equal(await lift('signed', -(2n ** 53n)), '-9007199254740992');
});

test('[wit.coerce] floats carry NaN and the infinities as words', async () => {
  assert.deepEqual(await lower('float', { n: 'NaN' }), [Number.NaN]);
  assert.deepEqual(await lower('float', { n: '-Infinity' }), [-Infinity]);
  assert.match(await refusal('float', { n: 1e39 }), /f32, got 1e\+39, which is too large/);
  for (const bad of ['nan', '1', '', null, true, 'toString']) await refusal('float', { n: bad });
  assert.equal(await lift('float', Number.NaN), 'NaN');
  assert.equal(await lift('float', Infinity), 'Infinity');
  assert.equal(await lift('float', 0.1), 0.1);
});

test('[wit.coerce] strings that UTF-8 cannot hold are refused with their path', async () => {
  assert.equal(await refusal('text', { s: 'a\ud800' }), 's: the string has a lone surrogate, which UTF-8 cannot hold');
  for (const bad of ['', 'ab', '\ud83c', '\udf88', '🎈x', 'e\u0301']) await refusal('char', { c: bad });
  assert.deepEqual(await lower('char', { c: '🎈' }), ['🎈']);
});

test('[wit.coerce] bytes are strict base64', async () => {
  for (const bad of ['AA', 'AAE', '!!!!', 'AB==', 'AA-_', [1], 5]) await refusal('bytes', { b: bad });
  assert.equal(await lift('bytes', Uint8Array.of(0, 1, 255)), 'AAH/');
});

test('[wit.coerce] arrays that hold themselves, or each other many times, end soon', async () => {
  let shared: unknown = '';
  for (let level = 0; level < 9; level++) shared = Array.from({ length: 40 }, () => shared);
  const start = performance.now();
  assert.match(await refusal('deep', { l: shared }), /more values than one call may take/);
  assert.ok(performance.now() - start < 5000, `${performance.now() - start} ms`);
  const self: unknown[] = [];
  self.push(self);
  assert.match(await refusal('deep', { l: self }), /expected list<u8> as a base64 string, got array/);
  const loop: { items: unknown[]; note: string } = { items: [], note: '' };
  loop.items.push(loop);
  assert.match(await refusal('place', { order: loop }), /items\[0\]: missing field "price"/);
});

test('[wit.coerce] handles go through the session, with their resource and whether they are given away', async () => {
  const seen: unknown[] = [];
  const object = { the: 'object' };
  const handles: Handles = {
    lower: (resource, handle, own) => {
      seen.push([resource, handle, own]);
      return object;
    },
    lift: (resource, value) => `${resource}:${value === object}`,
  };
  const types = await decoded;
  const resource = types.types.findIndex((t) => t.kind === 'resource');
  assert.deepEqual(await lower('take', { a: 'h1', b: 'h2' }, handles), [object, object]);
  assert.deepEqual(seen, [
    [resource, 'h1', true],
    [resource, 'h2', false],
  ]);
  assert.deepEqual(await lift('take', [object], handles), [`${resource}:true`]);
  assert.match(await refusal('take', { a: 1, b: 'h' }), /^a: expected a handle of r, got number 1/);
  const lost = new SwitchboardError('invalid-handle', 'gone');
  const failing: Handles = {
    ...handles,
    lower: () => {
      throw lost;
    },
  };
  await assert.rejects(lower('take', { a: 'h1', b: 'h2' }, failing), lost);
  assert.deepEqual(await lower('[method]r.m', { self: 'h', x: 3 }, handles), [object, 3]);
});

test('[wit.coerce] results of the wrong type are refused with their path', async () => {
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ['place', { items: [{ price: '1' }], note: '' }, /^result\.items\[0\]\.price: expected f64, got string/],
    ['place', undefined, /^result: expected order/],
    ['do-shape', { tag: 'x' }, /^result: expected shape/],
    ['do-color', 'blue', /^result: expected color/],
    ['big', 5, /^result: expected u64/],
    ['big', -1n, /^result: expected u64/],
    ['small', 300, /^result: expected u8/],
    ['bytes', [1], /^result: expected list<u8>/],
    ['take', ['x'], /^result\[0\]: expected a handle of r/],
  ];
  for (const [name, value, message] of cases) {
    await assert.rejects(lift(name, value), (thrown: unknown) => {
      assert.ok(thrown instanceof SwitchboardError);
      assert.equal(thrown.code, 'invalid-result');
      assert.match(thrown.message, message);
      return true;
    });
  }
});

test('[wit.coerce] a top-level result is its success; the error has a conversion of its own', async () => {
  const types = await decoded;
  assert.deepEqual(await lift('top', Uint32Array.of(1, 2)), [1, 2]);
  assert.deepEqual(compileError(types, find(types, 'top'))({ tag: 'circle', val: 1 }, NONE), { tag: 'circle', val: 1 });
  assert.equal(compileError(types, find(types, 'big'))('x', NONE), undefined);
  assert.deepEqual(await lift('res', [{ tag: 'err', val: 'x' }]), [{ err: 'x' }]);
  assert.deepEqual(await lift('do-perm', { readOnly: true, write: false }), ['read-only']);
});

test('[wit.coerce] converting a string takes about a microsecond at most', async () => {
  const types = await decoded;
  const convert = compileArguments(types, find(types, 'text'));
  const args = { s: 'hello' };
  const rounds = 200_000;
  for (let i = 0; i < rounds; i++) convert(args, NONE);
  const best = Math.min(
    ...Array.from({ length: 5 }, () => {
      const start = performance.now();
      for (let i = 0; i < rounds; i++) convert(args, NONE);
      return ((performance.now() - start) * 1000) / rounds;
    }),
  );
  assert.ok(best < 3, `${best} µs`);
});
