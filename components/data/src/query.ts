import { aggregateRows, type Aggregate } from './aggregate.ts';
import { type CsvOptions } from './csv.ts';
import { type Cell, columnIndex, compareCells, compareValues, isEmpty, readTable, show, type Table } from './table.ts';

export type Operator =
  | 'equal'
  | 'not-equal'
  | 'less'
  | 'at-most'
  | 'greater'
  | 'at-least'
  | 'contains'
  | 'starts-with'
  | 'ends-with'
  | 'matches'
  | 'one-of'
  | 'is-empty'
  | 'is-not-empty';

export interface Condition {
  column: string;
  operator: Operator;
  value: string | null;
}

/** Record `query-options` of world.wit. */
export interface QueryOptions {
  select: string[] | null;
  where: Condition[] | null;
  groupBy: string[] | null;
  aggregates: Aggregate[] | null;
  orderBy: { column: string; descending: boolean | null }[] | null;
  offset: number | null;
  limit: number | null;
}

/** Record `query-result` of world.wit. */
export interface QueryResult {
  columns: string[];
  rows: (string | null)[][];
  total: number;
}

const DEFAULT_LIMIT = 1000;

/** Runs the steps where, group, order, select, offset and limit; throws for columns that are not there. */
export function query(data: string, options: QueryOptions, csv: CsvOptions | null): QueryResult {
  let table = filter(readTable(data, csv), options.where ?? []);
  const groups = options.groupBy ?? [];
  const aggregates = options.aggregates ?? [];
  if (groups.length > 0 || aggregates.length > 0) table = aggregateRows(table, groups, aggregates);
  table = sort(table, options.orderBy ?? []);
  const chosen = (options.select ?? table.columns).map((name) => columnIndex(table.columns, name));
  const from = options.offset ?? 0;
  const rows = table.rows.slice(from, from + (options.limit ?? DEFAULT_LIMIT));
  return {
    columns: chosen.map((i) => table.columns[i] ?? ''),
    rows: rows.map((row) => chosen.map((i) => (isEmpty(row[i]) ? null : show(row[i])))),
    total: table.rows.length,
  };
}

function filter(table: Table, conditions: readonly Condition[]): Table {
  const tests = conditions.map((condition) => {
    const index = columnIndex(table.columns, condition.column);
    const test = testOf(condition);
    return (row: readonly Cell[]): boolean => test(row[index]);
  });
  return tests.length === 0
    ? table
    : { columns: table.columns, rows: table.rows.filter((row) => tests.every((test) => test(row))) };
}

/** An empty cell meets no comparison but not-equal and is-empty, as one would expect of a filter on values. */
function testOf({ column, operator, value }: Condition): (cell: Cell) => boolean {
  if (operator === 'is-empty') return isEmpty;
  if (operator === 'is-not-empty') return (cell) => !isEmpty(cell);
  if (value === null)
    throw new Error(`the condition on "${column}" needs a value: ${operator} compares with something`);
  if (operator === 'not-equal') return (cell) => isEmpty(cell) || compareValues(cell, value) !== 0;
  const test = comparison(operator, value);
  return (cell) => !isEmpty(cell) && test(cell);
}

function comparison(
  operator: Exclude<Operator, 'is-empty' | 'is-not-empty' | 'not-equal'>,
  value: string,
): (cell: Cell) => boolean {
  const folded = value.toLowerCase();
  switch (operator) {
    case 'equal':
      return (cell) => compareValues(cell, value) === 0;
    case 'less':
      return (cell) => compareValues(cell, value) < 0;
    case 'at-most':
      return (cell) => compareValues(cell, value) <= 0;
    case 'greater':
      return (cell) => compareValues(cell, value) > 0;
    case 'at-least':
      return (cell) => compareValues(cell, value) >= 0;
    case 'contains':
      return (cell) => show(cell).toLowerCase().includes(folded);
    case 'starts-with':
      return (cell) => show(cell).toLowerCase().startsWith(folded);
    case 'ends-with':
      return (cell) => show(cell).toLowerCase().endsWith(folded);
    case 'matches':
      return matcher(value);
    case 'one-of':
      return oneOf(value);
  }
}

function matcher(pattern: string): (cell: Cell) => boolean {
  try {
    const regex = new RegExp(pattern, 'u');
    return (cell) => regex.test(show(cell));
  } catch (error) {
    throw new Error(`"${pattern}" is not a regular expression: ${(error as Error).message}`, { cause: error });
  }
}

function oneOf(value: string): (cell: Cell) => boolean {
  let values: unknown;
  try {
    values = JSON.parse(value);
  } catch {
    values = undefined;
  }
  if (!Array.isArray(values)) throw new Error('one-of takes a JSON array as its value, such as ["a","b"] or [1,2]');
  const list: readonly unknown[] = values;
  return (cell) => list.some((item) => compareValues(cell, item) === 0);
}

function sort(table: Table, keys: NonNullable<QueryOptions['orderBy']>): Table {
  if (keys.length === 0) return table;
  const indexes = keys.map((key) => [columnIndex(table.columns, key.column), key.descending === true] as const);
  const rows = [...table.rows].sort((a, b) => {
    for (const [index, descending] of indexes) {
      const order = compareCells(a[index], b[index], descending);
      if (order !== 0) return order;
    }
    return 0;
  });
  return { columns: table.columns, rows };
}
