import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { citationProblems, citedRequirements, idsInTests } from '../scripts/cited-requirements.ts';
import { REQUIREMENTS } from './requirements.ts';

test('every requirement is cited by a test and every cited id is a requirement', () => {
  const problems = citationProblems(REQUIREMENTS, citedRequirements(join(import.meta.dirname, '..')));
  assert.deepEqual(problems, []);
});

/** Code with its calls written as DESCRIBE, IT and TEST, so that this file's own fixtures cite nothing. */
const code = (text: string): string => text.replace(/\b(TEST|IT|DESCRIBE)\(/g, (call) => call.toLowerCase());

test('ids are taken from the names of tests and from nowhere else', () => {
  const text = `
    // [a.comment] test
    TEST('[a.one] and [a.two] work', () => {});
    IT("[a.three, a.four]", () => {});
    DESCRIBE(\`[a.five] \${list['x']}\`, () => {
      await t.TEST(
        '[a.six] on another line', () => assert.equal(s, '[a.string]'));
    });
    TEST('it\\'s [a.seven]', () => list[a.index]);
  `;
  assert.deepEqual(idsInTests(code(text)), ['a.one', 'a.two', 'a.three', 'a.four', 'a.five', 'a.six', 'a.seven']);
});

test('a requirement without a test, an unknown id and a golden case are seen', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'requirements-'));
  t.after(() => rmSync(root, { recursive: true }));
  const files = {
    'src/wit/a.test.ts': 'TEST("[x.tested]", f);',
    'test/e2e/a.test.ts': 'TEST("[x.unknown]", f);',
    'test/e2e/inspector/node_modules/p/a.test.ts': 'TEST("[x.foreign]", f);',
    'test/runtime/one/case.json': '{ "requirements": ["x.golden"] }',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), code(text));
  }
  const requirements = { 'x.tested': 'A.', 'x.golden': 'B.', 'x.forgotten': 'C.' };
  assert.deepEqual(citationProblems(requirements, citedRequirements(root)), [
    'no test cites [x.forgotten]: C.',
    '[x.unknown] is no requirement; cited in test/e2e/a.test.ts',
  ]);
});
