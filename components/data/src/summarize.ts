import { extreme, sum } from './aggregate.ts';
import type { CsvOptions } from './csv.ts';
import { type Cell, isEmpty, numberOf, readTable, show } from './table.ts';

export type ColumnType = 'integer' | 'number' | 'boolean' | 'date' | 'text' | 'json' | 'empty';

/** Record `column-summary` of world.wit. */
export interface ColumnSummary {
  name: string;
  columnType: ColumnType;
  count: number;
  empty: number;
  distinct: number;
  min: string | null;
  max: string | null;
  mean: number | null;
  sum: number | null;
  mostFrequent: [string, number][];
}

export interface DataSummary {
  rows: number;
  columns: ColumnSummary[];
}

const MOST_FREQUENT = 5;
const DATE = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:[T ]\d{2}:\d{2}|$)/;

/** Describes each column of CSV text or of a JSON array of objects. */
export function summarize(data: string, csv: CsvOptions | null): DataSummary {
  const table = readTable(data, csv);
  return {
    rows: table.rows.length,
    columns: table.columns.map((name, i) =>
      summarizeColumn(
        name,
        table.rows.map((row) => row[i]),
      ),
    ),
  };
}

function summarizeColumn(name: string, cells: readonly Cell[]): ColumnSummary {
  const values = cells.filter((cell) => !isEmpty(cell));
  const columnType = typeOf(values);
  const counts = new Map<string, number>();
  for (const value of values) counts.set(show(value), (counts.get(show(value)) ?? 0) + 1);
  const numeric = columnType === 'integer' || columnType === 'number';
  const total = numeric ? sum(values.map((value) => numberOf(value) ?? 0)) : null;
  const smallest = extreme(values, -1);
  const largest = extreme(values, 1);
  return {
    name,
    columnType,
    count: values.length,
    empty: cells.length - values.length,
    distinct: counts.size,
    min: smallest === null ? null : show(smallest),
    max: largest === null ? null : show(largest),
    mean: total === null ? null : total / values.length,
    sum: total,
    mostFrequent: [...counts].sort((a, b) => b[1] - a[1]).slice(0, MOST_FREQUENT),
  };
}

/** The narrowest type that all values have. */
function typeOf(values: readonly Cell[]): ColumnType {
  if (values.length === 0) return 'empty';
  let type: ColumnType | undefined;
  for (const value of values) {
    const own = typeOfCell(value);
    if (type === undefined || type === own) type = own;
    else if ((type === 'integer' && own === 'number') || (type === 'number' && own === 'integer')) type = 'number';
    else return 'text';
  }
  return type ?? 'empty';
}

function typeOfCell(value: Cell): ColumnType {
  if (typeof value === 'object') return 'json';
  if (typeof value === 'boolean') return 'boolean';
  const number = numberOf(value);
  if (number !== undefined) return /^\s*[+-]?\d+\s*$/.test(show(value)) ? 'integer' : 'number';
  const text = show(value).trim();
  if (/^(?:true|false)$/i.test(text)) return 'boolean';
  return DATE.test(text) ? 'date' : 'text';
}
