import { test } from 'node:test';
import { deepEqual, equal, throws } from 'node:assert/strict';
import { csvToJson, jsonToCsv } from './convert.ts';
import { parseCsv } from './csv.ts';

test('[bundled.data] parse-csv finds the delimiter and reads quotes', () => {
  deepEqual(parseCsv('\uFEFFname;note\r\n"Ann; B";"a ""q""\nb"\r\n\r\n', null), {
    columns: ['name', 'note'],
    rows: [['Ann; B', 'a "q"\nb']],
    delimiter: ';',
    warnings: [],
  });
  deepEqual(parseCsv('a\tb\n1\t2', null).rows, [['1', '2']]);
  deepEqual(parseCsv('1,2', { delimiter: null, header: false }).columns, ['column1', 'column2']);
  deepEqual(parseCsv('x|y,z\n1|2', { delimiter: '|', header: null }).columns, ['x', 'y,z']);
});

test('[bundled.data] uneven rows and names used twice are evened out and told', () => {
  const table = parseCsv('a,a,\n1\n1,2,3,4\n', null);
  deepEqual(table.columns, ['a', 'a_2', 'column3', 'column4']);
  deepEqual(table.rows, [
    ['1', '', '', ''],
    ['1', '2', '3', '4'],
  ]);
  deepEqual(table.warnings.slice(-2), [
    'row 2: 1 values where 3 were expected',
    'row 3: 4 values where 3 were expected',
  ]);
  equal(parseCsv(`a,b\n${'1\n'.repeat(100)}`, null).warnings.length, 21);
});

test('[bundled.data] parse-csv refuses what is no table or delimiter', () => {
  throws(() => parseCsv(' \n', null), /empty/);
  throws(() => parseCsv('a', { delimiter: '""', header: null }), /one character/);
});

test('[bundled.data] csv-to-json infers types only where nothing is lost', () => {
  const csv = 'id,zip,price,big,ok,note\n1,007,1.50,12345678901234567890,true,x\n2,12,-2e3,1,FALSE,\n';
  deepEqual(JSON.parse(csvToJson(csv, null, null)), [
    { id: 1, zip: '007', price: 1.5, big: '12345678901234567890', ok: true, note: 'x' },
    { id: 2, zip: '12', price: -2000, big: '1', ok: false, note: null },
  ]);
  deepEqual(JSON.parse(csvToJson('a,__proto__\n1,\n', null, false)), [JSON.parse('{"a":"1","__proto__":""}')]);
});

test('[bundled.data] json-to-csv takes all keys, quotes, and comes back', () => {
  const json = '[{"a":1,"b":"x,\\"y\\""},{"b":null,"c":{"d":[1]}}]';
  equal(jsonToCsv(json, null), 'a,b,c\n1,"x,""y""",\n,,"{""d"":[1]}"\n');
  equal(jsonToCsv('[{"a":1,"b":2}]', ';'), 'a;b\n1;2\n');
  throws(() => jsonToCsv('[1]', null), /item 0 is not an object/);
  throws(() => jsonToCsv('[', null), /not valid JSON/);
});
