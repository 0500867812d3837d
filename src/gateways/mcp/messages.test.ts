import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMessage, parseJson, tooDeep } from './messages.ts';

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

test('[mcp.hostile] depth is counted outside of strings only', () => {
  assert.equal(tooDeep(nested(512)), false);
  assert.equal(tooDeep(nested(513)), true);
  assert.equal(tooDeep('{"a":'.repeat(513)), true);
  assert.equal(tooDeep(JSON.stringify('['.repeat(10_000))), false);
  assert.equal(tooDeep(JSON.stringify(`"\\${'['.repeat(10_000)}"`)), false);
  assert.equal(tooDeep(JSON.stringify(['\\', '\\\\"', '['.repeat(600)])), false);
  assert.equal(tooDeep(`"\\\\"${nested(600)}`), true);
  assert.equal(tooDeep(`"never ends ${nested(600)}`), false);
  assert.equal(tooDeep('[],'.repeat(10_000)), false);
});

test('[mcp.hostile] what is not UTF-8, not JSON or too deep is told apart', () => {
  const parse = (bytes: Buffer) => parseJson(bytes.toString(), () => bytes);
  assert.equal(parse(Buffer.from('"\uFFFD"')), '\uFFFD');
  assert.throws(() => parse(Buffer.from([0x22, 0xff, 0x22])), { code: -32700, message: /UTF-8/ });
  assert.throws(() => parse(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])), { code: -32700 });
  assert.throws(() => parse(Buffer.from('{')), { code: -32700 });
  assert.throws(() => parse(Buffer.from(nested(100_000))), { code: -32600 });
});

test('[mcp.hostile] an envelope is a request, a notification or an answer', () => {
  const envelope = (more: object): boolean => isMessage({ jsonrpc: '2.0', ...more });
  for (const good of [
    { id: 1, method: 'x' },
    { method: 'x', params: {} },
    { id: 'a', result: {} },
    { id: 1, error: {} },
  ]) {
    assert.equal(envelope(good), true, JSON.stringify(good));
  }
  for (const bad of [
    {},
    { id: {}, method: 'x' },
    { id: [], method: 'x' },
    { id: null, method: 'x' },
    { id: 1.5, method: 'x' },
    { id: 1e300, method: 'x' },
    { id: true, method: 'x' },
    { id: 1, method: 7 },
    { id: 1, method: 'x', params: [] },
    { id: 1, method: 'x', params: null },
    { id: 1, result: 1 },
    { result: {} },
  ]) {
    assert.equal(envelope(bad), false, JSON.stringify(bad));
  }
  assert.equal(isMessage({ id: 1, method: 'x' }), false);
  for (const none of [null, 1, 'x', [], undefined]) assert.equal(isMessage(none), false);
});
