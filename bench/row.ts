/** One line of the table, as in `--output json`. Lower values are better. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it was measured against in the same run, in the same unit; null where there is nothing to compare with. */
  readonly against: number | null;
  /** value / against. */
  readonly ratio: number | null;
  /** The largest value that passes, in the same unit: a factor times `against`, or a fixed bound. */
  readonly limit: number;
  readonly ok: boolean;
}

export type Unit = 'ms' | 'µs' | 'bytes' | 'MB' | 'calls' | 'events' | '×' | '%';

/** A row whose limit follows from what it is compared with. `NaN` never passes. */
export function comparedRow(name: string, unit: Unit, value: number, against: number, limit: number): Row {
  return { name, value, unit, against, ratio: value / against, limit, ok: value <= limit };
}

/** A row with a fixed limit. */
export function boundedRow(name: string, unit: Unit, value: number, limit: number): Row {
  return { name, value, unit, against: null, ratio: null, limit, ok: value <= limit };
}

/** Passes only if both counts are the same. */
export function equalRow(name: string, unit: Unit, value: number, against: number): Row {
  return {
    name,
    value,
    unit,
    against,
    ratio: value === against ? 1 : value / against,
    limit: against,
    ok: value === against,
  };
}

/** The rows as text for a terminal. */
export function formatTable(rows: readonly Row[]): string {
  const cells = [
    ['', 'value', 'against', 'ratio', 'at most', ''],
    ...rows.map((row) => [
      row.name,
      `${figure(row.value)} ${row.unit}`,
      row.against === null ? '–' : figure(row.against),
      row.ratio === null ? '–' : `${row.ratio.toFixed(2)}x`,
      figure(row.limit),
      row.ok ? 'ok' : 'MISSED',
    ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const pad = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0);
  return `${cells.map((line) => line.map(pad).join('  ').trimEnd()).join('\n')}\n`;
}

function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}
