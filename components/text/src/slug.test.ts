import { test } from 'node:test';
import { equal, throws } from 'node:assert/strict';
import { slug } from './slug.ts';

test('[bundled.text] slug', () => {
  equal(slug('  Crème Brûlée & Co. ', null, null), 'creme-brulee-co');
  equal(slug('Straße Nº 5 — Łódź', '_', null), 'strasse_no_5_lodz');
  equal(slug('Don’t stop', null, null), 'dont-stop');
  equal(slug('Привет мир', null, null), 'привет-мир');
  equal(slug('one two three', null, 9), 'one-two');
  equal(slug('incomprehensible', null, 5), 'incom');
  throws(() => slug('!!!', null, null), /no letters or digits/);
  throws(() => slug('a', '/', null), /separator/);
});
