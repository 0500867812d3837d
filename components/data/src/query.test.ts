import { test } from 'node:test';
import { deepEqual, equal, throws } from 'node:assert/strict';
import { query, type Operator, type QueryOptions } from './query.ts';
import { summarize } from './summarize.ts';

const CSV =
  'name,city,amount,day\nAnn,Rome,10.5,2026-01-02\nBob,Oslo,9,2026-01-01\nCy,Rome,,2025-12-31\nDee,Oslo,100,2026-02-01\n';
const NONE: QueryOptions = {
  select: null,
  where: null,
  groupBy: null,
  aggregates: null,
  orderBy: null,
  offset: null,
  limit: null,
};
const ask = (options: Partial<QueryOptions>, data = CSV): (string | null)[][] =>
  query(data, { ...NONE, ...options }, null).rows;
const where = (column: string, operator: Operator, value: string | null): string =>
  ask({ where: [{ column, operator, value }], select: ['name'] })
    .map((row) => row[0])
    .join();

test('[bundled.data] query selects, filters, sorts and limits', () => {
  equal(where('amount', 'greater', '9'), 'Ann,Dee');
  equal(where('amount', 'at-least', '9.0'), 'Ann,Bob,Dee');
  equal(where('amount', 'less', '10'), 'Bob');
  equal(where('amount', 'at-most', '10.5'), 'Ann,Bob');
  equal(where('amount', 'equal', '10.50'), 'Ann');
  equal(where('amount', 'not-equal', '9'), 'Ann,Cy,Dee');
  equal(where('city', 'contains', 'OM'), 'Ann,Cy');
  equal(where('city', 'starts-with', 'o'), 'Bob,Dee');
  equal(where('name', 'ends-with', 'EE'), 'Dee');
  equal(where('name', 'matches', '^[AB]'), 'Ann,Bob');
  equal(where('name', 'one-of', '["Cy","Ann"]'), 'Ann,Cy');
  equal(where('amount', 'is-empty', null), 'Cy');
  equal(where('amount', 'is-not-empty', null), 'Ann,Bob,Dee');
  equal(where('day', 'less', '2026-01-02'), 'Bob,Cy');
  deepEqual(ask({ select: ['amount'], orderBy: [{ column: 'amount', descending: true }] }), [
    ['100'],
    ['10.5'],
    ['9'],
    [null],
  ]);
  const page = query(
    CSV,
    {
      ...NONE,
      offset: 1,
      limit: 2,
      orderBy: [
        { column: 'city', descending: null },
        { column: 'name', descending: true },
      ],
    },
    null,
  );
  deepEqual([page.total, page.rows.map((row) => row[0])], [4, ['Bob', 'Cy']]);
});

test('[bundled.data] query groups and aggregates', () => {
  const result = query(
    CSV,
    {
      ...NONE,
      groupBy: ['city'],
      aggregates: [
        { function: 'count', column: null },
        { function: 'sum', column: 'amount' },
        { function: 'mean', column: 'amount' },
        { function: 'min', column: 'day' },
        { function: 'count-distinct', column: 'name' },
      ],
      orderBy: [{ column: 'sum(amount)', descending: true }],
    },
    null,
  );
  deepEqual(result.columns, ['city', 'count', 'sum(amount)', 'mean(amount)', 'min(day)', 'count-distinct(name)']);
  deepEqual(result.rows, [
    ['Oslo', '2', '109', '54.5', '2026-01-01', '2'],
    ['Rome', '2', '10.5', '10.5', '2025-12-31', '2'],
  ]);
  deepEqual(
    ask(
      {
        aggregates: [
          { function: 'count', column: null },
          { function: 'max', column: 'a' },
        ],
      },
      'a\n',
    ),
    [['0', null]],
  );
  deepEqual(ask({ aggregates: [{ function: 'sum', column: 'a' }] }, `a\n${'0.1\n'.repeat(10)}`), [['1']]);
});

test('[bundled.data] query reads JSON as well', () => {
  const json = '[{"a":1,"t":["x"]},{"a":2,"b":true},{"a":null}]';
  deepEqual(ask({ where: [{ column: 'a', operator: 'is-not-empty', value: null }] }, json), [
    ['1', '["x"]', null],
    ['2', null, 'true'],
  ]);
});

test('[bundled.data] query errors say what there is', () => {
  throws(() => ask({ select: ['nme'] }), /no column "nme"; there are: name, city/);
  throws(() => where('amount', 'less', null), /needs a value/);
  throws(() => where('amount', 'one-of', 'x'), /JSON array/);
  throws(() => where('name', 'matches', '('), /not a regular expression/);
  throws(() => ask({ aggregates: [{ function: 'sum', column: 'name' }] }), /"Ann", which is not a number/);
  throws(() => ask({ aggregates: [{ function: 'sum', column: null }] }), /needs a column/);
  throws(() => ask({}, '[{"a":1}'), /not valid JSON/);
});

test('[bundled.data] summarize tells types, extremes and frequencies', () => {
  const { rows, columns } = summarize(CSV, null);
  equal(rows, 4);
  deepEqual(
    columns.map((column) => [
      column.name,
      column.columnType,
      column.count,
      column.empty,
      column.distinct,
      column.min,
      column.max,
    ]),
    [
      ['name', 'text', 4, 0, 4, 'Ann', 'Dee'],
      ['city', 'text', 4, 0, 2, 'Oslo', 'Rome'],
      ['amount', 'number', 3, 1, 3, '9', '100'],
      ['day', 'date', 4, 0, 4, '2025-12-31', '2026-02-01'],
    ],
  );
  deepEqual([columns[2]?.sum, columns[2]?.mean], [119.5, 119.5 / 3]);
  deepEqual(columns[1]?.mostFrequent, [
    ['Rome', 2],
    ['Oslo', 2],
  ]);
  deepEqual(
    summarize('[{"i":1,"b":true,"j":{},"m":1,"e":null},{"i":2,"b":false,"j":[],"m":"x"}]', null).columns.map(
      (c) => c.columnType,
    ),
    ['integer', 'boolean', 'json', 'text', 'empty'],
  );
});

test('[bundled.data] summarize lists the five most frequent values, most frequent first', () => {
  const csv = `v\n${'a\nb\nc\nd\ne\nf\ng\ng\nf\nf\nb\n'}`;
  deepEqual(summarize(csv, null).columns[0]?.mostFrequent, [
    ['f', 3],
    ['b', 2],
    ['g', 2],
    ['a', 1],
    ['c', 1],
  ]);
});
