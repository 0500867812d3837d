import { SwitchboardError } from '#core/errors';
import { askLine } from './prompt.ts';
import { safeLine } from './safe.ts';

/** Shows what can be kept and asks which; an empty answer keeps all. Errors: `cancelled`, `invalid-usage`. */
export async function chooseFunctions(titles: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  const width = String(titles.length).length;
  const lines = titles.map((title, i) => `${String(i + 1).padStart(width)}  ${safeLine(title)}`);
  const answer = await askLine(
    `${lines.join('\n')}\nkeep which? numbers or names with commas between them; nothing for all: `,
    signal,
  );
  return pickTitles(titles, answer);
}

/** Those that numbers, ranges and names with commas between them stand for, each once; all for an empty answer. Errors: `invalid-usage`. */
export function pickTitles(titles: readonly string[], answer: string): readonly string[] {
  const words = answer
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  if (words.length === 0) return titles;
  const picked = words.flatMap((word) => {
    const range = /^([1-9]\d*)(?:-(\d+))?$/.exec(word);
    const found =
      range === null
        ? titles.filter((title) => title === word)
        : titles.slice(Number(range[1]) - 1, Number(range[2] ?? range[1]));
    if (found.length === 0) throw new SwitchboardError('invalid-usage', `there is no ${safeLine(word)} among them`);
    return found;
  });
  return [...new Set(picked)];
}
