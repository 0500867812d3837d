/** Coercion against the real thing: values go through jco's generated code into a guest and back. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { $init, generate } from '@bytecodealliance/jco-transpile/component';
import { componentize } from 'componentize-qjs';
import type { ComponentTypes, WitFunction } from '#core';
import { camelCase, compileArguments, compileError, compileResult, decodeComponent } from '#wit';
import type { Handles } from '#wit';

const WIT = `package t:t;
interface types {
  type outcome = result<u32, string>;
}
interface api {
  use types.{outcome};
  record inner { the-id: u64, maybe: option<string>, %constructor: bool }
  variant shape { circle(f64), poly-line(list<inner>), none, maybe(option<u8>) }
  enum color { light-red, green }
  flags perm { read-only, write, x }
  variant err { bad(inner), worse }
  type own-outcome = result<string, err>;
  numbers: func(a: tuple<u8, u16, u32, s8, s16, s32, f32, f64>) -> tuple<u8, u16, u32, s8, s16, s32, f32, f64>;
  signed: func(a: s64) -> s64;
  text: func(a: string, b: char, c: bool) -> tuple<string, char, bool>;
  rec: func(a: inner) -> inner;
  shapes: func(a: list<shape>) -> list<shape>;
  colors: func(a: list<color>) -> list<color>;
  perms: func(a: perm) -> perm;
  bytes: func(a: list<u8>) -> list<u8>;
  lists: func(a: list<f32>, b: list<s16>, c: list<u32>, d: list<f64>, e: list<list<u8>>) -> tuple<list<f32>, list<s16>, list<u32>, list<f64>, list<list<u8>>>;
  nested: func(a: option<option<u8>>, b: option<list<option<string>>>) -> tuple<option<option<u8>>, option<list<option<string>>>>;
  results: func(a: result<u8, string>, b: result, c: result<_, u8>) -> tuple<result<u8, string>, result, result<_, u8>>;
  succeed: func(a: string) -> result<string, err>;
  fail: func(a: err) -> result<string, err>;
  named: func(ok: bool) -> own-outcome;
  aliased: func(ok: bool) -> outcome;
  nothing: func();
}
world w { export api; }`;

const ECHO = '(a) => a';
const MANY = '(...a) => a';
const JS = `export const api = {
  numbers: ${ECHO}, signed: (a) => a, text: ${MANY}, rec: ${ECHO}, shapes: ${ECHO}, colors: ${ECHO}, perms: ${ECHO},
  bytes: ${ECHO}, lists: ${MANY}, nested: ${MANY}, results: ${MANY}, succeed: ${ECHO}, fail: (a) => { throw a; },
  named: (ok) => { if (ok) return 'fine'; throw { tag: 'worse' }; },
  aliased: (ok) => { if (ok) return 7; throw 'no'; },
  nothing: () => {},
};`;

const NO_HANDLES: Handles = {
  lift: () => assert.fail('no resources here'),
  lower: () => assert.fail('no resources here'),
};

type Api = { readonly [name: string]: (...args: unknown[]) => unknown };
let api: Api;
let types: ComponentTypes;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wit-roundtrip-'));
  const witPath = join(folder, 'w.wit');
  await writeFile(witPath, WIT);
  const { component } = await componentize({ witPath, jsSource: JS, world: 'w', stubWasi: true, sync: true });
  types = decodeComponent(component);
  await $init;
  const { files } = generate(component, {
    name: 'component',
    noTypescript: true,
    instantiation: { tag: 'sync' },
    map: [],
    noNodejsCompat: true,
    base64Cutoff: 0,
    tlaCompat: false,
    validLiftingOptimization: false,
    noComponentErrorWrapping: true,
    noNamespacedExports: false,
  });
  const modules = new Map(files.filter(([name]) => name.endsWith('.wasm')));
  const source = files.find(([name]) => name.endsWith('.js'))?.[1] ?? new Uint8Array();
  const entry = join(folder, 'component.mjs');
  await writeFile(entry, source);
  const { instantiate } = (await import(entry)) as { instantiate: (...args: unknown[]) => { api: Api } };
  const load = (name: string) => new WebAssembly.Module(modules.get(name) ?? new Uint8Array());
  api = instantiate(load, {}, (m: WebAssembly.Module, i: WebAssembly.Imports) => new WebAssembly.Instance(m, i)).api;
});

after(() => rm(folder, { recursive: true, force: true }));

function find(name: string): WitFunction {
  const fn = types.exports.flatMap((e) => e.functions).find((f) => f.name === name);
  assert.ok(fn, name);
  return fn;
}

/** Calls a function with JSON and gives its JSON result, as the engine does. */
function call(name: string, args: unknown): unknown {
  const fn = find(name);
  const values = compileArguments(types, fn)(args, NO_HANDLES);
  let value: unknown;
  try {
    value = api[camelCase(name)]?.(...values);
  } catch (thrown) {
    if (thrown instanceof Error) throw thrown;
    return { thrown: compileError(types, fn)(thrown, NO_HANDLES) };
  }
  return compileResult(types, fn)(value, NO_HANDLES);
}

