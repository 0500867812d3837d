/** What a change of a settings file looks like. */
import { safeText } from '../safe.ts';

const AROUND = 3;
const LONGEST = 160;

/** A unified diff of two texts that differ in one place, lines cut where they are long; empty where they are the same. */
export function oneHunk(before: string, after: string): string {
  const a = linesOf(before);
  const b = linesOf(after);
  let head = 0;
  while (head < Math.min(a.length, b.length) && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(a.length, b.length) - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  if (head === a.length && head === b.length) return '';
  const from = Math.max(0, head - AROUND);
  const closing = a.slice(a.length - tail, a.length - tail + AROUND);
  const size = (lines: readonly string[]): number => lines.length - tail + closing.length - from;
  const start = (lines: readonly string[]): string => {
    const count = size(lines);
    return `${count === 0 ? from : from + 1},${count}`;
  };
  return [
    `@@ -${start(a)} +${start(b)} @@`,
    ...a.slice(from, head).map((line) => ` ${shown(line)}`),
    ...a.slice(head, a.length - tail).map((line) => `-${shown(line)}`),
    ...b.slice(head, b.length - tail).map((line) => `+${shown(line)}`),
    ...closing.map((line) => ` ${shown(line)}`),
  ].join('\n');
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/));

function shown(line: string): string {
  return safeText(line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line);
}
