import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonProblem, parseStrictJson } from './strict-json.ts';

const BOUNDS = { bytes: 1000, depth: 4 };
const parse = (text: string | Uint8Array): unknown => parseStrictJson(Buffer.from(text as string), BOUNDS);

test('[signing.hostile] JSON that everybody reads alike is read', () => {
  for (const text of [
    '{"a":{"a":[{"a":1}]},"b":"a\\"b{["}',
    '[{"a":1},{"a":2}]',
    '"{"',
    '{"a":"a","b":"a"}',
    ' {"a" : 1} ',
  ]) {
    assert.deepEqual(parse(text), JSON.parse(text));
  }
});

const REFUSED: readonly (readonly [text: string | Uint8Array, why: RegExp])[] = [
  ['{"a":1,"a":2}', /member twice/],
  ['{"a":1,"\\u0061":2}', /member twice/],
  ['{"a":{"b":1,"c":{},"b":2}}', /member twice/],
  ['{"a" \n:1,"a"\t:2}', /member twice/],
  ['{"__proto__":{}}', /__proto__/],
  ['[[[[[1]]]]]', /more than 4 deep/],
  [`"${'x'.repeat(1000)}"`, /more than 1000 bytes/],
  ['\ufeff{}', /not JSON/],
  [Uint8Array.of(0x22, 0xff, 0x22), /not UTF-8/],
  [Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), /not UTF-8/],
  ['{"a":1', /not JSON/],
  ['{"a', /not JSON/],
  ['{"\\x":1}', /not JSON/],
  ['{"a":1}x', /not JSON/],
  ['', /not JSON/],
  ['{"a":1}{"a":1}', /not JSON/],
];

for (const [text, why] of REFUSED) {
  test(`[signing.hostile] ${JSON.stringify(
    Buffer.from(text as string)
      .toString()
      .slice(0, 40),
  )} is refused`, () => {
    assert.throws(
      () => parse(text),
      (error) => error instanceof JsonProblem && why.test(error.message),
    );
  });
}

test('[signing.hostile] a megabyte of brackets costs little and overflows nothing', () => {
  const started = performance.now();
  for (const text of ['['.repeat(1_000_000), `"${'\\"'.repeat(490_000)}"x`, `{${'"a":{'.repeat(200_000)}`]) {
    assert.throws(() => parseStrictJson(Buffer.from(text), { bytes: 2_000_000, depth: 32 }), JsonProblem);
  }
  assert.ok(performance.now() - started < 2_000);
});