const inner = { 'the-id': 5, maybe: null, constructor: true };
const CASES: readonly (readonly [name: string, args: readonly unknown[], result?: unknown])[] = [
  ['numbers', [[255, 65_535, 4_294_967_295, -128, -32_768, -2_147_483_648, 1.5, 1e300]]],
  ['numbers', [[0, 0, 0, 0, 0, 0, 'NaN', '-Infinity']]],
  ['signed', [-5]],
  ['text', ['naïve 🎈 \0 text', '🎈', true], ['naïve 🎈 \0 text', '🎈', true]],
  ['rec', [inner]],
  ['rec', [{ ...inner, maybe: 'x' }]],
  ['shapes', [[{ tag: 'circle', val: 2.5 }, { tag: 'poly-line', val: [inner] }, { tag: 'none' }]]],
  [
    'shapes',
    [
      [
        { tag: 'maybe', val: 3 },
        { tag: 'maybe', val: null },
      ],
    ],
  ],
  ['colors', [['light-red', 'green']]],
  ['perms', [['read-only', 'x']]],
  ['perms', [[]]],
  ['bytes', ['AAEC/w==']],
  ['bytes', ['']],
  [
    'lists',
    [[1.5, 'NaN'], [-5], [4_294_967_295], [0.1], ['AA==', '']],
    [[1.5, 'NaN'], [-5], [4_294_967_295], [0.1], ['AA==', '']],
  ],
  ['lists', [[], [], [], [], []], [[], [], [], [], []]],
  ['nested', [null, null], [null, null]],
  ['nested', [{ some: null }, []], [{ some: null }, []]],
  ['nested', [{ some: 7 }, [null, 'x']], [{ some: 7 }, [null, 'x']]],
  ['results', [{ ok: 1 }, { ok: null }, { err: 2 }], [{ ok: 1 }, { ok: null }, { err: 2 }]],
  ['results', [{ err: 'x' }, { err: null }, { ok: null }], [{ err: 'x' }, { err: null }, { ok: null }]],
  ['succeed', ['yes']],
  ['fail', [{ tag: 'bad', val: inner }], { thrown: { tag: 'bad', val: inner } }],
  ['named', [true], 'fine'],
  ['aliased', [true], 7],
];

test('[wit.coerce] values survive the way through jco, a guest and back', () => {
  for (const [name, args, result] of CASES) {
    assert.deepEqual(call(name, args), result ?? args[0], `${name} ${JSON.stringify(args)}`);
  }
  assert.equal(call('nothing', {}), undefined);
});

test('[wit.coerce] the error of a result is an error whether or not the result goes by an alias', () => {
  assert.deepEqual(call('named', [false]), { thrown: { tag: 'worse' } });
  assert.throws(() => call('aliased', [false]), { code: 'component-error', data: { value: 'no' } });
});
