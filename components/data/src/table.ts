import { parseCsv, type CsvOptions } from './csv.ts';

/** A cell: text of CSV, any JSON value, or null where it is empty. */
export type Cell = unknown;

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** CSV text, or a JSON array of objects, as a table. An empty CSV cell stays an empty text, which counts as empty. */
export function readTable(data: string, csv: CsvOptions | null): Table {
  if (csv === null && /^\s*[[{]/.test(data)) {
    const json = tryJson(data);
    if (json !== undefined) return tableOf(json);
  }
  return parseCsv(data, csv);
}

/** JSON that must be valid; throws a message that says where it is not. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`not valid JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** The table of an array of objects (or of one object): all keys in order of appearance. */
export function tableOf(json: unknown): Table {
  const items: readonly unknown[] = Array.isArray(json) ? json : [json];
  const columns = new Set<string>();
  for (const [i, item] of items.entries()) {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      throw new Error(`item ${i} is not an object; a table is a JSON array of objects such as [{"name":"Ann"}]`);
    }
    for (const key of Object.keys(item)) columns.add(key);
  }
  const names = [...columns];
  const rows = items.map((item) => names.map((name) => own(item as object, name)));
  return { columns: names, rows };
}

function own(item: object, name: string): Cell {
  return Object.hasOwn(item, name) ? ((item as { [key: string]: unknown })[name] ?? null) : null;
}

function tryJson(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (error) {
    // CSV may begin with a bracket, but what begins like a list of objects was meant as JSON.
    if (/^\s*(?:\[\s*\{|\{\s*")/.test(data))
      throw new Error(`not valid JSON: ${(error as Error).message}`, { cause: error });
    return undefined;
  }
}

/** Where a column is; throws a message that lists the columns there are. */
export function columnIndex(columns: readonly string[], name: string): number {
  const index = columns.indexOf(name);
  if (index < 0) throw new Error(`there is no column "${name}"; there are: ${columns.slice(0, 50).join(', ')}`);
  return index;
}

export function isEmpty(cell: Cell): boolean {
  return cell === null || cell === undefined || cell === '';
}

/** A cell as text; JSON for arrays and objects. */
export function show(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  return cell === null || cell === undefined ? '' : JSON.stringify(cell);
}

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The number a cell is or says, else undefined. */
export function numberOf(cell: Cell): number | undefined {
  if (typeof cell === 'number') return cell;
  if (typeof cell !== 'string') return undefined;
  const text = cell.trim();
  if (!NUMBER.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Numbers before text; numbers by size, text by code units; empty cells come last, whatever the direction. */
export function compareCells(a: Cell, b: Cell, descending = false): number {
  const [emptyA, emptyB] = [isEmpty(a), isEmpty(b)];
  if (emptyA || emptyB) return Number(emptyA) - Number(emptyB);
  const order = compareValues(a, b);
  return descending ? -order : order;
}

export function compareValues(a: Cell, b: Cell): number {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return x - y;
  if (x !== undefined || y !== undefined) return x !== undefined ? -1 : 1;
  const [s, t] = [show(a), show(b)];
  return s < t ? -1 : s > t ? 1 : 0;
}
