/** Where in the project's sources a frame of a stack is: line and column of the bundle are of no use to anybody. */

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

let files: readonly string[] = [];
let mappings = '';

/** Takes the files and where they are in the bundle, as `mappings` of a source map in which columns and names are left out. */
export function setPlaces(of: readonly string[], where: string): void {
  files = of;
  mappings = where;
}

/** The first frame that is in the project's own sources, as `name (src/main.ts:12)`; else what the first frame says. */
export function placeIn(stack: string): string {
  const frames = stack.trim().split('\n');
  for (const frame of frames) {
    const [, name = '', line = '', column = ''] = /^\s*at (.*?) ?\(?[^\s()]*:(\d+):(\d+)\)?$/.exec(frame) ?? [];
    const place = line === '' ? undefined : placeOf(Number(line) - 1, Number(column) - 1);
    if (place !== undefined) return name === '' ? `at ${place}` : `at ${name} (${place})`;
  }
  return (frames[0] ?? '').trim();
}

function placeOf(line: number, column: number): string | undefined {
  let [file, own, at] = [0, 0, 0];
  let found: string | undefined;
  for (const [index, text] of mappings.split(';').entries()) {
    if (index > line) break;
    let from = 0;
    found = undefined;
    for (const segment of text === '' ? [] : text.split(',')) {
      const [step = 0, ...place] = numbers(segment);
      from += step;
      if (place.length > 0) {
        file += place[0] ?? 0;
        own += place[1] ?? 0;
      }
      at = from;
      if (index === line && at <= column) found = place.length > 0 ? `${files[file]}:${own + 1}` : undefined;
    }
  }
  return found;
}

/** Base64 VLQ of source maps. */
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
