/** Calls that the library's own documentation shows. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { camel } from './names.ts';
import type { PlannedFunction } from './plan.ts';

const LONGEST = 240;
const SCRIPT = /^(?:(?:js|javascript|ts|typescript|jsx|mjs|cjs)\b.*)?$/i;
const LARGEST_README = 400_000;

/** The code in a package's README; empty where it has none. */
export async function readmeCode(folder: string): Promise<readonly string[]> {
  const name = (await readdir(folder)).find((one) => /^readme(?:\.md|\.markdown)?$/i.test(one));
  if (name === undefined) return [];
  const text = (await readFile(join(folder, name), 'utf8')).slice(0, LARGEST_README);
  // Each fence with its end: that of a block in another language begins no block of ours.
  return [...text.matchAll(/^[ \t]*```[ \t]*([^\n`]*)\n([\s\S]*?)^[ \t]*```[ \t]*$/gm)].flatMap(
    ([, language = '', code = '']) => (SCRIPT.test(language.trim()) ? [code] : []),
  );
}

/** What a caller of the library would name it. */
export function callNames({ fn, wit }: PlannedFunction): string[] {
  const last = fn.title.replace(/^new /, '').split('.').at(-1) ?? '';
  return [...new Set([last, camel(wit)])].filter((name) => /^[A-Za-z$_][\w$]*$/.test(name));
}

/** Texts that show a call of the function: its own `@example`s, then lines of the README. */
export function exampleTexts(planned: PlannedFunction, readme: readonly string[]): string[] {
  const names = callNames(planned);
  const shows = new RegExp(`(?:^|[^\\w$])(?:${names.map((name) => name.replaceAll('$', '\\$')).join('|')})\\s*\\(`);
  const lines = names.length === 0 ? [] : readme.flatMap((code) => statements(code).filter((one) => shows.test(one)));
  return [...planned.fn.examples, ...lines.slice(0, 8)];
}

/** Lines, with those that follow while a bracket is open. */
function statements(text: string): string[] {
  const found: string[] = [];
  let open = '';
  for (const line of text.split('\n')) {
    open = open === '' ? line : `${open}\n${line}`;
    const code = open.replaceAll(/'[^'\n]*'|"[^"\n]*"|\/\/[^\n]*/g, '');
    const depth = (code.match(/[([{]/g)?.length ?? 0) - (code.match(/[)\]}]/g)?.length ?? 0);
    if (depth > 0 && open.length < 2_000) continue;
    if (open.trim() !== '') found.push(open.trim());
    open = '';
  }
  return found;
}

/** The shortest that shows it on one line. */
export function shownExample(texts: readonly string[]): string | undefined {
  const lines = texts.flatMap((text) => {
    const code = text
      .split('\n')
      .filter((line) => line.trim() !== '' && !/^\s*(?:import\b|const\b.*\brequire\()/.test(line));
    return [code.join(' ').replaceAll(/\s+/g, ' ').trim()];
  });
  return lines.find((line) => line !== '' && line.length <= LONGEST);
}
