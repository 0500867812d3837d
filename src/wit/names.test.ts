import assert from 'node:assert/strict';
import test from 'node:test';
import { failure, fromWat, handMade, MODULE_HEADER, name } from '#test/wit/fixtures';
import { checkNames } from './decode.ts';
import { camelCase, isInterfaceId, isKebab, isResourceFunction } from './names.ts';

const HOSTILE = [
  'a`b',
  "a'b",
  'a"b',
  'a\\b',
  'a\nb',
  'a${1}b',
  '__proto__',
  'a b',
  'a_b',
  '',
  '-a',
  'a--b',
  'aB',
  '1a',
  'a-é',
  "x'];process.exit();//",
  'a\u2028b',
];

test('[wit.hostile-names] accepts the grammar of WIT and nothing else', () => {
  for (const good of ['a', 'get-url', 'XML-parser', 'a1-b2', 'v-2']) assert.equal(isKebab(good), true, good);
  for (const bad of HOSTILE) assert.equal(isKebab(bad), false, bad);
  for (const good of ['a:b/c', 'wasi:io/poll@0.2.0', 'a:b:c/d/e@1.0.0-rc.1+x', 'a-b:c-d/e-f']) {
    assert.equal(isInterfaceId(good), true, good);
  }
  for (const bad of [
    ...HOSTILE,
    'a:b',
    'a/b',
    'a:b/c@1',
    'a:b/c@1.0.0`',
    'A:b/c',
    'a:b/c@',
    'a:b/c/',
    "a:b/c@1.0.0-'",
  ]) {
    assert.equal(isInterfaceId(bad), false, bad);
  }
  for (const good of ['[constructor]r', '[method]r.m', '[static]a-b.c-d']) {
    assert.equal(isResourceFunction(good), true, good);
  }
  for (const bad of [
    '[method]r',
    '[constructor]r.m',
    '[method]r.m.n',
    '[method]r.',
    '[x]r',
    "[method]r.m'",
    '[method]r.m\n',
  ]) {
    assert.equal(isResourceFunction(bad), false, bad);
  }
});

test('[wit.hostile-names] the grammar takes linear time on names made to be slow', () => {
  const start = performance.now();
  for (const slow of [`${'1-'.repeat(500)}!`, `a:b/c@1.0.0-${'0.'.repeat(400)}!`, `a${'-0'.repeat(500)}!`]) {
    isKebab(slow);
    isInterfaceId(slow);
    isResourceFunction(slow);
  }
  assert.ok(performance.now() - start < 200);
});

const LABEL_SITES: { readonly [what: string]: (label: string) => Uint8Array } = {
  field: (l) => handMade([7, [1, 0x72, 1, ...name(l), 0x7d]]),
  case: (l) => handMade([7, [1, 0x71, 1, ...name(l), 0, 0]]),
  flag: (l) => handMade([7, [1, 0x6e, 1, ...name(l)]]),
  enum: (l) => handMade([7, [1, 0x6d, 1, ...name(l)]]),
  parameter: (l) => handMade([7, [1, 0x40, 1, ...name(l), 0x7d, 1, 0]]),
  'nested type': (l) => handMade([7, [1, 0x42, 1, 0x01, 0x6d, 1, ...name(l)]]),
};
const EXTERN_SITES: { readonly [what: string]: (extern: string) => Uint8Array } = {
  import: (n) => handMade([7, [1, 0x40, 0, 1, 0]], [10, [1, 0, ...name(n), 1, 0]]),
  export: (n) => handMade([7, [1, 0x7d]], [11, [1, 0, ...name(n), 3, 0, 0]]),
  'inline export': (n) => handMade([5, [1, 1, 1, 0, ...name(n), 3, 0]]),
  argument: (n) => handMade([5, [1, 0, 0, 1, ...name(n), 3, 0]]),
  alias: (n) => handMade([6, [1, 1, 0, 0, ...name(n)]]),
  'instance type': (n) => handMade([7, [1, 0x42, 2, 0x01, 0x7d, 0x04, 0, ...name(n), 3, 0, 0]]),
};
function moduleWith(id: number, content: readonly number[]): Uint8Array {
  return handMade([1, [...MODULE_HEADER, id, content.length, ...content]]);
}
const CORE_SITES: { readonly [what: string]: (n: string) => Uint8Array } = {
  'core import module': (n) => moduleWith(2, [1, ...name(n), ...name('x'), 0, 0]),
  'core import field': (n) => moduleWith(2, [1, ...name('x'), ...name(n), 0, 0]),
  'core export': (n) => moduleWith(7, [1, ...name(n), 0, 0]),
  'core instance export': (n) => handMade([2, [1, 1, 1, ...name(n), 0, 0]]),
  'core instance argument': (n) => handMade([2, [1, 0, 0, 1, ...name(n), 0x12, 0]]),
  'core alias': (n) => handMade([6, [1, 0, 0, 1, 0, ...name(n)]]),
};

