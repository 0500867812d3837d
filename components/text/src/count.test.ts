import { test } from 'node:test';
import { deepEqual, equal } from 'node:assert/strict';
import { count } from './count.ts';

test('[bundled.text] count measures a small text exactly', () => {
  deepEqual(count('Hello world.\nIt’s well-made.\n\nSecond 🙂!'), {
    characters: 39,
    charactersWithoutSpaces: 33,
    words: 5,
    distinctWords: 5,
    lines: 4,
    sentences: 3,
    paragraphs: 2,
    bytes: 44,
    readingSeconds: 2,
  });
});

test('[bundled.text] count of nothing is all zeros', () => {
  equal(
    Object.values(count('')).every((n) => n === 0),
    true,
  );
});

test('[bundled.text] each ideograph is a word, a decimal point ends no sentence', () => {
  equal(count('日本語です。').words, 5);
  equal(count('Pi is 3.14 or so. Is it? Yes').sentences, 3);
  equal(count('Dear Ms. Okafor, see Dr. Li, e.g. today. “Really?” Yes... no').sentences, 4);
  equal(count('The the THE').distinctWords, 1);
});
