import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { describeComponent } from '#wit';
import { transpile } from '#engine/transpile';
import { componentOf, guest } from '../guests/build.ts';
import { addBytes, codeOf, openHost } from './host.ts';

const host = await openHost();

const WORDS = `delete constructor to-string arguments await default class prototype eval new this null true undefined
  function return typeof void with yield let static enum implements package private public protected proto value-of
  instantiate imports symbol promise object array error uint8-array web-assembly text-decoder result0 len0 ptr0 base i ret
  name length caller apply call bind guard get-core-module async of get set nan infinity math map global-this process
  buffer e val dispose utf8 has-own-property is-prototype-of then-what a1 sha256-sum`.split(/\s+/);

/** Each function of `names` returns its own place in the list. */
async function numbered(names: readonly string[], inInterfaces: boolean): Promise<Uint8Array> {
  const { parse } = await import('@bytecodealliance/jco-transpile/wasm-tools');
  const core = names.map(
    (name, n) => `(func (export "${inInterfaces ? `${name}#f` : name}") (result i32) (i32.const ${n}))`,
  );
  const wit = names.map((name) =>
    inInterfaces ? `export %${name}: interface { f: func() -> u32; }` : `export %${name}: func() -> u32;`,
  );
  return componentOf(await parse(`(module ${core.join('\n')})`), `package t:t; world w { ${wit.join('\n')} }`);
}

/** Calls every function of a component and compares with its place. */
async function callAll(bytes: Uint8Array, names: readonly string[], suffix = ''): Promise<void> {
  const component = await addBytes(host, bytes, { reuse: 'resident', instances: 1 });
  const got = await Promise.all(names.map((name) => host.call(component, `${name}${suffix}`)));
  deepEqual(got, [...names.keys()]);
}

for (const inInterfaces of [false, true]) {
  const where = inInterfaces ? 'interfaces' : 'functions';
  test(`[wit.hostile-names] reserved and odd words name ${where} and each is itself`, async () => {
    await callAll(await numbered(WORDS, inInterfaces), WORDS, inInterfaces ? '.f' : '');
  });
}

