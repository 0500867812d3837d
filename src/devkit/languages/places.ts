/** The lines of a bundle that are of the project's own sources, for guest/places.ts. */
import { relative, resolve, sep } from 'node:path';

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export interface SourceMap {
  readonly version?: number;
  readonly sources: readonly string[];
  readonly mappings: string;
}

/** The bundler writes sources as they are seen from the folder that it would write to. */
const sourceFile = (source: string, dir: string): string => resolve(dir, 'dist', source);

/** A map whose sources are files, wherever it is. */
export const absolute = (map: SourceMap | undefined, dir: string): SourceMap | undefined =>
  map && { ...map, version: 3, sources: map.sources.map((source) => sourceFile(source, dir)) };

/** `files` relative to the project, and mappings of three numbers: column, file, line; of one where another's code begins. */
export function placesOf(
  map: SourceMap,
  dir: string,
): { readonly files: readonly string[]; readonly mappings: string } {
  const names = map.sources.map((source) => ownFile(source, dir));
  const files = [...new Set(names.filter((name) => name !== undefined))].toSorted();
  let [source, line, lastFile, lastLine] = [0, 0, 0, 0];
  const lines = map.mappings.split(';').map((text) => {
    const kept: string[] = [];
    let [column, lastColumn, last] = [0, 0, ''];
    for (const segment of text === '' ? [] : text.split(',')) {
      const [step = 0, sourceStep = 0, lineStep = 0] = numbers(segment);
      column += step;
      source += sourceStep;
      line += lineStep;
      const name = names[source];
      const place = name === undefined ? '' : `${name}:${line}`;
      if (place === last) continue;
      last = place;
      const file = name === undefined ? undefined : files.indexOf(name);
      kept.push(
        written(file === undefined ? [column - lastColumn] : [column - lastColumn, file - lastFile, line - lastLine]),
      );
      lastColumn = column;
      if (file !== undefined) [lastFile, lastLine] = [file, line];
    }
    return kept.join(',');
  });
  return { files, mappings: lines.join(';').replace(/;+$/, '') };
}

/** A file of `src`, with slashes. */
function ownFile(source: string, dir: string): string | undefined {
  const path = relative(dir, sourceFile(source, dir));
  return path.startsWith(`src${sep}`) ? path.replaceAll(sep, '/') : undefined;
}

function numbers(segment: string): number[] {
  const found: number[] = [];
  let [value, shift] = [0, 1];
  for (const char of segment) {
    const digit = DIGITS.indexOf(char);
    value += (digit & 31) * shift;
    shift *= 32;
    if (digit >= 32) continue;
    found.push(value % 2 === 1 ? -((value - 1) / 2) : value / 2);
    [value, shift] = [0, 1];
  }
  return found;
}

function written(values: readonly number[]): string {
  let text = '';
  for (const value of values) {
    let rest = value < 0 ? -value * 2 + 1 : value * 2;
    do {
      const digit = rest % 32;
      rest = Math.floor(rest / 32);
      text += DIGITS[rest > 0 ? digit + 32 : digit];
    } while (rest > 0);
  }
  return text;
}
