import { test } from 'node:test';
import { deepEqual, equal, throws } from 'node:assert/strict';
import { regexFind, regexReplace } from './regex.ts';

test('[bundled.text] regex-find gives positions in code points, lines and named groups', () => {
  const found = regexFind('🙂 a1\nb22', String.raw`(?<letter>[a-z])(\d+)(x)?`, null, null);
  equal(found.count, 2);
  deepEqual(found.matches[1], {
    text: 'b22',
    start: 5,
    end: 8,
    line: 2,
    column: 1,
    groups: [
      { number: 1, name: 'letter', text: 'b', start: 5 },
      { number: 2, name: null, text: '22', start: 6 },
      { number: 3, name: null, text: null, start: null },
    ],
  });
});

test('[bundled.text] regex-find stops at the limit and says so; empty matches end', () => {
  deepEqual(
    regexFind('aaaa', 'a', null, 3).matches.map((m) => m.start),
    [0, 1, 2],
  );
  equal(regexFind('aaaa', 'a', null, 3).truncated, true);
  equal(regexFind('aaa', 'a', null, 3).truncated, false);
  equal(regexFind('ab', 'x*', null, null).count, 3);
  equal(regexFind('b1', '(?<=(b))1', null, null).matches[0]?.groups[0]?.start, 0);
});

test('[bundled.text] regex errors say what is wrong', () => {
  throws(() => regexFind('a', '(', null, null), /not a valid regular expression/);
  throws(() => regexFind('a', 'a', 'q', null), /unknown flag "q"/);
  throws(() => regexFind('a', 'a', null, 0), /limit/);
});

test('[bundled.text] regex-replace expands groups and refuses groups that are not there', () => {
  deepEqual(regexReplace('2026-01-31', String.raw`(\d+)-(\d+)-(\d+)`, '$3.$2.$1 $$ [$&]', null, null), {
    text: '31.01.2026 $ [2026-01-31]',
    count: 1,
  });
  equal(regexReplace('a b', '(?<x>[A-Z])', '<$<x>>', 'i', 1).text, '<a> b');
  equal(regexReplace('a', '(a)', '$10', null, null).text, 'a0');
  throws(() => regexReplace('a', 'a', '$1', null, null), /0 group/);
  throws(() => regexReplace('a', '(?<y>a)', '$<x>', null, null), /group "x"/);
});
