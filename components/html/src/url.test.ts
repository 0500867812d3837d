import { test } from 'node:test';
import { equal, throws } from 'node:assert/strict';
import { checkBase, resolveUrl } from './url.ts';

const BASE = 'http://a.example/b/c/d;p?q';

test('[bundled.html] addresses resolve as the URL class resolves them', () => {
  const references =
    'g ./g g/ /g //h.example ?y g?y #s g#s g?y#s ;x g;x g;x?y#s . ./ .. ../ ../g ../.. ../../ ../../g ../../../g /./g /../g g. .g g.. ..g ./../g ./g/. g/./h g/../h g;x=1/./y https://x.example mailto:a@b.example';
  for (const reference of [...references.split(' '), '', ' a b ', 'x\ny', 'a"b<c>']) {
    equal(resolveUrl(reference, BASE), new URL(reference, BASE).href, `reference "${reference}"`);
  }
});

test('[bundled.html] without a base an address stays; a base must be absolute', () => {
  equal(resolveUrl(' ../x ', null), '../x');
  throws(() => checkBase('/docs'), /absolute address/);
  equal(checkBase(' https://a.example '), 'https://a.example');
  equal(resolveUrl('x', 'https://a.example'), 'https://a.example/x');
});
