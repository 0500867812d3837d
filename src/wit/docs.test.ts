import assert from 'node:assert/strict';
import test from 'node:test';
import { $init, generate } from '@bytecodealliance/jco-transpile/component';
import { failure, fromWat, fromWit } from '#test/wit/fixtures';
import { concat, customSection } from './bytes.ts';
import { customSections, decodeComponent } from './decode.ts';
import { describeComponent } from './describe.ts';
import { synthesizeDocs } from './docs.ts';
import { injectDocs, injectPackage, stripDocs } from './inject.ts';
import { readWitDocs } from './wit-text.ts';

const WIT = `/// The package.
package demo:text@1.0.0;

/// Types.
interface types {
  /// A place.
  record point {
    /// East.
    x: f64, // not this
    /** North,
      * really. */
    %type: option<list<u8>>,
    z: u8
  }
  /// A shape.
  variant shape { /// Round.
    circle(f64), none }
  flags perm { /// May read.
    read, write }
  enum color { red, /// Like grass.
    green }
  /// Counts.
  resource counter {
    /// Starts it.
    constructor(start: u32);
    /// Adds.
    inc: func(by: u32) -> u32;
    /// Joins.
    merge: static func(a: counter, b: counter) -> counter;
  }
}
/* plain */
/// Text tools.
@since(version = 1.0.0)
interface api {
  use types.{point, shape as form, perm, color, counter};
  /// Counts words.
  /// And more.
  @since(version = 1.0.0)
  analyze-text: func(text: string, p: point, s: form) -> tuple<perm, color>;
  bare: func(c: borrow<counter>);
}
/// The world.
world text {
  export types;
  export api;
  /// Runs it.
  export run: func(a: u8);
  /// Notes.
  import note: func(s: string);
  /// Inside.
  export inline: interface {
    /// Goes.
    go: func();
  }
}
`;

const LEGACY = {
  docs: 'pkg',
  worlds: { text: { docs: 'w0', funcs: { run: 'runs v0' } } },
  interfaces: { api: { funcs: { bare: 'bare v0' } } },
};

function packageDocs(version: number, docs: unknown): Uint8Array {
  return customSection('package-docs', concat([[version], new TextEncoder().encode(JSON.stringify(docs))]));
}

test('[wit.docs] takes docs that a build injected: functions, types, fields, cases, flags, worlds', async () => {
  const component = injectDocs(await fromWit(WIT, 'text'), WIT);
  const { docs, functions, types } = describeComponent(component);
  const of = (id: string) => functions.find((f) => f.id === id)?.docs;
  assert.equal(docs, 'The world.');
  assert.equal(of('api.analyze-text'), 'Counts words.\nAnd more.');
  assert.equal(of('run'), 'Runs it.');
  assert.equal(of('types.counter.new'), 'Starts it.');
  assert.equal(of('types.counter.inc'), 'Adds.');
  assert.equal(of('types.counter.merge'), 'Joins.');
  assert.equal(of('inline.go'), 'Goes.');
  assert.equal(types.importedFunctions[0]?.docs, 'Notes.');
  assert.equal(types.exports.find((e) => e.id.includes('/api'))?.docs, 'Text tools.');
  const point = types.types.find((t) => t.name === 'point');
  assert.ok(point?.kind === 'record');
  assert.equal(point.docs, 'A place.');
  assert.deepEqual(
    point.fields.map((f) => f.docs),
    ['East.', 'North,\nreally.', undefined],
  );
  const shape = types.types.find((t) => t.name === 'shape');
  assert.ok(shape?.kind === 'variant');
  assert.deepEqual(
    shape.cases.map((c) => c.docs),
    ['Round.', undefined],
  );
  const perm = types.types.find((t) => t.name === 'perm');
  assert.ok(perm?.kind === 'flags');
  assert.equal(perm.flags[0]?.docs, 'May read.');
  const color = types.types.find((t) => t.name === 'color');
  assert.ok(color?.kind === 'enum');
  assert.equal(color.cases[1]?.docs, 'Like grass.');
});

test('[wit.docs] takes docs from package-docs, versions 0 and 1', async () => {
  const component = await fromWit(WIT, 'text');
  const old = decodeComponent(concat([component, packageDocs(0, LEGACY)]));
  assert.equal(old.exportedFunctions[0]?.docs, 'runs v0');
  assert.equal(old.docs, 'w0');
  const v1 = { worlds: { text: { funcs: { run: { docs: 'runs v1', stability: 'unknown' } } } } };
  const current = decodeComponent(concat([component, packageDocs(1, v1)]));
  assert.equal(current.exportedFunctions[0]?.docs, 'runs v1');
});

