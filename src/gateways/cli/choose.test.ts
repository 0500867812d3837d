import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pickTitles } from './choose.ts';

const TITLES = ['parse', 'stringify', 'Parser'];

test('[wrap.asks] numbers, ranges and names pick, each once; nothing is all', () => {
  for (const [answer, picked] of [
    ['', TITLES],
    [' , ', TITLES],
    ['2', ['stringify']],
    ['Parser, 1', ['Parser', 'parse']],
    ['2-3', ['stringify', 'Parser']],
    ['2-9', ['stringify', 'Parser']],
    ['1,1,parse', ['parse']],
  ] as const) {
    assert.deepEqual(pickTitles(TITLES, answer), picked, answer);
  }
});

test('[wrap.asks] what is not among them is told', () => {
  for (const answer of ['0', '0-3', '4', '3-1', 'parser', '1,nothing', '-1', '1-']) {
    assert.throws(() => pickTitles(TITLES, answer), { code: 'invalid-usage' }, answer);
  }
});
