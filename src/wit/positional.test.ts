import assert from 'node:assert/strict';
import test from 'node:test';
import { SwitchboardError } from '#core';
import type { ComponentTypes, WitFunction } from '#core';
import { fromInterface } from '#test/wit/fixtures';
import { decodeComponent } from './decode.ts';
import { parseJsonArguments, parsePositional } from './positional.ts';

const decoded = fromInterface(`
  record point { x: f64, id: u64 }
  enum color { red, green }
  f: func(a: string, b: u32, c: option<string>, d: option<color>);
  g: func(p: point, l: list<u64>, n: u64, m: tuple<f64, option<u64>>);
  h: func(c: char, e: color, b: list<u8>);
  none: func();
`).then((bytes) => decodeComponent(bytes));

function find(types: ComponentTypes, name: string): WitFunction {
  const fn = types.exports.flatMap((e) => e.functions).find((f) => f.name === name);
  assert.ok(fn);
  return fn;
}

async function parse(name: string, ...argv: string[]): Promise<unknown> {
  const types = await decoded;
  return parsePositional(types, find(types, name), argv);
}

async function refusal(name: string, ...argv: string[]): Promise<string> {
  try {
    await parse(name, ...argv);
  } catch (thrown) {
    assert.ok(thrown instanceof SwitchboardError && thrown.code === 'invalid-arguments');
    return thrown.message;
  }
  return assert.fail('was taken');
}

test('[cli.call] a word is the string itself for a string, JSON for the rest', async () => {
  assert.deepEqual(await parse('f', '12', '12'), ['12', 12]);
  assert.deepEqual(await parse('f', '"q"', '1', 'plain', 'red'), ['"q"', 1, 'plain', 'red']);
  assert.deepEqual(await parse('f', '', '1', 'null', 'null'), ['', 1, null, null]);
  assert.deepEqual(await parse('f', '', '1', '"null"', '"green"'), ['', 1, 'null', 'green']);
  assert.deepEqual(await parse('h', '"', '"red"', 'AA=='), ['"', 'red', 'AA==']);
  assert.deepEqual(await parse('none'), []);
});

test('[cli.call] integers beyond 2^53 keep their digits, wherever a u64 stands', async () => {
  const big = '18446744073709551615';
  assert.deepEqual(await parse('g', `{"x":${big},"id":${big}}`, `[${big},1]`, big, `[${big},${big}]`), [
    { x: Number(big), id: big },
    [big, 1],
    big,
    [Number(big), big],
  ]);
  const types = await decoded;
  assert.deepEqual(parseJsonArguments(types, find(types, 'g'), `{"n":${big},"l":[${big}],"zz":${big}}`), {
    n: big,
    l: [big],
    zz: Number(big),
  });
  assert.deepEqual(parseJsonArguments(types, find(types, 'g'), `[{"id":${big}}]`), [{ id: big }]);
});

test('[cli.call] what is wrong with the words is said', async () => {
  assert.equal(await refusal('f', 'a'), '1 argument given; the function takes <a> <b> [c] [d]');
  assert.equal(await refusal('none', 'a'), '1 argument given; the function takes none');
  assert.equal(await refusal('f', 'a', 'x1'), 'b: not JSON: x1; expected u32');
  assert.match(await refusal('g', '['.repeat(200_000), '[]', '1', '[]'), /not JSON|too deeply/);
  const types = await decoded;
  assert.throws(() => parseJsonArguments(types, find(types, 'f'), '{'), { code: 'invalid-arguments' });
  const deep = `[${'['.repeat(50_000)}${']'.repeat(50_000)}]`;
  try {
    parseJsonArguments(types, find(types, 'f'), deep);
  } catch (thrown) {
    assert.ok(thrown instanceof SwitchboardError && thrown.code === 'invalid-arguments');
  }
});

test('[cli.call] keys of the prototype stay ordinary keys', async () => {
  const types = await decoded;
  const args = parseJsonArguments(types, find(types, 'f'), '{"__proto__":{"a":1},"a":"x"}');
  assert.deepEqual(Object.keys(args as object), ['__proto__', 'a']);
});
