import { Sum } from './aggregate.ts';
import type { CsvOptions } from './csv.ts';
import { type Cell, isEmpty, numberOf, readTable, show, type Table } from './table.ts';

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
  return { rows: table.rows.length, columns: table.columns.map((name, i) => summarizeColumn(name, table.rows, i)) };
}

/** In one pass over the cells, each read once: there may be a million. */
function summarizeColumn(name: string, rows: Table['rows'], index: number): ColumnSummary {
  let columnType: ColumnType = 'empty';
  let count = 0;
  const counts = new Map<string, number>();
  const numbers = new Extremes();
  const texts = new Extremes();
  const total = new Sum();
  for (const row of rows) {
    const cell = row[index];
    if (isEmpty(cell)) continue;
    count++;
    const text = show(cell);
    counts.set(text, (counts.get(text) ?? 0) + 1);
    const number = numberOf(cell);
    if (columnType !== 'text') columnType = widened(columnType, typeOfCell(cell, text, number));
    if (number === undefined) texts.add(text, text);
    else {
      numbers.add(number, text);
      total.add(number);
    }
  }
  const numeric = columnType === 'integer' || columnType === 'number';
  return {
    name,
    columnType,
    count,
    empty: rows.length - count,
    distinct: counts.size,
    min: numbers.least ?? texts.least,
    max: texts.most ?? numbers.most,
    mean: numeric ? total.value() / count : null,
    sum: numeric ? total.value() : null,
    mostFrequent: mostFrequent(counts),
  };
}

/** The smallest and largest of what was added, as text. */
class Extremes {
  least: string | null = null;
  most: string | null = null;
  #low: number | string | undefined;
  #high: number | string | undefined;

  add(value: number | string, text: string): void {
    if (this.#low === undefined || value < this.#low) [this.#low, this.least] = [value, text];
    if (this.#high === undefined || value > this.#high) [this.#high, this.most] = [value, text];
  }
}

/** By frequency, then in order of appearance. */
function mostFrequent(counts: ReadonlyMap<string, number>): [string, number][] {
  const best: [string, number][] = [];
  for (const entry of counts) {
    let at = best.length;
    while (at > 0 && (best[at - 1]?.[1] ?? 0) < entry[1]) at--;
    if (at < MOST_FREQUENT) {
      best.splice(at, 0, entry);
      best.length = Math.min(best.length, MOST_FREQUENT);
    }
  }
  return best;
}

/** The narrowest type that both are. */
function widened(type: ColumnType, own: ColumnType): ColumnType {
  if (type === 'empty' || type === own) return own;
  const numeric = (type === 'integer' || type === 'number') && (own === 'integer' || own === 'number');
  return numeric ? 'number' : 'text';
}

function typeOfCell(cell: Cell, text: string, number: number | undefined): ColumnType {
  if (typeof cell === 'object') return 'json';
  if (number !== undefined) return /^\s*[+-]?\d+\s*$/.test(text) ? 'integer' : 'number';
  if (/^\s*(?:true|false)\s*$/i.test(text)) return 'boolean';
  return DATE.test(text.trim()) ? 'date' : 'text';
}
