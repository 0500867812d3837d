import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkSizes } from './check-sizes.ts';

/** The problems of a checkout whose source files have these numbers of lines. */
function problems(...lines: number[]): readonly string[] {
  const root = mkdtempSync(join(tmpdir(), 'sizes-'));
  try {
    mkdirSync(join(root, 'src/core'), { recursive: true });
    lines.forEach((count, index) => {
      writeFileSync(join(root, `src/core/f${index}.ts`), '//\n'.repeat(count));
    });
    return checkSizes(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('[dev.sizes] sizes at the limits pass', () => {
  assert.deepEqual(problems(1, 1, 1, 1, 120, 200, 200, 200, 350, 500), []);
});

test('[dev.sizes] a file over the maximum is named', () => {
  const found = problems(...Array.from({ length: 20 }, () => 10), 501);
  assert.deepEqual(found, ['src/core/f20.ts: 501 lines; no file may have more than 500']);
});

test('[dev.sizes] a median that is too large is told', () => {
  assert.match(problems(121, 121, 121, 10, 10).join(), /^median of the file sizes is 121/);
});

test('[dev.sizes] a ninetieth percentile that is too large is told', () => {
  assert.match(problems(10, 10, 10, 10, 10, 10, 10, 10, 351, 400).join(), /^p90 of the file sizes is 351/);
});
