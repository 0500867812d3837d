import { test } from 'node:test';
import { deepEqual, equal, throws } from 'node:assert/strict';
import { diff } from './diff.ts';
import { editScript } from './line-diff.ts';

test('[bundled.text] diff gives a unified diff and the same as hunks', () => {
  const result = diff('a\nb\nc\n', 'a\nB\nc\nd', null, 'f.txt');
  equal(result.unified, '--- f.txt\n+++ f.txt\n@@ -1,3 +1,4 @@\n a\n-b\n+B\n c\n+d\n\\ No newline at end of file\n');
  equal(result.added, 2);
  equal(result.removed, 1);
  deepEqual(result.hunks[0]?.lines[1], { change: 'removed', text: 'b' });
});

test('[bundled.text] diff of equal texts, of nothing and something', () => {
  deepEqual(diff('x', 'x', null, null), { identical: true, added: 0, removed: 0, unified: '', hunks: [] });
  equal(diff('', 'x\n', null, null).unified, '--- text\n+++ text\n@@ -0,0 +1 @@\n+x\n');
  equal(diff('x\n', '', 0, null).unified, '--- text\n+++ text\n@@ -1 +0,0 @@\n-x\n');
});

test('[bundled.text] far changes make separate hunks with the lines counted on both sides', () => {
  const old = Array.from({ length: 40 }, (_, i) => `line ${i}\n`);
  const fresh = [...old.slice(0, 3), 'new\n', ...old.slice(3, 35), ...old.slice(36)];
  const { hunks } = diff(old.join(''), fresh.join(''), 1, null);
  deepEqual(
    hunks.map((h) => [h.oldStart, h.oldLines, h.newStart, h.newLines]),
    [
      [3, 2, 3, 3],
      [35, 3, 36, 2],
    ],
  );
});

test('[bundled.text] the edit script turns any text into any other', () => {
  let seed = 7;
  const random = (n: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  for (let round = 0; round < 300; round++) {
    const make = (): string[] => Array.from({ length: random(14) }, () => String(random(6)));
    const [a, b] = [make(), make()];
    const steps = editScript(a, b);
    const rebuilt = { a: [] as string[], b: [] as string[] };
    for (const { change, index } of steps) {
      const line = (change === 'added' ? b[index] : a[index]) ?? '';
      if (change !== 'added') rebuilt.a.push(line);
      if (change !== 'removed') rebuilt.b.push(line);
    }
    deepEqual(rebuilt, { a, b });
  }
});

test('[bundled.text] wholly different large texts stay bounded', () => {
  const side = (mark: string): string => Array.from({ length: 20_000 }, (_, i) => `${mark}${i % 7000}\n`).join('');
  const result = diff(side('a'), side('b'), 0, null);
  equal(result.removed, 20_000);
  equal(result.added, 20_000);
});

test('[bundled.text] diff refuses a name that would break the header', () => {
  throws(() => diff('a', 'b', null, 'a\nb'), /file name/);
  throws(() => diff('a', 'b', 5000, null), /at most 1000/);
});
