import { parseCsv, writeCsv, type CsvOptions } from './csv.ts';
import { numberOf, parseJson, show, tableOf } from './table.ts';

/** CSV to a JSON array of objects. */
export function csvToJson(text: string, options: CsvOptions | null, inferTypes: boolean | null): string {
  const { columns, rows } = parseCsv(text, options);
  const kinds = columns.map((_, i) => (inferTypes === false ? 'text' : kindOf(rows, i)));
  const items = rows.map((row) => {
    const item: { [column: string]: unknown } = Object.create(null);
    for (const [i, column] of columns.entries())
      item[column] = convert(row[i] ?? '', kinds[i] ?? 'text', inferTypes !== false);
    return item;
  });
  return JSON.stringify(items);
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

function convert(cell: string, kind: Kind, infer: boolean): unknown {
  const text = cell.trim();
  if (infer && text === '') return null;
  if (kind === 'number') return Number(text);
  return kind === 'boolean' ? text.toLowerCase() === 'true' : cell;
}
