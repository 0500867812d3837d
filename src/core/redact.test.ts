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

test('[secret.redact] a value in a longer list of bytes does not come out, wherever it begins; the rest does', () => {
  const value = 'tok_7f3Kq9/+x';
  const { json, text } = createRedactor([{ name: 'A', value }]);
  const clean = Buffer.from('[secret A]');
  for (let before = 0; before < 7; before += 1) {
    for (let after = 0; after < 4; after += 1) {
      const [head, tail] = [Buffer.alloc(before, 0xfb), Buffer.alloc(after, 0xff)];
      const told = Buffer.concat([head, Buffer.from(value), tail]).toString('base64');
      const { list } = json({ list: told }) as { list: string };
      // Still base64: who declared a list of bytes gets one.
      deepEqual(Buffer.from(list, 'base64'), Buffer.concat([head, clean, tail]), `${before} ${after}`);
      equal(Buffer.from(list, 'base64').toString('base64'), list);
      for (const around of [
        (t: string) => `{"val":"${t}"}`,
        (t: string) => `data:a/b;base64,${t}`,
        (t: string) => `x/${t}`,
      ]) {
        const said = text(around(told));
        for (const at of [0, 1, 2, 3]) {
          const read = Buffer.from(said.replace(/^.*[",]/, '').slice(at), 'base64').toString('latin1');
          equal(read.includes('7f3Kq9'), false, `${said} ${before} ${after}`);
        }
      }
    }
  }
  const url = Buffer.from(`\xfb\xff${value}\xff`, 'latin1').toString('base64url');
  equal(Buffer.from(text(url), 'base64url').toString('latin1'), '\xfb\xff[secret A]\xff');
  const other = Buffer.from('nothing that was given to it').toString('base64');
  equal(text(other), other);
});

test('[secret.redact] bytes with an encoding of the value in them', () => {
  const { json } = createRedactor([{ name: 'A', value: 'pass word' }]);
  const told = Buffer.from('{"q":"pass%20word","h":"7061737320776f7264"}').toString('base64');
  equal(Buffer.from(String(json(told)), 'base64').toString(), '{"q":"[secret A]","h":"[secret A]"}');
});

test('[secret.redact] a value that is split over several texts is found where they are followed', () => {
  const value = 'correct-horse-battery';
  const redactor = createRedactor([{ name: 'A', value }]);
  const said = (...pieces: string[]): string => pieces.map(redactor.follow()).join('|');
  for (let at = 1; at < value.length; at += 1) {
    const out = said(`it is ${value.slice(0, at)}`, `${value.slice(at)} indeed`);
    // At most 3 characters of either end stay.
    equal(/corr|tery|horse/.test(out), false, out);
    equal(out.startsWith('it is '), true);
    equal(out.endsWith(' indeed'), true);
  }
  equal(/rect|horse|batt/.test(said('corr', 'ect-', 'horse', '-bat', 'tery')), false);
  equal(/orse|batt/.test(said(...value.split(''))), false);
  equal(said('the corrections', 'are', 'done'), 'the corrections|are|done');
  // Another stream knows nothing of it.
  equal(said('corr'), '[secret A]');
  equal(said('ect-horse'), 'ect-horse');
});

test('[secret.redact] the beginning of a value at the end of a cut text, and each line of a long value', () => {
  const lines = ['-----BEGIN KEY-----', 'MIIEvQIBADANBgkqhkiG', '-----END KEY-----'];
  const { text } = createRedactor([
    { name: 'KEY', value: lines.join('\n') },
    { name: 'B', value: 'hunter2hunter2' },
  ]);
  for (const line of lines) equal(text(`> ${line} <`), '> [secret KEY] <');
  equal(text('it failed: hunter2hun…'), 'it failed: [secret B]…');
  equal(text('it failed: hunter2hun… (99999 characters)'), 'it failed: [secret B]… (99999 characters)');
  equal(text('it failed: hunter2hun'), 'it failed: hunter2hun');
});
