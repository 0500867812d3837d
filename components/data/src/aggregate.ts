import { type Cell, columnIndex, compareValues, isEmpty, numberOf, show, type Table } from './table.ts';

export type AggregateFunction = 'count' | 'count-distinct' | 'sum' | 'mean' | 'min' | 'max';

/** Record `aggregate` of world.wit. */
export interface Aggregate {
  function: AggregateFunction;
  column: string | null;
}

/** One row for each group, in order of appearance: the grouped columns, then the aggregates. */
export function aggregateRows(table: Table, groupBy: readonly string[], aggregates: readonly Aggregate[]): Table {
  const keys = groupBy.map((name) => columnIndex(table.columns, name));
  const computed = aggregates.map((aggregate) => compile(table, aggregate));
  const groups = new Map<string, (readonly Cell[])[]>();
  // Without group-by the whole table is one group, even when it has no rows.
  if (keys.length === 0) groups.set('[]', []);
  for (const row of table.rows) {
    const key = JSON.stringify(keys.map((i) => (isEmpty(row[i]) ? null : show(row[i]))));
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  const rows = [...groups.values()].map((group) => [
    ...keys.map((i) => group[0]?.[i] ?? null),
    ...computed.map(({ compute }) => compute(group)),
  ]);
  return { columns: [...groupBy, ...computed.map(({ name }) => name)], rows };
}

function compile(
  table: Table,
  aggregate: Aggregate,
): { name: string; compute: (rows: readonly (readonly Cell[])[]) => Cell } {
  const { function: fn, column } = aggregate;
  if (column === null) {
    if (fn !== 'count') throw new Error(`aggregate ${fn} needs a column`);
    return { name: 'count', compute: (rows) => rows.length };
  }
  const index = columnIndex(table.columns, column);
  const compute = FUNCTIONS[fn];
  return {
    name: `${fn}(${column})`,
    compute: (rows) =>
      compute(
        rows.map((row) => row[index]).filter((cell) => !isEmpty(cell)),
        column,
      ),
  };
}

const FUNCTIONS: { readonly [F in AggregateFunction]: (cells: readonly Cell[], column: string) => Cell } = {
  count: (cells) => cells.length,
  'count-distinct': (cells) => new Set(cells.map(show)).size,
  sum: (cells, column) => sum(numbers(cells, column)),
  mean: (cells, column) => (cells.length === 0 ? null : sum(numbers(cells, column)) / cells.length),
  min: (cells) => extreme(cells, -1),
  max: (cells) => extreme(cells, 1),
};

function numbers(cells: readonly Cell[], column: string): number[] {
  return cells.map((cell) => {
    const value = numberOf(cell);
    if (value === undefined)
      throw new Error(`column "${column}" holds ${JSON.stringify(cell).slice(0, 60)}, which is not a number`);
    return value;
  });
}

function sum(values: readonly number[]): number {
  const total = new Sum();
  for (const value of values) total.add(value);
  return total.value();
}

/** Neumaier's compensated sum: 0.1 ten times is 1. */
export class Sum {
  #total = 0;
  #lost = 0;

  add(value: number): void {
    const next = this.#total + value;
    this.#lost += Math.abs(this.#total) >= Math.abs(value) ? this.#total - next + value : value - next + this.#total;
    this.#total = next;
  }

  value(): number {
    return this.#total + this.#lost;
  }
}

/** The smallest (-1) or largest (1) cell, null of none. */
function extreme(cells: readonly Cell[], sign: 1 | -1): Cell {
  let best: Cell = null;
  for (const cell of cells) if (best === null || compareValues(cell, best) * sign > 0) best = cell;
  return best;
}
