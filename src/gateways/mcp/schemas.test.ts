import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanText, inputSchema, resultShape } from './schemas.ts';

test('[mcp.tools] an object result keeps its schema, anything else goes under "result"', () => {
  const record = { type: 'object', properties: { words: { type: 'integer' } }, required: ['words'] };
  assert.deepEqual(resultShape(record), { schema: record, wrap: false });
  assert.deepEqual(resultShape({ type: 'string' }), {
    schema: {
      type: 'object',
      properties: { result: { type: 'string' } },
      required: ['result'],
      additionalProperties: false,
    },
    wrap: true,
  });
  assert.equal(resultShape({ oneOf: [record, { type: 'null' }] }).wrap, true);
  assert.equal(resultShape({ type: ['object', 'null'] }).wrap, true);
});

test('[mcp.tools] $defs stay at the root, so that references resolve before and after', () => {
  const $defs = { stats: { type: 'object', properties: {} }, unit: { enum: ['a'] } };
  const list = resultShape({ $schema: 'x', type: 'array', items: { $ref: '#/$defs/stats' }, $defs });
  assert.deepEqual(list.schema['$defs'], $defs);
  assert.equal(list.schema['$schema'], 'x');
  assert.deepEqual(list.schema['properties'], { result: { type: 'array', items: { $ref: '#/$defs/stats' } } });
  const named = resultShape({ $ref: '#/$defs/stats', $defs });
  assert.deepEqual(named, { schema: { $ref: '#/$defs/stats', $defs, type: 'object' }, wrap: false });
  assert.equal(resultShape({ $ref: '#/$defs/unit', $defs }).wrap, true);
  assert.equal(resultShape({ $ref: '#/$defs/none', $defs }).wrap, true);
});

test('[mcp.tools] the arguments are an object schema', () => {
  assert.deepEqual(inputSchema({ properties: {} }), { properties: {}, type: 'object' });
});

test('[wit.hostile-names] prose of a stranger is shown without control or invisible characters, and bounded', () => {
  const smuggled = String.fromCodePoint(0xe006f, 0xe0062, 0xe0065, 0xe0079);
  assert.equal(cleanText(`a${smuggled}b\u200b\u202ec\u001b[31m\r\nd\te`), 'abc[31m\nd\te');
  assert.equal(cleanText('x'.repeat(50), 10), `${'x'.repeat(10)}…`);
  assert.equal(cleanText('lone \ud800'), 'lone \ufffd');
  const schema = { type: 'object', properties: { description: { type: 'string', description: 'a\u202eb' } } };
  assert.deepEqual(inputSchema(schema), {
    type: 'object',
    properties: { description: { type: 'string', description: 'ab' } },
  });
  const hostile = JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}') as { type: string };
  assert.equal(JSON.stringify(inputSchema(hostile)), JSON.stringify(hostile));
});

test('[mcp.tools] a tuple is written without a bare false, which clients stumble over', () => {
  const pair = { type: 'array', prefixItems: [{ type: 'string' }, { type: 'string' }], items: false };
  const bounds = { minItems: 2, maxItems: 2 };
  const { items: _, ...open } = pair;
  const shape = (value: object) => (resultShape({ ...value }).schema['properties'] as { result: object }).result;
  assert.deepEqual(shape({ ...pair, ...bounds }), { ...open, ...bounds });
  assert.deepEqual(shape(pair), { ...open, items: { not: {} } });
});
