import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A test's name is the first argument of `test`, `it`, `describe` or `suite`, or of `t.test`. */
const TEST_NAME =
  /\b(?:test|it|describe|suite)(?:\.(?:only|skip|todo))?\(\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|`((?:\\.|[^`\\])*)`)/g;

const TEST_FILES = ['src', 'test', 'components', 'bench', 'scripts'].map((dir) => `${dir}/**/*.test.ts`);

/** The requirement ids in the names of a file's tests, as in `test('[wit.docs] …')` or `'[wit.docs, wit.use] …'`. */
export function idsInTests(text: string): readonly string[] {
  const ids: string[] = [];
  for (const [, single, double, template] of text.matchAll(TEST_NAME)) {
    const name = single ?? double ?? template ?? '';
    for (const [, list = ''] of name.matchAll(/\[([a-z0-9]+\.[a-z0-9.,\s-]+)\]/g)) ids.push(...list.split(/[,\s]+/));
  }
  return ids;
}

/** Every cited id with the files that cite it: tests by name, golden cases by `requirements` in their case.json. */
export function citedRequirements(root: string): ReadonlyMap<string, readonly string[]> {
  const cited = new Map<string, string[]>();
  const cite = (id: string, file: string): void => {
    const files = cited.get(id) ?? [];
    if (!files.includes(file)) files.push(file);
    cited.set(id, files);
  };
  const exclude = (path: string): boolean => path.includes('node_modules');
  for (const file of globSync(TEST_FILES, { cwd: root, exclude })) {
    for (const id of idsInTests(readFileSync(join(root, file), 'utf8'))) cite(id, file);
  }
  for (const file of globSync('test/{runtime,scan}/*/case.json', { cwd: root })) {
    const golden = JSON.parse(readFileSync(join(root, file), 'utf8')) as { requirements?: unknown };
    if (!Array.isArray(golden.requirements)) throw new Error(`${file}: "requirements" must be a list of ids`);
    for (const id of golden.requirements) cite(String(id), file);
  }
  return cited;
}

/** What is wrong between the requirements and their citations, in words. */
export function citationProblems(
  requirements: Readonly<Record<string, string>>,
  cited: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const uncited = Object.keys(requirements).filter((id) => !cited.has(id));
  const unknown = [...cited].filter(([id]) => !Object.hasOwn(requirements, id));
  return [
    ...uncited.map((id) => `no test cites [${id}]: ${requirements[id] ?? ''}`),
    ...unknown.map(([id, files]) => `[${id}] is no requirement; cited in ${files.join(', ')}`),
  ];
}
