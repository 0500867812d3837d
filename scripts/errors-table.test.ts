import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ERRORS } from '../src/core/errors.ts';
import { tableProblems, withTable } from './errors-table.ts';

const catalogue = {
  denied: { kind: 'user', class: 'denied', summary: 'Refused.' },
  busy: { kind: 'system', class: 'limit', summary: 'Too many.' },
} as const;
const document = `# Errors

| Code | Kind | Class | Exit | What it means | What to do |
| --- | --- | --- | --- | --- | --- |
| \`denied\` | user | denied | 3 | Refused. | Ask. |
| \`busy\` | system | limit | 4 | Too many. | Wait. |

End.
`;

test('[dev.errors] docs/errors.md is the catalogue', () => {
  const text = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
  assert.deepEqual(tableProblems(text, ERRORS), []);
});

test('[dev.errors] an equal table has no problems and is written as it is', () => {
  assert.deepEqual(tableProblems(document, catalogue), []);
  assert.equal(withTable(document, catalogue), document);
});

test('[dev.errors] differences are told', () => {
  const cases: readonly (readonly [document: string, problem: RegExp])[] = [
    [document.replace(/\| `busy`.*\n/, ''), /busy is in the catalogue and not in/],
    [document.replace('Wait.', ''), /busy has no advice/],
    [document.replace('`busy`', '`bussy`'), /busy is in the catalogue[^]*bussy is in docs/],
    [document.replace('| limit |', '| failed |'), /is not what the catalogue says/],
    [document.replace('Too many.', 'Too much.'), /is not what the catalogue says/],
    [document.replace('| 4 |', '| 1 |'), /is not what the catalogue says/],
  ];
  for (const [changed, problem] of cases) {
    assert.notEqual(changed, document);
    assert.match(tableProblems(changed, catalogue).join('\n'), problem);
  }
});

test('[dev.errors] writing the table keeps the advice and the text around it', () => {
  const stale = document.replace('Too many.', 'Too much.').replace('| 4 |', '| 1 |');
  assert.equal(withTable(stale, catalogue), document);
  assert.throws(() => withTable('# Errors\n', catalogue), /no table/);
});
