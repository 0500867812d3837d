import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { createRedactor } from './redact.ts';

test('[secret.redact] a value is taken out of text and data, in its usual encodings', () => {
  const value = 'p@ss "wörd"/+';
  const { text, json } = createRedactor([{ name: 'A', value }]);
  const bytes = Buffer.from(value);
  for (const form of [
    value,
    JSON.stringify(value),
    encodeURIComponent(value),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ]) {
    const clean = text(`before ${form} after`);
    equal(/p@ss|cEBzcyA|7040737320|p%40ss/.test(clean), false, clean);
    equal(clean.includes('[secret A]'), true, form);
  }
  deepEqual(json({ a: [value, 1, null, { [value]: `x${value}` }] }), {
    a: ['[secret A]', 1, null, { '[secret A]': 'x[secret A]' }],
  });
});

test('[secret.redact] a short value is replaced only where it is all there is, and nothing else is touched', () => {
  const { text, json } = createRedactor([{ name: 'S', value: 'ab' }]);
  equal(text('ab'), '[secret S]');
  equal(text('a cab'), 'a cab');
  const odd = JSON.parse('{"__proto__": {"a": "b"}, "constructor": 1}') as object;
  deepEqual(Object.entries(json(odd) as object), Object.entries(odd));
});
