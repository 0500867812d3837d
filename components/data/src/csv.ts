import Papa from 'papaparse';

/** Record `csv-options` of world.wit. */
export interface CsvOptions {
  delimiter: string | null;
  header: boolean | null;
}

/** Record `csv-table` of world.wit. */
export interface CsvTable {
  columns: string[];
  rows: string[][];
  delimiter: string;
  warnings: string[];
}

const MAX_WARNINGS = 20;
const MAX_COLUMNS = 10_000;

/** Parses CSV; throws for an option that cannot be used and for text that is no table. */
export function parseCsv(text: string, options: CsvOptions | null): CsvTable {
  const delimiter = checkDelimiter(options?.delimiter ?? null);
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (source.trim() === '') throw new Error('the text is empty: there is no CSV to read');
  const parsed = Papa.parse<string[]>(source, {
    delimiter: delimiter ?? '',
    delimitersToGuess: [',', ';', '\t', '|'],
    skipEmptyLines: true,
  });
  const warnings = parsed.errors
    .filter((error) => error.type === 'Quotes')
    .map((error) => `row ${(error.row ?? 0) + 1}: ${error.message}`);
  const all = parsed.data;
  const hasHeader = options?.header ?? true;
  const width = all.reduce((most, row) => Math.max(most, row.length), 0);
  if (width > MAX_COLUMNS) throw new Error(`the table has ${width} columns; at most ${MAX_COLUMNS} are read`);
  const columns = columnNames(hasHeader ? (all[0] ?? []) : [], width, warnings);
  const rows = hasHeader ? all.slice(1) : all;
  const expected = hasHeader ? (all[0]?.length ?? 0) : width;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (row && (row.length !== expected || row.length !== width))
      evenOut(row, i + (hasHeader ? 2 : 1), expected, width, warnings);
  }
  return { columns, rows, delimiter: parsed.meta.delimiter, warnings: shortened(warnings) };
}

/** CSV text of a table; a cell is quoted where it must be. */
export function writeCsv(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  delimiter: string | null,
): string {
  const between = checkDelimiter(delimiter) ?? ',';
  return `${Papa.unparse([columns as string[], ...(rows as string[][])], { delimiter: between, newline: '\n' })}\n`;
}

function checkDelimiter(delimiter: string | null): string | null {
  if (delimiter === null) return null;
  if (delimiter.length !== 1 || /["\r\n\uFEFF]/.test(delimiter)) {
    throw new Error(
      `delimiter must be one character other than a quote or a line break, not ${JSON.stringify(delimiter)}`,
    );
  }
  return delimiter;
}

/** Unique, non-empty names: a second "a" becomes "a_2". */
function columnNames(header: readonly string[], width: number, warnings: string[]): string[] {
  const taken = new Set<string>();
  return Array.from({ length: width }, (_, i) => {
    const given = header[i]?.trim() || `column${i + 1}`;
    let name = given;
    for (let n = 2; taken.has(name); n++) name = `${given}_${n}`;
    if (name !== given) warnings.push(`column ${i + 1}: "${given}" is there twice; the second is called "${name}"`);
    taken.add(name);
    return name;
  });
}

function evenOut(row: string[], number: number, expected: number, width: number, warnings: string[]): void {
  if (row.length !== expected && warnings.length <= MAX_WARNINGS) {
    warnings.push(`row ${number}: ${row.length} values where ${expected} were expected`);
  }
  while (row.length < width) row.push('');
}

function shortened(warnings: string[]): string[] {
  return warnings.length <= MAX_WARNINGS ? warnings : [...warnings.slice(0, MAX_WARNINGS), 'and more like these'];
}
