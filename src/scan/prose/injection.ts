/** Whether a text instructs the model that reads it. Words and windows, no backtracking: linear whatever the text is. */
import { FOREIGN, SQUEEZED } from './foreign.ts';
import { bare, joinedLetters, normalise } from './normalise.ts';
import { type Aim, AIMS, BEGINNINGS, type Phrase } from './phrases.ts';
import { END, wordsOf } from './words.ts';

/** What a text was found to say. */
export interface Injection {
  /** `high`: it instructs a model, plainly. `medium`: there are signs of it. */
  readonly severity: 'high' | 'medium';
  readonly aims: readonly Aim[];
  /** The words it was told by, normalised. */
  readonly quote: string;
}

/** Words that phrases have to stand in together, to count together. */
const WINDOW = 70;
/** Of phrases that mean something alone: 4 is plain, less needs company to be a sign. */
const HIGH = 4;
const SIGN = 3;
const COMPANY = 4;

interface Hit {
  readonly phrase: Phrase;
  readonly at: number;
  readonly end: number;
}

/** The strongest place of a text, if it has one. */
export function injectionIn(text: string): Injection | undefined {
  const own = bare(text);
  const plain = normalise(own);
  const foreign = FOREIGN.exec(plain) ?? FOREIGN.exec(own);
  if (foreign) return { severity: 'high', aims: ['override'], quote: foreign[0] };
  const squeezed = joinedLetters(plain).find((run) => SQUEEZED.test(run));
  if (squeezed !== undefined) return { severity: 'high', aims: ['override'], quote: squeezed };
  const words = wordsOf(plain);
  return strongest(words, hitsIn(words));
}

function hitsIn(words: readonly string[]): Hit[] {
  const hits: Hit[] = [];
  for (let at = 0; at < words.length; at += 1) {
    for (const phrase of BEGINNINGS.get(words[at] ?? '') ?? []) {
      const end = endOf(words, at, phrase);
      if (end >= 0) hits.push({ phrase, at, end });
    }
  }
  return hits;
}

/** Where a phrase that begins at `at` ends; -1 where it does not go on. */
function endOf(words: readonly string[], at: number, { steps }: Phrase): number {
  let place = at;
  for (const { words: wanted, gap } of steps.slice(1)) {
    let next = -1;
    for (let i = place + 1; i <= place + 1 + gap; i += 1) {
      const word = words[i];
      if (word === undefined || word === END) break;
      if (!wanted.has(word)) continue;
      next = i;
      break;
    }
    if (next < 0) return -1;
    place = next;
  }
  return place;
}

/** Of each aim the heaviest phrase counts, once: a text that says one thing often says no more. */
function strongest(words: readonly string[], hits: readonly Hit[]): Injection | undefined {
  let best:
    | {
        readonly score: number;
        readonly severity: Injection['severity'];
        readonly first: number;
        readonly last: number;
      }
    | undefined;
  // Per aim, how many phrases of each weight are in the window.
  const inside = new Map<Aim, number[]>();
  let all = 0;
  let heavy = 0;
  const weightOf = (aim: Aim): number => Math.max(0, inside.get(aim)?.findLastIndex((count) => count > 0) ?? 0);
  const change = ({ phrase: { aim, weight } }: Hit, by: number): void => {
    const counts = inside.get(aim) ?? [0, 0, 0, 0, 0];
    inside.set(aim, counts);
    const before = weightOf(aim);
    counts[weight] = (counts[weight] ?? 0) + by;
    const now = weightOf(aim);
    all += now - before;
    heavy += (now > 1 ? now : 0) - (before > 1 ? before : 0);
  };
  let first = 0;
  for (const [last, hit] of hits.entries()) {
    change(hit, 1);
    while (hit.at - (hits[first]?.at ?? 0) > WINDOW) change(hits[first++] as Hit, -1);
    const severity = heavy >= HIGH ? 'high' : heavy >= SIGN || (heavy > 0 && all >= COMPANY) ? 'medium' : undefined;
    const score = 100 * heavy + all;
    if (severity !== undefined && score > (best?.score ?? 0)) best = { score, severity, first, last };
  }
  if (!best) return undefined;
  const told = hits.slice(best.first, best.last + 1).toSorted((a, b) => b.phrase.weight - a.phrase.weight);
  const [heaviest] = told;
  return {
    severity: best.severity,
    aims: [...new Set(told.map(({ phrase }) => phrase.aim))].slice(0, 4),
    quote: words.slice(heaviest?.at, (heaviest?.end ?? 0) + 1).join(' '),
  };
}

/** What a text would have its reader do, for people. */
export const aimText = (aims: readonly Aim[]): string => aims.map((aim) => AIMS[aim]).join(', ');
