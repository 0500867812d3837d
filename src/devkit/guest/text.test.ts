import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TextDecoder as OurDecoder, TextEncoder as OurEncoder } from './text.ts';

/** The same bytes every time. */
function* randomBytes(count: number): Iterable<Uint8Array> {
  let state = 12345;
  const next = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  const likely = [0x00, 0x41, 0x7f, 0x80, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xbb, 0xf0, 0xf4, 0xf5];
  for (let i = 0; i < count; i += 1) {
    yield Uint8Array.from({ length: next(9) }, () => (next(3) === 0 ? next(256) : (likely[next(likely.length)] ?? 0)));
  }
}

void test('[devkit.javascript] TextDecoder of guests decodes as the platform does, in one piece and in two', () => {
  for (const bytes of randomBytes(20_000)) {
    const expected = new TextDecoder().decode(bytes);
    assert.equal(new OurDecoder().decode(bytes), expected, `${bytes.join()}`);
    const cut = Math.floor(bytes.length / 2);
    const ours = new OurDecoder('UTF-8', { ignoreBOM: true });
    const theirs = new TextDecoder('utf-8', { ignoreBOM: true });
    const pieces = ours.decode(bytes.subarray(0, cut), { stream: true }) + ours.decode(bytes.subarray(cut));
    const wanted = theirs.decode(bytes.subarray(0, cut), { stream: true }) + theirs.decode(bytes.subarray(cut));
    assert.equal(pieces, wanted, `${bytes.join()}`);
    const strict = (make: () => string): string => {
      try {
        return make();
      } catch (error) {
        return (error as Error).name;
      }
    };
    assert.equal(
      strict(() => new OurDecoder('utf8', { fatal: true }).decode(bytes)),
      strict(() => new TextDecoder('utf8', { fatal: true }).decode(bytes)),
      `${bytes.join()}`,
    );
  }
  assert.equal(new OurDecoder().decode(new TextEncoder().encode('ä€😀'.repeat(5000))), 'ä€😀'.repeat(5000));
  assert.throws(() => new OurDecoder('latin1'), RangeError);
});

void test('[devkit.javascript] TextEncoder of guests encodes as the platform does', () => {
  for (const text of ['', 'a', 'ä€😀', '\ud800', 'x\udc00y', '\u0000\u07ff\u0800\uffff\u{10ffff}']) {
    assert.deepEqual(new OurEncoder().encode(text), new TextEncoder().encode(text));
    for (let room = 0; room < 8; room += 1) {
      const [ours, theirs] = [new Uint8Array(room), new Uint8Array(room)];
      assert.deepEqual(new OurEncoder().encodeInto(text, ours), new TextEncoder().encodeInto(text, theirs));
      assert.deepEqual(ours, theirs);
    }
  }
});
