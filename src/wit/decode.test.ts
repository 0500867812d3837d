import assert from 'node:assert/strict';
import test from 'node:test';
import type { ComponentTypes, WitFunction } from '#core';
import { failure, fromInterface, fromWat, fromWit } from '#test/wit/fixtures';
import { decodeComponent } from './decode.ts';
import { hasResource, witSignature } from './types.ts';

function fn(types: ComponentTypes, name: string): WitFunction {
  const all = [...types.exportedFunctions, ...types.exports.flatMap((e) => e.functions)];
  const found = all.find((f) => f.name === name);
  assert.ok(found, `no function ${name}`);
  return found;
}

function signatures(types: ComponentTypes): string[] {
  const all = [...types.exportedFunctions, ...types.exports.flatMap((e) => e.functions)];
  return all.map((f) => witSignature(types, f));
}

test('[wit.types] decodes every primitive as itself', async () => {
  const names = ['bool', 'u8', 'u16', 'u32', 'u64', 's8', 's16', 's32', 's64', 'f32', 'f64', 'char', 'string'];
  const body = names.map((n) => `f-${n}: func(x: ${n}) -> ${n};`).join(' ');
  const types = decodeComponent(await fromInterface(body));
  for (const n of names) {
    const found = fn(types, `f-${n}`);
    assert.equal(found.params[0]?.type, n);
    assert.equal(found.result, n);
    assert.equal(found.interface, 't:t/api');
  }
});

test('[wit.types] decodes compound types with their names and the interface that defines them', async () => {
  const types = decodeComponent(
    await fromInterface(`
    record point { x: f64, the-name: option<string> }
    variant shape { circle(f64), poly(list<point>), none }
    enum color { red, green }
    flags perm { read, write }
    type bytes = list<u8>;
    f: func(a: shape, b: color, c: perm, d: tuple<u8, s64>, e: option<option<char>>, g: bytes) -> result<point, string>;
    h: func(a: result, b: result<u8>, c: result<_, u8>);`),
  );
  const f = fn(types, 'f');
  const entry = (ref: unknown) => types.types[ref as number];
  assert.deepEqual(
    f.params.map((p) => entry(p.type)?.kind),
    ['variant', 'enum', 'flags', 'tuple', 'option', 'list'],
  );
  const shape = entry(f.params[0]?.type);
  assert.ok(shape?.kind === 'variant');
  assert.equal(shape.name, 'shape');
  assert.equal(shape.interface, 't:t/api');
  assert.deepEqual(
    shape.cases.map((c) => c.name),
    ['circle', 'poly', 'none'],
  );
  assert.equal(shape.cases[0]?.type, 'f64');
  assert.equal(shape.cases[2]?.type, undefined);
  assert.deepEqual(signatures(types), [
    'f: func(a: shape, b: color, c: perm, d: tuple<u8, s64>, e: option<option<char>>, g: bytes) -> result<point, string>',
    'h: func(a: result, b: result<u8>, c: result<_, u8>)',
  ]);
});

test('[wit.types] decodes resources: constructor, methods, static functions, own and borrow', async () => {
  const types = decodeComponent(
    await fromInterface(`
    resource counter { constructor(start: u32); inc: func(by: u32) -> u32; merge: static func(a: counter, b: borrow<counter>) -> counter; }
    resource other;
    pass: func(c: counter, o: borrow<other>) -> list<other>;
    plain: func();`),
  );
  const inc = fn(types, '[method]counter.inc');
  assert.equal(inc.kind, 'method');
  assert.equal(inc.resource, 'counter');
  assert.equal(inc.params[0]?.name, 'self');
  const self = types.types[inc.params[0]?.type as number];
  assert.ok(self?.kind === 'borrow');
  assert.deepEqual(types.types[self.resource], { kind: 'resource', name: 'counter', interface: 't:t/api' });
  assert.equal(fn(types, '[constructor]counter').kind, 'constructor');
  assert.equal(fn(types, '[static]counter.merge').kind, 'static');
  assert.equal(types.types.filter((t) => t.kind === 'resource').length, 2);
  assert.equal(hasResource(types, fn(types, 'pass')), true);
  assert.equal(hasResource(types, fn(types, 'plain')), false);
  assert.deepEqual(signatures(types), [
    'counter: constructor(start: u32)',
    'counter.inc: func(by: u32) -> u32',
    'counter.merge: static func(a: counter, b: borrow<counter>) -> counter',
    'pass: func(c: counter, o: borrow<other>) -> list<other>',
    'plain: func()',
  ]);
});

test('[wit.use] resolves use across interfaces and packages, imported and exported', async () => {
  const types = decodeComponent(
    await fromWit(
      `package t:t@1.0.0;
      package dep:types@0.2.0 { interface geo { record point { x: u8 } resource canvas { draw: func(p: point); } } }
      interface mid { use dep:types/geo@0.2.0.{point as pt}; type again = pt; make: func() -> again; }
      interface api { use mid.{again}; use dep:types/geo@0.2.0.{canvas}; f: func(a: list<again>, c: borrow<canvas>) -> canvas; }
      world w { use mid.{again}; import dep:types/geo@0.2.0; export mid; export api; export run: func(a: again) -> again;
        export inline: interface { use mid.{again}; g: func(a: again); } import note: func(x: u64); }`,
      'w',
    ),
  );
  const point = types.types.find((t) => t.kind === 'record');
  assert.equal(point?.name, 'point');
  assert.equal(point?.interface, 'dep:types/geo@0.2.0');
  assert.equal(types.types.filter((t) => t.kind === 'record').length, 1);
  assert.equal(types.types.filter((t) => t.kind === 'resource').length, 1);
  assert.deepEqual(types.exports.map((e) => e.id).toSorted(), ['inline', 't:t/api@1.0.0', 't:t/mid@1.0.0']);
  assert.ok(types.imports.some((i) => i.id === 'dep:types/geo@0.2.0'));
  assert.deepEqual(
    types.importedFunctions.map((f) => [f.name, f.params[0]?.type]),
    [['note', 'u64']],
  );
  assert.ok(signatures(types).includes('f: func(a: list<point>, c: borrow<canvas>) -> canvas'));
  assert.ok(signatures(types).includes('run: func(a: point) -> point'));
});

