import assert from 'node:assert/strict';
import { test } from 'node:test';
import { charsetOf, decode } from './charset.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

void test('[bundled.fetch] the character set is that of the header, else of the page, else UTF-8', () => {
  assert.equal(charsetOf('text/html; charset="ISO-8859-1"', bytes('')), 'ISO-8859-1');
  assert.equal(charsetOf('text/html', bytes('<head><meta charset=windows-1252>')), 'windows-1252');
  assert.equal(charsetOf('text/html', bytes('<p>')), 'utf-8');
});

void test('[bundled.fetch] text is decoded as a browser would, broken UTF-8 too', () => {
  for (const sample of ['plain', 'é ✓ 𝄞 and more', '\uFEFFbom']) {
    assert.equal(decode(bytes(sample), 'utf-8'), new TextDecoder().decode(bytes(sample)));
  }
  assert.equal(decode(Uint8Array.of(0x41, 0xff, 0x42, 0xc3), 'UTF-8'), 'A\uFFFDB\uFFFD');
  assert.equal(decode(Uint8Array.of(0x93, 0x41, 0x94, 0xe9), 'latin1'), '“A”é');
  assert.throws(() => decode(Uint8Array.of(1), 'shift_jis'), /shift_jis/);
});
