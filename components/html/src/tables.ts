import { type Element, find, isElement, parseHtml, scope, textOf } from './dom.ts';

/** The record `table` of world.wit. */
export interface Table {
  caption: string | null;
  header: string[];
  rows: string[][];
}

/** HTML allows 1000 columns to be spanned; rows of more cells are cut. */
const MAX_COLUMNS = 1000;
const MAX_CELLS = 1_000_000;

/** Tables of the page; throws for a selector that matches none. */
export function tables(html: string, selector: string | null): Table[] {
  const $ = parseHtml(html);
  if (selector === null) return find($, 'table').map((table) => readTable(table, textOfCell));
  const found = new Set<Element>();
  for (const element of scope($, selector).filter(isElement)) {
    if (element.name === 'table') found.add(element);
    for (const inner of $(element).find('table').toArray()) found.add(inner);
  }
  if (found.size === 0) throw new Error(`there is no table in what matches "${selector.slice(0, 200)}"`);
  return [...found].map((table) => readTable(table, textOfCell));
}

/** Reads one table into a grid, its cells by `cellText`; tables inside its cells are not its rows. */
export function readTable(table: Element, cellText: (cell: Element) => string): Table {
  const rows = rowsOf(table);
  const grid = spanned(rows, cellText);
  const lastHead = rows.findLastIndex((row) => row.inHead);
  const allHeaders =
    rows[0] !== undefined && rows[0].cells.length > 0 && rows[0].cells.every((cell) => cell.name === 'th');
  const headerAt = lastHead >= 0 ? lastHead : allHeaders ? 0 : -1;
  const caption = table.children.find((child): child is Element => isElement(child) && child.name === 'caption');
  return {
    caption: caption ? textOf([caption]) : null,
    header: grid[headerAt] ?? [],
    rows: grid.filter((row, i) => i > headerAt && row.length > 0),
  };
}

interface Row {
  readonly cells: Element[];
  readonly inHead: boolean;
}

function rowsOf(table: Element): Row[] {
  const rows: Row[] = [];
  const add = (parent: Element): void => {
    for (const child of parent.children) {
      if (!isElement(child)) continue;
      if (child.name === 'tr') {
        const cells = child.children.filter((cell): cell is Element => isElement(cell) && /^t[dh]$/.test(cell.name));
        rows.push({ cells, inHead: parent.name === 'thead' });
      } else if (/^t(?:head|body|foot)$/.test(child.name) && parent === table) add(child);
    }
  };
  add(table);
  return rows;
}

/** The grid with spanned cells repeated; bounded, because two attributes can claim 65534 x 1000 cells. */
function spanned(rows: readonly Row[], cellText: (cell: Element) => string): string[][] {
  const grid: string[][] = rows.map(() => []);
  let cells = 0;
  for (const [y, row] of rows.entries()) {
    let x = 0;
    for (const cell of row.cells) {
      while (grid[y]?.[x] !== undefined) x++;
      const text = cellText(cell);
      const width = span(cell.attribs['colspan'], 1, MAX_COLUMNS - x);
      const height = span(cell.attribs['rowspan'], rows.length - y, rows.length - y);
      for (let down = 0; down < height; down++) {
        for (let right = 0; right < width; right++) {
          if (++cells > MAX_CELLS) throw new Error(`a table has more than ${MAX_CELLS} cells`);
          const line = grid[y + down];
          if (line) line[x + right] ??= text;
        }
      }
      x += width;
    }
  }
  return grid.map((row) => Array.from(row, (cell: string | undefined) => cell ?? ''));
}

/** rowspan 0 means to the end. */
function span(attribute: string | undefined, zero: number, most: number): number {
  const value = Number.parseInt(attribute ?? '1', 10);
  if (Number.isNaN(value) || value < 0) return Math.min(1, most);
  return Math.min(value === 0 ? zero : value, most);
}

function textOfCell(cell: Element): string {
  return textOf(cell.children).replaceAll('\n', ' ');
}