test('[wit.hostile-names] no function takes the place of a part of the generated code', async () => {
  const { bytes } = await guest('kitchen');
  const { exports } = describeComponent(bytes).types;
  const ids = exports.flatMap((e) => e.functions.map((fn) => `${e.id}#${fn.name}`));
  const { code } = await transpile(bytes, { suspending: [], exports: ids });
  const kebab = (id: string): string => id.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
  const identifiers = new Set([...code.matchAll(/(?<![\w$.'"])[a-z][A-Za-z0-9]*/g)].map(([id]) => kebab(id)));
  identifiers.delete('then');
  const all = [...identifiers];
  ok(all.length > 700, `${all.length} identifiers`);
  // Of each hundred those that are refused are named one after another; all others must work.
  const refused: string[] = [];
  const accepted: string[] = [];
  for (const name of all) {
    const error = await transpile(Buffer.of(), { suspending: [], exports: [name] }).catch((thrown: unknown) => thrown);
    if ((error as { code?: string }).code === 'unsupported-component') refused.push(name);
    else accepted.push(name);
  }
  for (const name of ['memory0', 'realloc0', 'trampoline0', 'exports0', 'module0', 'get-or-create-async-state']) {
    ok(refused.includes(name), name);
  }
  for (let at = 0; at < accepted.length; at += 200) {
    const some = accepted.slice(at, at + 200);
    await callAll(await numbered(some, false), some);
  }
});

test('[wit.hostile-names] names that would break a JavaScript class or a promise are refused by name', async () => {
  const { componentEmbed, componentNew } = await import('@bytecodealliance/jco-transpile/wasm-tools');
  const dummy = async (wit: string): Promise<Uint8Array> =>
    componentNew(await componentEmbed({ witSource: `package t:t; ${wit}`, dummy: true }));
  for (const wit of [
    'world w { export then: func(); }',
    'interface i { resource r { then: func(); } } world w { export i; }',
    'world w { export memory0: func(); }',
    'interface trampoline1 { f: func(); } world w { export trampoline1; }',
    'interface i { resource set { constructor(); } } world w { export i; }',
    ...['name', 'length', 'prototype', 'caller', 'arguments'].map(
      (name) => `interface i { resource r { ${name}: static func(); } } world w { export i; }`,
    ),
  ]) {
    equal(await codeOf(addBytes(host, await dummy(wit))), 'unsupported-component', wit);
  }
  // A component that jco cannot read harms none after it.
  for (const name of ['d-a-s-h', 'i64-to-f64-i', 'HTTP2-get']) {
    const wit = `world w { export ${name}: interface { f: func(); } }`;
    equal(await codeOf(addBytes(host, await dummy(wit))), 'unsupported-component', name);
  }
  const { bytes } = await guest('echo');
  equal(await host.call(await addBytes(host, bytes), 'add', [1, 2]), 3);
});

test('[wit.hostile-names] interfaces of one short name, and a function named like its interface, are told apart', async () => {
  const { parse } = await import('@bytecodealliance/jco-transpile/wasm-tools');
  const names = ['a:one/api#f', 'b:two/api#f', 'b:two/api@1.2.3#f', 'api#f', 'f', 'one'];
  const core = names.map((name, n) => `(func (export "${name}") (result i32) (i32.const ${n}))`);
  const bytes = await componentOf(
    await parse(`(module ${core.join('\n')})`),
    `package t:t;
     world w {
       export a:one/api; export b:two/api; export b:two/api@1.2.3;
       export api: interface { f: func() -> u32; }
       export f: func() -> u32; export one: func() -> u32;
     }
     package a:one { interface api { f: func() -> u32; } }
     package b:two { interface api { f: func() -> u32; } }
     package b:two@1.2.3 { interface api { f: func() -> u32; } }`,
  );
  const component = await addBytes(host, bytes, { reuse: 'resident', instances: 1 });
  const { functions } = (await host.info(component)).description;
  equal(new Set(functions.map((fn) => fn.id)).size, names.length);
  deepEqual(new Set(await Promise.all(functions.map((fn) => host.call(component, fn.id)))), new Set(names.keys()));
  for (const [n, name] of names.entries()) {
    if (name.includes('/')) equal(await host.call(component, name), n, name);
  }
});

test('[wit.hostile-names] a record field `then` or `constructor` is data like any other', async () => {
  const { parse } = await import('@bytecodealliance/jco-transpile/wasm-tools');
  const bytes = await componentOf(
    await parse(`(module (memory (export "memory") 1)
      (func (export "f") (param i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16)))`),
    `package t:t; world w {
      export f: func(a: g) -> g;
      use types.{g};
    }
    interface types { record g { then: u32, %constructor: u32 } }`,
  );
  const component = await addBytes(host, bytes);
  const whole: unknown = JSON.parse('{"then":1,"constructor":2}');
  deepEqual(await host.call(component, 'f', [whole]), whole);
  equal(await codeOf(host.call(component, 'f', [JSON.parse('{"then":1}')])), 'invalid-arguments');
});

test('[wit.coerce] arguments with __proto__ and inherited properties are not taken', async () => {
  const { bytes } = await guest('echo');
  const echo = await addBytes(host, bytes);
  equal(
    await codeOf(host.call(echo, 'echo', JSON.parse('{"__proto__":{"text":"x"}}') as object as never)),
    'invalid-arguments',
  );
  equal(await codeOf(host.call(echo, 'echo', Object.create({ text: 'inherited' }) as never)), 'invalid-arguments');
  equal(await codeOf(host.call(echo, 'echo', JSON.parse('{"text":"x","__proto__":1}') as never)), 'invalid-arguments');
  equal(await host.call(echo, 'echo', JSON.parse('{"text":"x"}') as never), 'x');
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '']) {
    equal(await codeOf(host.call(echo, name)), 'unknown-function', name);
  }
});

test('[lib.api] arguments that are no plain data are refused, and no other call suffers', async () => {
  const { bytes } = await guest('echo');
  const echo = await addBytes(host, bytes);
  equal(await host.call(echo, 'echo', ['x']), 'x');
  const outcomes = await Promise.allSettled([
    host.call(echo, 'echo', ['one']),
    host.call(echo, 'echo', [() => 'x']),
    host.call(echo, 'echo', [Symbol('x')]),
    host.call(echo, 'echo', [new Proxy({}, {})]),
    host.call(echo, 'echo', ['two']),
  ]);
  deepEqual(
    outcomes.map((o) => (o.status === 'fulfilled' ? o.value : (o.reason as { code: string }).code)),
    ['one', 'invalid-arguments', 'invalid-arguments', 'invalid-arguments', 'two'],
  );
});
