import { editScript, type Step } from './line-diff.ts';

/** The records `hunk` and `difference` of world.wit. */
export interface Hunk {
  oldStart: number;
  oldLines: number;
  newStart: number;
  newLines: number;
  lines: { change: 'same' | 'removed' | 'added'; text: string }[];
}

export interface Difference {
  identical: boolean;
  added: number;
  removed: number;
  unified: string;
  hunks: Hunk[];
}

const MARK = { same: ' ', removed: '-', added: '+' } as const;

/** Compares line by line; throws when `name` or `context` cannot be used. */
export function diff(before: string, after: string, context: number | null, name: string | null): Difference {
  const file = name ?? 'text';
  if (file === '' || /[\r\n\t]/.test(file))
    throw new Error('name must be a file name: not empty, without line breaks or tabs');
  const around = context ?? 3;
  if (around > 1000) throw new Error(`context must be at most 1000 lines, not ${around}`);
  const old = splitLines(before);
  const fresh = splitLines(after);
  const steps = editScript(old, fresh);
  const hunks: Hunk[] = [];
  let unified = '';
  for (const range of hunkRanges(steps, around)) {
    const { hunk, text } = makeHunk(steps, range, old, fresh);
    hunks.push(hunk);
    unified += text;
  }
  return {
    identical: before === after,
    added: steps.filter((step) => step.change === 'added').length,
    removed: steps.filter((step) => step.change === 'removed').length,
    unified: unified === '' ? '' : `--- ${file}\n+++ ${file}\n${unified}`,
    hunks,
  };
}

/** Lines with their line feeds: a last line without one differs from the same line with one. */
function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

interface Range {
  from: number;
  to: number;
  /** Lines of each side before the range. */
  oldBefore: number;
  newBefore: number;
}

function hunkRanges(steps: readonly Step[], context: number): Range[] {
  const bounds: [number, number][] = [];
  for (const [i, step] of steps.entries()) {
    if (step.change === 'same') continue;
    const last = bounds.at(-1);
    if (last && i - context <= last[1]) last[1] = i + 1 + context;
    else bounds.push([Math.max(0, i - context), i + 1 + context]);
  }
  const ranges: Range[] = [];
  let [at, oldBefore, newBefore] = [0, 0, 0];
  for (const [from, to] of bounds) {
    for (; at < from; at++) {
      if (steps[at]?.change !== 'added') oldBefore++;
      if (steps[at]?.change !== 'removed') newBefore++;
    }
    ranges.push({ from, to: Math.min(to, steps.length), oldBefore, newBefore });
  }
  return ranges;
}

function makeHunk(
  steps: readonly Step[],
  range: Range,
  old: readonly string[],
  fresh: readonly string[],
): { hunk: Hunk; text: string } {
  const lines: Hunk['lines'] = [];
  let [oldLines, newLines, body] = [0, 0, ''];
  for (const step of steps.slice(range.from, range.to)) {
    const line = (step.change === 'added' ? fresh[step.index] : old[step.index]) ?? '';
    if (step.change !== 'added') oldLines++;
    if (step.change !== 'removed') newLines++;
    const ended = line.endsWith('\n');
    lines.push({ change: step.change, text: ended ? line.slice(0, -1) : line });
    body += `${MARK[step.change]}${line}${ended ? '' : '\n\\ No newline at end of file\n'}`;
  }
  const oldStart = range.oldBefore + (oldLines > 0 ? 1 : 0);
  const newStart = range.newBefore + (newLines > 0 ? 1 : 0);
  const text = `@@ -${extent(oldStart, oldLines)} +${extent(newStart, newLines)} @@\n${body}`;
  return { hunk: { oldStart, oldLines, newStart, newLines, lines }, text };
}

function extent(start: number, lines: number): string {
  return lines === 1 ? String(start) : `${start},${lines}`;
}
