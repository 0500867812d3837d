import { test } from 'node:test';
import { deepEqual, equal, throws } from 'node:assert/strict';
import { jsonGet } from './json-path.ts';

const STORE = JSON.stringify({
  store: {
    book: [
      { category: 'reference', author: 'Nigel', price: 8.95 },
      { category: 'fiction', author: 'Evelyn', price: 12.99, isbn: '0-1' },
      { category: 'fiction', author: 'Herman', price: 8.99 },
    ],
    bicycle: { color: 'red', price: 399 },
  },
  'odd "name\'': 1,
});
const values = (path: string, json = STORE): unknown[] =>
  jsonGet(json, path, null).map((match) => JSON.parse(match.value) as unknown);

test('[bundled.data] json-get: names, indexes, slices, wildcards, descendants', () => {
  deepEqual(values('$.store.bicycle.color'), ['red']);
  deepEqual(values("$['store']['book'][0].author"), ['Nigel']);
  deepEqual(values('$.store.book[-1].author'), ['Herman']);
  deepEqual(values('$.store.book[1:].author'), ['Evelyn', 'Herman']);
  deepEqual(values('$[::-2]', '[0,1,2,3,4]'), [4, 2, 0]);
  deepEqual(values('$[5:1:-2]', '[0,1,2,3,4,5,6]'), [5, 3]);
  deepEqual(
    values('$..price'),
    [399, 8.95, 12.99, 8.99].sort((a, b) => [8.95, 12.99, 8.99, 399].indexOf(a) - [8.95, 12.99, 8.99, 399].indexOf(b)),
  );
  deepEqual(values('$.store.book[0,2].price'), [8.95, 8.99]);
  deepEqual(values('$.store.*').length, 2);
  deepEqual(values('$.nothing[3].here'), []);
  deepEqual(values('$.__proto__'), []);
});

test('[bundled.data] json-get: filters', () => {
  deepEqual(values('$..book[?@.price < 9 && @.category == "fiction"].author'), ['Herman']);
  deepEqual(values('$.store.book[?@.isbn].author'), ['Evelyn']);
  deepEqual(values('$.store.book[?!@.isbn || @.price>12].author'), ['Nigel', 'Evelyn', 'Herman']);
  deepEqual(values("$.store.book[?(@.author >= 'H' && @.price <= $.store.book[0].price)].author"), ['Nigel']);
  deepEqual(values('$[?@ == null]', '[null,0,false]'), [null]);
  deepEqual(values('$[?@.a != @.b]', '[{"a":1},{"a":1,"b":1}]'), [{ a: 1 }]);
  deepEqual(values('$[?@ < "b"]', '["a","b",1]'), ['a']);
});

test('[bundled.data] json-get gives normalized paths that find the value again', () => {
  deepEqual(jsonGet(STORE, '$.store.book[?@.isbn].price', 5), [
    { path: "$['store']['book'][1]['price']", value: '12.99' },
  ]);
  const [odd] = jsonGet(STORE, `$['odd "name\\'']`, null);
  equal(odd?.path, `$['odd "name\\'']`);
  deepEqual(values(odd?.path ?? ''), [1]);
  equal(jsonGet('[1,2,3]', '$[*]', 2).length, 2);
});

test('[bundled.data] json-get says where a path or JSON is wrong', () => {
  for (const path of [
    'store',
    '$.',
    '$[',
    '$[1',
    '$x',
    '$[?@.a ==]',
    "$['a",
    '$[?1]',
    '$.a b',
    '$[01]',
    `$${'[?@'.repeat(60)}`,
  ]) {
    throws(() => jsonGet('{}', path, null), /the path is not valid at position \d+/, path);
  }
  throws(() => jsonGet('{', '$', null), /not valid JSON/);
  throws(() => jsonGet('{}', '$', 0), /limit/);
});

test('[bundled.data] a path that multiplies is bounded', () => {
  const json = `${'['.repeat(200)}1${']'.repeat(200)}`;
  throws(() => jsonGet(json, '$..[*]..[*]..[*]', null), /more than 200000 values/);
});
