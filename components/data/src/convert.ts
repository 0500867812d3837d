import { parseCsv, writeCsv, type CsvOptions } from './csv.ts';
import { numberOf, parseJson, show, tableOf } from './table.ts';

const NO_CELLS: string[] = [];

/** CSV to a JSON array of objects. */
export function csvToJson(text: string, options: CsvOptions | null, inferTypes: boolean | null): string {
  const { columns, rows } = parseCsv(text, options);
  const kinds = columns.map((_, i) => (inferTypes === false ? 'text' : kindOf(rows, i)));
  // Written by hand, each row let go once it is written: 100,000 objects beside their table would not fit the memory.
  const keys = columns.map((column) => `${JSON.stringify(column)}:`);
  const lines: string[] = [];
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] ?? [];
    rows[at] = NO_CELLS;
    lines.push(
      `{${keys.map((key, i) => key + jsonOf(row[i] ?? '', kinds[i] ?? 'text', inferTypes !== false)).join(',')}}`,
    );
  }
  return `[${lines.join(',')}]`;
}

/** A JSON array of objects to CSV. */
export function jsonToCsv(json: string, delimiter: string | null): string {
  const { columns, rows } = tableOf(parseJson(json));
  return writeCsv(
    columns,
    rows.map((row) => row.map(show)),
    delimiter,
  );
}

type Kind = 'number' | 'boolean' | 'text';

/** A column is numbers or booleans only when each of its cells is. */
function kindOf(rows: readonly (readonly string[])[], column: number): Kind {
  let kind: Kind | undefined;
  for (const row of rows) {
    const cell = (row[column] ?? '').trim();
    if (cell === '') continue;
    const own: Kind = isExactNumber(cell) ? 'number' : /^(?:true|false)$/i.test(cell) ? 'boolean' : 'text';
    if (own === 'text' || (kind !== undefined && kind !== own)) return 'text';
    kind = own;
  }
  return kind ?? 'text';
}

/** Whether nothing is lost by reading it as a number: 007 and +49 are no numbers, nor is what has too many digits. */
function isExactNumber(cell: string): boolean {
  if (/^-?0\d|^\+/.test(cell)) return false;
  const value = numberOf(cell);
  return value !== undefined && cell.replace(/^-|[.]|[eE].*$/g, '').replace(/^0+/, '').length <= 15;
}

function jsonOf(cell: string, kind: Kind, infer: boolean): string {
  if (kind === 'text') return infer && cell.trim() === '' ? 'null' : JSON.stringify(cell);
  const text = cell.trim();
  if (text === '') return 'null';
  return kind === 'number' ? String(Number(text)) : text.toLowerCase();
}