test('[wit.docs] takes docs from a WIT file beside the component; its own come first', async () => {
  const component = await fromWit(WIT, 'text');
  const beside = describeComponent(component, { witText: WIT });
  assert.equal(beside.functions.find((f) => f.id === 'run')?.docs, 'Runs it.');
  const both = describeComponent(concat([component, packageDocs(0, LEGACY)]), { witText: WIT });
  assert.equal(both.functions.find((f) => f.id === 'run')?.docs, 'runs v0');
  assert.equal(both.functions.find((f) => f.id === 'api.analyze-text')?.docs, 'Counts words.\nAnd more.');
});

test('[wit.docs] makes docs from names where there are none', async () => {
  const { functions } = describeComponent(await fromWit(WIT, 'text'));
  const of = (id: string) => functions.find((f) => f.id === id)?.docs;
  assert.equal(of('api.analyze-text'), 'analyze text: takes text, p, s');
  assert.equal(of('types.counter.inc'), 'counter inc: takes by');
  assert.equal(of('inline.go'), 'go');
  assert.equal(synthesizeDocs({ name: 'a-b', kind: 'function', params: [] }), 'a b');
});

test('[wit.docs] docs of a package are not put on an interface of another that has the same short name', async () => {
  const wit = 'package a:b; interface types { f: func(); } world w { export types; }';
  const docs = '/// x\npackage c:d;\ninterface types {\n/// wrong\nf: func(); }';
  const described = describeComponent(await fromWit(wit, 'w'), { witText: docs });
  assert.equal(described.functions[0]?.docs, 'f');
});

test('[wit.docs] bad docs are ignored, whatever they hold', async () => {
  const component = await fromWit('package a:b; world w { export f: func(); }', 'w');
  const bad = [
    [],
    [0],
    [1, 0x7b],
    [9, 0x7b, 0x7d],
    [...new TextEncoder().encode('\x01{"worlds":[1,{"__proto__":3}]}')],
  ];
  for (const content of bad) {
    const types = decodeComponent(concat([component, customSection('package-docs', Uint8Array.from(content))]));
    assert.equal(types.exportedFunctions[0]?.docs, undefined);
  }
  const odd = { worlds: { w: { docs: 7, funcs: { f: { docs: {} }, constructor: 'x' } } }, interfaces: null };
  assert.equal(decodeComponent(concat([component, packageDocs(1, odd)])).exportedFunctions[0]?.docs, undefined);
});

test('[wit.docs] reading WIT text never throws and takes linear time', () => {
  const texts = [
    '',
    '{',
    '}',
    'interface',
    'interface a { record',
    '/// x',
    '/** x',
    'world w { export a: interface {',
    '@',
    '@since(',
  ];
  for (const text of [...texts, '}'.repeat(9), 'package a:b { interface c { f: func(); } }']) readWitDocs(text);
  for (let i = 0; i < WIT.length; i += 3) readWitDocs(WIT.slice(0, i));
  const start = performance.now();
  for (const unit of ['{', '<', '/*', '///\n', 'interface a {', '@(']) readWitDocs(unit.repeat(100_000));
  assert.ok(performance.now() - start < 3000);
});

test('[wit.docs] jco takes a component with injected docs; one with package-docs once those are stripped', async () => {
  await $init;
  const options = { name: 'c', noTypescript: true, instantiation: { tag: 'sync' as const } };
  const component = await fromWit(WIT, 'text');
  generate(injectPackage(injectDocs(component, WIT), 'demo:text@1.0.0'), options);
  const foreign = concat([component, packageDocs(0, LEGACY)]);
  assert.throws(() => generate(foreign, options), /missing world/);
  generate(stripDocs(foreign), options);
  assert.deepEqual(stripDocs(foreign), component);
});

test('[wit.docs] a build can write the package name into a component', async () => {
  const component = await fromWat('(component)');
  const named = injectPackage(component, 'demo:text@1.2.3');
  assert.equal(decodeComponent(named).package, 'demo:text@1.2.3');
  assert.equal(decodeComponent(component).package, undefined);
  assert.deepEqual(
    customSections(named).map((s) => s.name),
    ['switchboard-package'],
  );
  for (const bad of ['demo:text', 'Demo', 'demo:text@1']) {
    assert.equal(failure(() => injectPackage(component, bad)).code, 'invalid-reference');
  }
  const forged = concat([component, customSection('switchboard-package', new TextEncoder().encode('../../etc'))]);
  assert.equal(decodeComponent(forged).package, undefined);
});
