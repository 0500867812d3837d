import assert from 'node:assert/strict';
import test from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ComponentTypes, WitFunction } from '#core';
import { fromInterface } from '#test/wit/fixtures';
import { compileArguments } from './coerce-in.ts';
import { decodeComponent } from './decode.ts';
import { describeComponent } from './describe.ts';
import { injectDocs } from './inject.ts';
import { argumentsSchema, resultSchema } from './schema.ts';

const BODY = `
  record point { x: f64, the-name: option<string> }
  variant shape { circle(f64), poly(list<point>), none, maybe(option<u8>) }
  enum color { red, green }
  flags perm { read, write }
  resource r { m: func(); }
  ints: func(a: u8, b: s8, c: u16, d: s16, e: u32, f: s32);
  big: func(a: u64, b: s64);
  floats: func(a: f32, b: f64);
  text: func(a: string, b: char, c: bool);
  shapes: func(a: shape, b: list<point>, c: color, d: perm);
  opts: func(a: option<u8>, b: option<option<u8>>, c: tuple<u8, string>, d: list<u8>);
  results: func(a: result<u8, string>, b: result);
  handles: func(a: borrow<r>) -> r;
  ok: func() -> result<point, string>;
  unit: func() -> result<_, string>;
  none: func();
`;
const decoded = fromInterface(BODY).then((bytes) => decodeComponent(bytes));

function find(types: ComponentTypes, name: string): WitFunction {
  const fn = types.exports.flatMap((e) => e.functions).find((f) => f.name === name);
  assert.ok(fn);
  return fn;
}

const MAX = '18446744073709551615';
/** Argument values that fit, and ones that do not, per function. */
const VALUES: { readonly [fn: string]: { readonly good: readonly object[]; readonly bad: readonly object[] } } = {
  ints: {
    good: [
      { a: 255, b: -128, c: 65_535, d: -32_768, e: 4_294_967_295, f: -2_147_483_648 },
      { a: 0, b: 127, c: 0, d: 32_767, e: 0, f: 2_147_483_647 },
    ],
    bad: [
      { a: 256, b: 0, c: 0, d: 0, e: 0, f: 0 },
      { a: 0, b: 128, c: 0, d: 0, e: 0, f: 0 },
      { a: 0.5, b: 0, c: 0, d: 0, e: 0, f: 0 },
      { a: '1', b: 0, c: 0, d: 0, e: 0, f: 0 },
      { a: 0, b: 0, c: 0, d: 0, e: -1, f: 0 },
      { a: 0, b: 0, c: 0, d: 0, e: 0 },
      { a: 0, b: 0, c: 0, d: 0, e: 0, f: 0, g: 0 },
      { a: null, b: 0, c: 0, d: 0, e: 0, f: 0 },
    ],
  },
  big: {
    good: [
      { a: 0, b: -5 },
      { a: MAX, b: '-9223372036854775808' },
      { a: '9007199254740993', b: '9223372036854775807' },
      { a: '10000000000000000000', b: '0' },
    ],
    bad: [
      { a: '18446744073709551616', b: 0 },
      { a: -1, b: 0 },
      { a: '-1', b: 0 },
      { a: '01', b: 0 },
      { a: 0, b: '9223372036854775808' },
      { a: 0, b: '-9223372036854775809' },
      { a: 0, b: '-0' },
      { a: 0, b: '+1' },
      { a: 2 ** 53, b: 0 },
      { a: '', b: 0 },
      { a: '99999999999999999999', b: 0 },
    ],
  },
  floats: {
    good: [
      { a: 1.5, b: 1e300 },
      { a: 'NaN', b: '-Infinity' },
    ],
    bad: [
      { a: 1e300, b: 0 },
      { a: 'nan', b: 0 },
      { a: '1', b: 0 },
      { a: null, b: 0 },
    ],
  },
  text: {
    good: [
      { a: '', b: 'x', c: true },
      { a: 'é', b: '🎈', c: false },
    ],
    bad: [
      { a: 1, b: 'x', c: true },
      { a: '', b: '', c: true },
      { a: '', b: 'xy', c: true },
      { a: '', b: 'x', c: 1 },
    ],
  },
  shapes: {
    good: [
      { a: { tag: 'circle', val: 1 }, b: [{ x: 1 }, { x: 2, 'the-name': null }], c: 'red', d: ['read', 'write'] },
      { a: { tag: 'none' }, b: [], c: 'green', d: [] },
      { a: { tag: 'maybe' }, b: [], c: 'green', d: [] },
      { a: { tag: 'maybe', val: null }, b: [], c: 'green', d: [] },
      { a: { tag: 'poly', val: [{ x: 1, 'the-name': 'n' }] }, b: [], c: 'green', d: ['write'] },
    ],
    bad: [
      { a: { tag: 'circle' }, b: [], c: 'red', d: [] },
      { a: { tag: 'none', val: 1 }, b: [], c: 'red', d: [] },
      { a: { tag: 'square' }, b: [], c: 'red', d: [] },
      { a: 'none', b: [], c: 'red', d: [] },
      { a: { tag: 'none', x: 1 }, b: [], c: 'red', d: [] },
      { a: { tag: 'none' }, b: [{}], c: 'red', d: [] },
      { a: { tag: 'none' }, b: [{ x: 1, y: 2 }], c: 'red', d: [] },
      { a: { tag: 'none' }, b: {}, c: 'red', d: [] },
      { a: { tag: 'none' }, b: [], c: 'blue', d: [] },
      { a: { tag: 'none' }, b: [], c: 'red', d: ['read', 'read'] },
      { a: { tag: 'none' }, b: [], c: 'red', d: ['x'] },
      { a: { tag: 'none' }, b: [], c: 'red', d: {} },
    ],
  },
  opts: {
    good: [
      { c: [1, 'x'], d: '' },
      { a: null, b: null, c: [1, 'x'], d: 'AAE=' },
      { a: 5, b: { some: null }, c: [1, 'x'], d: '' },
      { a: 5, b: { some: 3 }, c: [1, 'x'], d: '' },
    ],
    bad: [
      { b: 3, c: [1, 'x'], d: '' },
      { b: {}, c: [1, 'x'], d: '' },
      { b: { some: 1, x: 1 }, c: [1, 'x'], d: '' },
      { c: [1], d: '' },
      { c: [1, 'x', 2], d: '' },
      { c: [1, 'x'], d: [1] },
    ],
  },
  results: {
    good: [
      { a: { ok: 1 }, b: { ok: null } },
      { a: { err: 'x' }, b: { err: null } },
    ],
    bad: [
      { a: { ok: 'x' }, b: { ok: null } },
      { a: {}, b: { ok: null } },
      { a: { ok: 1, err: 'x' }, b: { ok: null } },
      { a: { ok: 1 }, b: { ok: 1 } },
    ],
  },
  handles: { good: [{ a: 'h1' }], bad: [{ a: 1 }] },
};
const HANDLES = { lift: () => 'h', lower: () => ({}) };

