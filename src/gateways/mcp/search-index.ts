/** Ranked search over tools and components: BM25 with weighted fields, and prefixes counted for less than whole words. */
import type { InstalledVersion, ToolEntry, ToolTable } from './tools.ts';

export interface FoundComponent {
  readonly version: InstalledVersion;
  /** Those of its tools that match, best first. */
  readonly tools: readonly ToolEntry[];
}

export interface SearchIndex {
  /** Best first; of equals in the order of names. Nothing where no word of the query is found. */
  tools(query: string, most: number): readonly ToolEntry[];
  /** Components by what they say of themselves and by their best tools. Newest versions only. */
  components(query: string, most: number): readonly FoundComponent[];
}

interface Doc<T> {
  readonly item: T;
  readonly fields: readonly (readonly [text: string, weight: number])[];
}

/** Words of a query that count, and words of one document that are indexed: a stranger's docs stay bounded. */
const MOST_TERMS = 24;
const MOST_WORDS = 4_000;
const LONGEST_WORD = 40;
/** High enough that a word in a name is worth more than one in a sentence. */
const SATURATION = 8;
const DEEPEST_SCHEMA = 8;
/** Words of questions that say nothing of what is looked for. */
const EMPTY_WORDS: ReadonlySet<string> = new Set(
  'a an and any are as at be by can do does for from get how i in into is it many me much my of on or please some that the this to use want what which with you'.split(
    ' ',
  ),
);

/** Of the tools in the table. Takes some milliseconds for hundreds of them. */
export function createSearchIndex({ entries, versions }: Pick<ToolTable, 'entries' | 'versions'>): SearchIndex {
  const newest = new Map(
    versions.filter((one) => one.newest).map((version) => [`${version.name}@${version.version}`, version]),
  );
  const tools = createIndex(entries.map((entry) => ({ item: entry, fields: fieldsOf(entry, newest) })));
  const about = createIndex(
    [...newest.values()].map((item) => ({ item, fields: [[item.name, 4] as const, [item.docs, 2] as const] })),
  );
  return {
    tools: (query, most) =>
      tools(query)
        .slice(0, most)
        .map(([entry]) => entry),
    components(query, most) {
      const found = new Map<InstalledVersion, { score: number; readonly tools: ToolEntry[] }>();
      const of = (version: InstalledVersion): { score: number; readonly tools: ToolEntry[] } => {
        const known = found.get(version) ?? { score: 0, tools: [] };
        found.set(version, known);
        return known;
      };
      for (const [version, score] of about(query)) of(version).score += score;
      for (const [entry, score] of tools(query)) {
        const version = newest.get(entry.component);
        if (!version) continue;
        const one = of(version);
        // Many tools that match a little must not outdo one that matches well.
        one.score += one.tools.length === 0 ? score : score / 10;
        one.tools.push(entry);
      }
      return [...found]
        .toSorted((a, b) => b[1].score - a[1].score)
        .slice(0, most)
        .map(([version, one]) => ({ version, tools: one.tools }));
    },
  };
}

function fieldsOf(
  { tool, component, fn }: ToolEntry,
  newest: ReadonlyMap<string, InstalledVersion>,
): Doc<ToolEntry>['fields'] {
  const names: string[] = [];
  const docs: string[] = [];
  readSchema(tool.inputSchema, names, docs, 0);
  return [
    [fn, 4],
    [component.replace(/@.*$/, ''), 3],
    [tool.description ?? '', 2],
    [names.join(' '), 2],
    [docs.join(' '), 1],
    [newest.get(component)?.docs ?? '', 0.5],
  ];
}

/** The names and the documentation of parameters, and of what is in them. */
function readSchema(schema: unknown, names: string[], docs: string[], depth: number): void {
  if (typeof schema !== 'object' || schema === null || depth > DEEPEST_SCHEMA) return;
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'description' && typeof value === 'string') docs.push(value);
    else if (key === 'properties' && typeof value === 'object' && value !== null) names.push(...Object.keys(value));
    readSchema(value, names, docs, depth + 1);
  }
}

/** Gives what matches a query with its score, best first. */
function createIndex<T>(all: readonly Doc<T>[]): (query: string) => readonly (readonly [T, number])[] {
  const postings = new Map<string, Map<number, number>>();
  for (const [at, { fields }] of all.entries()) {
    let words = 0;
    for (const [text, weight] of fields) {
      for (const word of wordsOf(text)) {
        if (++words > MOST_WORDS) break;
        const where = postings.get(word) ?? new Map<number, number>();
        postings.set(word, where);
        where.set(at, (where.get(at) ?? 0) + weight);
      }
    }
  }
  const rarity = (count: number): number => Math.log(1 + (all.length - count + 0.5) / (count + 0.5));

  return (query) => {
    const scores = new Map<number, { score: number; covered: number }>();
    let asked = 0;
    for (const term of termsOf(query)) {
      const found = new Map<number, number>();
      for (const [word, where] of postings) {
        const near = likeness(term, word);
        if (near === 0) continue;
        for (const [at, weight] of where) found.set(at, (found.get(at) ?? 0) + near * weight);
      }
      const worth = rarity(found.size);
      asked += worth;
      for (const [at, weight] of found) {
        const one = scores.get(at) ?? { score: 0, covered: 0 };
        one.score += (worth * weight * (SATURATION + 1)) / (weight + SATURATION);
        one.covered += worth;
        scores.set(at, one);
      }
    }
    return [...scores]
      .map(([at, { score, covered }]) => [at, (score * covered) / asked] as const)
      .toSorted((a, b) => b[1] - a[1] || a[0] - b[0])
      .flatMap(([at, score]) => {
        const doc = all[at];
        return doc ? [[doc.item, score] as const] : [];
      });
  };
}

/** The words of a query that count; all of them where none says more than the others. */
function termsOf(query: string): ReadonlySet<string> {
  const words = wordsOf(query);
  const telling = words.filter((word) => !EMPTY_WORDS.has(word));
  return new Set((telling.length > 0 ? telling : words).slice(0, MOST_TERMS));
}

/** How much a word of a document is worth for a term of a query: `count` finds `counts` and `counting` finds `count`. */
function likeness(term: string, word: string): number {
  if (term === word) return 1;
  if (term.length >= 3 && word.startsWith(term)) return 0.6;
  return word.length >= 4 && term.startsWith(word) ? 0.5 : 0;
}

/** Words in lower case without accents; `csv-to-json`, `csvToJson` and `csv_to_json` are three each. */
function wordsOf(text: string): readonly string[] {
  const plain = text.normalize('NFKD').replaceAll(/\p{M}/gu, '');
  const apart = plain.replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2').toLowerCase();
  return (apart.match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => word.slice(0, LONGEST_WORD));
}
