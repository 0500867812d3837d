import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse, componentEmbed, componentNew } from '#wasm-tools';
import { decodeComponent } from './decode.ts';
import { readWitExports } from './wit-exports.ts';

const TEXT = `package demo:shop@1.2.0;

@since(version = 1.0.0)
interface api {
  use other:pkg/types@1.0.0.{thing, item as entry};
  record money { amount: s64, currency: string }
  enum kind { small, large }
  /// Prices: of one; or two.
  price: func(name: string, kind: option<tuple<u32, list<kind>>>) -> result<money, string>;
  none: async func();
  resource basket {
    constructor(owner: string);
    add: func(item: string, count: u32) -> list<tuple<string, u32>>;
    merge: static func(a: borrow<basket>, b: borrow<basket>) -> basket;
  }
  resource closed;
}

world shop {
  import wasi:clocks/wall-clock@0.2.6;
  import log: func(text: string);
  use api.{money};
  export api;
  export wasi:cli/run@0.2.6;
  export inline: interface { ping: func() -> string; }
  export total: func(of: list<money>) -> money;
}

package other:pkg@1.0.0 {
  interface types { type thing = u32; type item = string; }
  world hidden { export evil: func(); }
}
`;

test('[scan.shape] exports of WIT text, with the parameters of each function', () => {
  const found = readWitExports(TEXT);
  assert.ok(found);
  assert.deepEqual([...found.functions], [['total', ['of']]]);
  assert.deepEqual([...found.interfaces.keys()], ['demo:shop/api@1.2.0', 'wasi:cli/run@0.2.6', 'inline']);
  assert.deepEqual(Object.fromEntries(found.interfaces.get('demo:shop/api@1.2.0') ?? []), {
    price: ['name', 'kind'],
    none: [],
    '[constructor]basket': ['owner'],
    '[method]basket.add': ['item', 'count'],
    '[static]basket.merge': ['a', 'b'],
  });
  assert.deepEqual([...(found.interfaces.get('inline') ?? [])], [['ping', []]]);
  assert.equal(found.interfaces.get('wasi:cli/run@0.2.6'), undefined);
});

test('[scan.shape] where exports cannot be known, nothing is said', () => {
  for (const text of [
    '',
    'not wit at all {{{',
    'package a:b; interface x { f: func(); }',
    'package a:b; world w { include other; }',
  ]) {
    assert.equal(readWitExports(text), undefined);
  }
  for (let length = 0; length < TEXT.length; length += 1) readWitExports(TEXT.slice(0, length));
  readWitExports('package a:b; world w { export '.repeat(20_000));
});

test('[scan.shape] the WIT of each bundled component is read as its binary is', () => {
  for (const file of globSync('components/*/world.wit', { cwd: join(import.meta.dirname, '../..') })) {
    const root = join(import.meta.dirname, '../..');
    const found = readWitExports(readFileSync(join(root, file), 'utf8'));
    const types = decodeComponent(readFileSync(join(root, 'components/dist', `${file.split('/')[1]}.wasm`)));
    for (const { name, params } of types.exportedFunctions.filter((fn) => fn.name !== 'init')) {
      assert.deepEqual(
        found?.functions.get(name),
        params.map((one) => one.name),
        `${file} ${name}`,
      );
    }
  }
});

test('[scan.shape] resources and interfaces are named as a binary names them', async () => {
  const wit =
    'package a:b@1.0.0; interface i { resource r { constructor(x: u32); m: func(y: u32) -> u32; s: static func(z: u32); } f: func(n: u32); } world w { export i; }';
  const core = await parse(`(module
    (memory (export "memory") 1)
    (func (export "a:b/i@1.0.0#[constructor]r") (param i32) (result i32) i32.const 1)
    (func (export "a:b/i@1.0.0#[method]r.m") (param i32 i32) (result i32) i32.const 1)
    (func (export "a:b/i@1.0.0#[static]r.s") (param i32))
    (func (export "a:b/i@1.0.0#f") (param i32))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 0))`);
  const types = decodeComponent(await componentNew(await componentEmbed({ binary: core, witSource: wit })));
  const [real] = types.exports;
  const names = (name: string, params: readonly { readonly name: string }[]): readonly string[] =>
    params.slice(name.startsWith('[method]') ? 1 : 0).map((one) => one.name);
  assert.deepEqual(
    Object.fromEntries(readWitExports(wit)?.interfaces.get(real?.id ?? '') ?? []),
    Object.fromEntries((real?.functions ?? []).map(({ name, params }) => [name, names(name, params)])),
  );
});
