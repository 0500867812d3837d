/** Holds the sizes of the files under src/. `node scripts/check-sizes.ts [root]` prints what is too large and exits 1. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceFiles } from './source-files.ts';

export const SIZES = { median: 120, p90: 350, max: 500 } as const;

/** What is larger than `SIZES` allow, in words; lines are counted as an editor counts them. */
export function checkSizes(root: string): readonly string[] {
  const sizes = sourceFiles(root)
    .map((file) => ({ file, lines: lineCount(readFileSync(join(root, file), 'utf8')) }))
    .sort((a, b) => a.lines - b.lines);
  const problems = sizes
    .filter(({ lines }) => lines > SIZES.max)
    .map(({ file, lines }) => `${file}: ${lines} lines; no file may have more than ${SIZES.max}`);
  for (const [name, share] of [
    ['median', 0.5],
    ['p90', 0.9],
  ] as const) {
    const at = sizes[Math.ceil(sizes.length * share) - 1];
    if (at !== undefined && at.lines > SIZES[name]) {
      problems.push(`${name} of the file sizes is ${at.lines} lines (${at.file}); it may be ${SIZES[name]}`);
    }
  }
  return problems;
}

function lineCount(text: string): number {
  return text === '' ? 0 : text.replace(/\n$/, '').split('\n').length;
}

if (import.meta.main) {
  const problems = checkSizes(process.argv[2] ?? join(import.meta.dirname, '..'));
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