test('[wit.hostile-names] refuses a hostile label wherever one can stand', () => {
  for (const [what, make] of Object.entries(LABEL_SITES)) {
    for (const bad of HOSTILE) {
      const error = failure(() => checkNames(make(bad)));
      assert.equal(error.code, 'hostile-name', `${what} ${JSON.stringify(bad)}: ${error.message}`);
    }
    checkNames(make('fine-name'));
  }
});

test('[wit.hostile-names] refuses a hostile import, export, argument or alias name', () => {
  for (const [what, make] of Object.entries(EXTERN_SITES)) {
    for (const bad of [...HOSTILE, 'a:b/c@1.0.0`', "[method]r.m'"]) {
      const error = failure(() => checkNames(make(bad)));
      assert.equal(error.code, 'hostile-name', `${what} ${JSON.stringify(bad)}: ${error.message}`);
    }
    checkNames(make('a:b/c@1.0.0'));
  }
});

test('[wit.hostile-names] refuses core names that could leave a string literal, at any nesting', () => {
  const bad = ['a`b', "a'b", 'a"b', 'a\\b', 'a\nb', 'a${b}', 'a\u2028b', 'é', '\0', '__proto__'];
  for (const [what, make] of Object.entries(CORE_SITES)) {
    for (const n of bad) {
      const error = failure(() => checkNames(make(n)));
      assert.equal(error.code, 'hostile-name', `${what} ${JSON.stringify(n)}: ${error.message}`);
      const nested = handMade([4, [...make(n)]]);
      assert.equal(failure(() => checkNames(nested)).code, 'hostile-name');
    }
  }
});

test('[wit.hostile-names] lets the names toolchains use pass', () => {
  const good = [
    'cm32p2|wasi:io/poll@0.2.0|[method]pollable.block',
    '[resource-drop]x',
    '$imports',
    '__indirect_function_table',
    'GOT.mem',
    '_ZN4core3fmt9Formatter3pad17h0123456789abcdefE',
    '<T as X>::y',
    'cabi_realloc',
    'wasi:cli/run@0.2.0#run',
    '0',
    '',
  ];
  for (const make of Object.values(CORE_SITES)) for (const n of good) checkNames(make(n));
});

test('[wit.hostile-names] a hostile name is shown without its control characters', () => {
  const error = failure(() => checkNames(EXTERN_SITES['import']?.('a\u001b[31m\nb') ?? new Uint8Array()));
  assert.equal(error.code, 'hostile-name');
  assert.ok(error.message.includes('a\\u{1b}[31m\\u{a}b'), JSON.stringify(error.message));
});

test('[wit.hostile-names] refuses names that JavaScript could not tell apart, and only those', () => {
  for (const [a, b] of [
    ['a-1', 'a1'],
    ['a', 'A'],
    ['XML-x', 'xml-x'],
  ] as const) {
    const clash = handMade([7, [1, 0x72, 2, ...name(a), 0x7d, ...name(b), 0x7d]]);
    assert.equal(failure(() => checkNames(clash)).code, 'hostile-name');
  }
  checkNames(handMade([7, [1, 0x72, 2, ...name('username'), 0x7d, ...name('user-name'), 0x7d]]));
});

test('[wit.hostile-names] dependency names and async names are unsupported, not hostile', async () => {
  const url = await fromWat('(component (import "url=<https://a.b/c>" (component)))');
  assert.equal(failure(() => checkNames(url)).code, 'unsupported-component');
  const make = EXTERN_SITES['import'];
  const error = failure(() => checkNames(make?.('[async]go') ?? new Uint8Array()));
  assert.equal(error.code, 'unsupported-component');
  assert.match(error.message, /async function `go`/);
});

test('[wit.coerce] names become the camelCase that jco writes', () => {
  assert.equal(camelCase('get-url'), 'getUrl');
  assert.equal(camelCase('XML-parser'), 'xmlParser');
  assert.equal(camelCase('a1-b2'), 'a1B2');
});