test('[wit.schema] the schema and the coercion accept and refuse the same arguments', async () => {
  const types = await decoded;
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictTuples: true });
  ajv.addFormat('base64', true);
  for (const [name, { good, bad }] of Object.entries(VALUES)) {
    const fn = find(types, name);
    const validate = ajv.compile(argumentsSchema(types, fn));
    const coerce = compileArguments(types, fn);
    for (const value of good) {
      assert.equal(validate(value), true, `${name} ${JSON.stringify(value)} ${JSON.stringify(validate.errors)}`);
      coerce(value, HANDLES);
    }
    for (const value of bad) {
      assert.equal(validate(value), false, `${name} ${JSON.stringify(value)}`);
      assert.throws(() => coerce(value, HANDLES), { code: 'invalid-arguments' }, `${name} ${JSON.stringify(value)}`);
    }
  }
});

test('[wit.schema] a result schema is of the success type; options are always there in a result', async () => {
  const types = await decoded;
  const ajv = new Ajv2020({ strict: true, strictTypes: false });
  const validate = ajv.compile(resultSchema(types, find(types, 'ok')) ?? false);
  assert.equal(validate({ x: 1, 'the-name': null }), true);
  assert.equal(validate({ x: 1 }), false);
  assert.equal(validate('error text'), false);
  assert.equal(resultSchema(types, find(types, 'unit')), undefined);
  assert.equal(resultSchema(types, find(types, 'none')), undefined);
  assert.equal(resultSchema(types, find(types, 'handles'))?.['type'], 'string');
});

test('[wit.schema] named and shared types stand once, under $defs', async () => {
  const types = await decoded;
  const schema = argumentsSchema(types, find(types, 'shapes'));
  assert.equal(schema['$schema'], 'https://json-schema.org/draft/2020-12/schema');
  assert.deepEqual(Object.keys(schema['$defs'] as object).toSorted(), ['color', 'perm', 'point', 'shape']);
  assert.equal(JSON.stringify(schema).split('"the-name":').length, 2);
});

test('[wit.schema] types of the same name in two interfaces do not meet', async () => {
  const bytes = await fromInterface(
    'use one.{t}; use two.{t as u}; f: func(a: t, b: u);',
    'interface one { record t { x: u8 } } interface two { record t { y: u8 } }',
  );
  const types = decodeComponent(bytes);
  const validate = new Ajv2020().compile(argumentsSchema(types, find(types, 'f')));
  assert.equal(validate({ a: { x: 1 }, b: { y: 1 } }), true);
  assert.equal(validate({ a: { x: 1 }, b: { x: 1 } }), false);
});

test('[wit.schema] descriptions come from docs', async () => {
  const wit = `package t:t; interface api {
    /// A place.
    record point { /// East.
      x: u8 }
    enum color { /// Hot.
      red, green }
    f: func(p: point, c: color); }
    world w { export api; }`;
  const bytes = injectDocs(
    await fromInterface('record point { x: u8 } enum color { red, green } f: func(p: point, c: color);'),
    wit,
  );
  const text = JSON.stringify(describeComponent(bytes).functions[0]?.arguments);
  for (const part of ['"description":"A place."', '"description":"East."', '"description":"red: Hot."']) {
    assert.ok(text.includes(part), part);
  }
});