test('[wit.use] the same interface imported and exported has types and resources of its own', async () => {
  const types = decodeComponent(
    await fromWit(
      'package t:t; interface a { resource r { m: func(); } make: func() -> r; } world w { import a; export a; }',
      'w',
    ),
  );
  const imported = types.imports[0]?.functions.find((f) => f.name === 'make');
  const exported = types.exports[0]?.functions.find((f) => f.name === 'make');
  const resource = (f: WitFunction | undefined) => {
    const own = types.types[f?.result as number];
    assert.ok(own?.kind === 'own');
    return own.resource;
  };
  assert.notEqual(resource(imported), resource(exported));
});

test('[wit.use] reads inline instances, outer aliases and exports with a type ascription', async () => {
  const types = decodeComponent(
    await fromWat(`(component
      (core module $m (func (export "f") (param i32) (result i32) local.get 0))
      (core instance $i (instantiate $m))
      (type $color (enum "red" "green"))
      (func $f (param "c" $color) (result $color) (canon lift (core func $i "f")))
      (component $c
        (alias outer 1 $color (type $outer))
        (import "f" (func $g (param "c" $outer) (result $outer)))
        (export $named "color" (type $outer))
        (export "paint" (func $g) (func (param "c" $named) (result $named))))
      (instance $shim (instantiate $c (with "f" (func $f))))
      (instance $bundle (export "color" (type $color)) (export "f" (func $f)))
      (export "t:t/shim" (instance $shim))
      (export "t:t/bundle" (instance $bundle)))`),
  );
  assert.deepEqual(
    types.exports.map((e) => [e.id, e.functions.map((f) => witSignature(types, f))]),
    [
      ['t:t/shim', ['paint: func(c: color) -> color']],
      ['t:t/bundle', ['f: func(c: color) -> color']],
    ],
  );
});

test('[wit.async] reads async functions, streams and futures', async () => {
  const types = decodeComponent(
    await fromInterface(`f: async func(a: stream<u8>, b: option<future<string>>) -> stream;
      resource r { m: async func() -> future; s: static async func(); }`),
  );
  assert.deepEqual(
    types.exports.flatMap((e) => e.functions.map((fn) => witSignature(types, fn))),
    [
      'r.m: async func() -> future',
      'r.s: static async func()',
      'f: async func(a: stream<u8>, b: option<future<string>>) -> stream',
    ],
  );
  assert.equal(types.concurrent, true);
  assert.equal(decodeComponent(await fromInterface('f: func();')).concurrent, undefined);
});

test('[wit.async] refuses what of WASI 0.3 and later is not run by name, wherever it stands', async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['f: func() -> result<_, error-context>;', /uses error-context in function `f` in interface `t:t\/api`/],
    ['f: func() -> list<u8, 4>;', /uses a fixed-size list in function `f` .*; it is not supported/],
    ['f: func() -> map<string, u8>;', /uses map in function `f` .*; it is not supported/],
    ['f: func() -> future<future<u8>>;', /uses a future of a future, which is not supported/],
    ['f: async func() -> result<u8, stream<u8>>;', /a stream or future in the error of `f`/],
    ['f: async func(a: stream);', /a stream or future without a type in the arguments of `f`/],
    ['f: async func(a: option<future>);', /a stream or future without a type in the arguments of `f`/],
  ];
  for (const [body, message] of cases) {
    const bytes = await fromInterface(body);
    const error = failure(() => decodeComponent(bytes));
    assert.equal(error.code, 'unsupported-component');
    assert.match(error.message, message);
  }
});

test('[wit.async] refuses built-ins that nothing runs; knows those of tasks that no function shows', async () => {
  for (const name of ['thread.index', 'error-context.drop']) {
    const bytes = await fromWat(`(component (canon ${name} (core func)))`);
    const error = failure(() => decodeComponent(bytes));
    assert.equal(error.code, 'unsupported-component');
    assert.ok(error.message.includes(`uses the built-in \`${name}\`, which is not supported`), error.message);
  }
  const tasks = await fromWat('(component (canon waitable-set.new (core func)))');
  assert.equal(decodeComponent(tasks).concurrent, true);
});

test('[wit.types] refuses components that import components or modules', async () => {
  for (const wat of ['(component (import "a" (core module)))', '(component (import "a" (component)))']) {
    const bytes = await fromWat(wat);
    const error = failure(() => decodeComponent(bytes));
    assert.equal(error.code, 'unsupported-component');
  }
});

test('[wit.hostile-names] refuses exports that would be called by whoever awaits them', async () => {
  const world = await fromWit('package t:t; world w { export then: func(); }', 'w');
  const method = await fromInterface('resource r { then: func(); } f: func() -> r;');
  for (const bytes of [world, method]) {
    const error = failure(() => decodeComponent(bytes));
    assert.equal(error.code, 'unsupported-component');
    assert.match(error.message, /would take for a promise/);
  }
  decodeComponent(await fromInterface('then: func();'));
});
