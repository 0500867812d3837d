/**
 * Writes the table of docs/errors.md from the catalogue in src/core/errors.ts. The last column, what to do,
 * is written by hand in the document and kept. `node scripts/errors-table.ts [--check]`; with `--check`
 * nothing is written, and a difference is told and exits 1.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS, type ErrorClass, type ErrorEntry } from '../src/core/errors.ts';

const EXIT_CODES: { readonly [cls in ErrorClass]: number } = { failed: 1, usage: 2, denied: 3, limit: 4 };
const HEADER = ['| Code | Kind | Class | Exit | What it means | What to do |', '| --- | --- | --- | --- | --- | --- |'];
const TABLE = /\| Code \|[^\n]*\n(?:\|[^\n]*\n)*/;

type Catalogue = { readonly [code: string]: ErrorEntry };

/** `document` with the table of `catalogue`, each row with the advice that `document` had for its code. */
export function withTable(document: string, catalogue: Catalogue): string {
  if (!TABLE.test(document)) throw new Error('docs/errors.md has no table that starts with "| Code |"');
  const advice = adviceOf(document);
  const rows = Object.entries(catalogue).map(([code, entry]) => {
    const cells = [
      `\`${code}\``,
      entry.kind,
      entry.class,
      EXIT_CODES[entry.class],
      entry.summary,
      advice.get(code) ?? '',
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return document.replace(TABLE, () => `${[...HEADER, ...rows].join('\n')}\n`);
}

/** How `document` differs from `catalogue`, in words; empty when they are the same and every row has advice. */
export function tableProblems(document: string, catalogue: Catalogue): readonly string[] {
  const problems: string[] = [];
  const advice = adviceOf(document);
  for (const code of Object.keys(catalogue)) {
    if (!advice.has(code)) problems.push(`${code} is in the catalogue and not in docs/errors.md`);
    else if (advice.get(code) === '') problems.push(`${code} has no advice in docs/errors.md`);
  }
  for (const code of advice.keys()) {
    if (!Object.hasOwn(catalogue, code)) problems.push(`${code} is in docs/errors.md and not in the catalogue`);
  }
  if (problems.length === 0 && withTable(document, catalogue) !== document) {
    problems.push('the table of docs/errors.md is not what the catalogue says; ./dev fix writes it');
  }
  return problems;
}

function adviceOf(document: string): ReadonlyMap<string, string> {
  const rows = (TABLE.exec(document)?.[0] ?? '').split('\n');
  const advice = new Map<string, string>();
  for (const row of rows) {
    const match = /^\| `([a-z0-9-]+)` \|.*\|([^|]*)\|$/.exec(row);
    if (match !== null) advice.set(match[1] ?? '', (match[2] ?? '').trim());
  }
  return advice;
}

if (import.meta.main) {
  const path = join(import.meta.dirname, '../docs/errors.md');
  const document = readFileSync(path, 'utf8');
  if (!process.argv.includes('--check')) writeFileSync(path, withTable(document, ERRORS));
  const problems = tableProblems(readFileSync(path, 'utf8'), ERRORS);
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
