/** Our entry in a client's settings: what it is, and the text with or without it. */
import { isDeepStrictEqual } from 'node:util';
import { SwitchboardError } from '#core/errors';
import { type Client, type Entry, REACH } from './clients.ts';
import { SYNTAX } from './syntax.ts';
import { at, type Members, plainOf, SyntaxProblem, type Tree, unreadable, without } from './syntax-types.ts';

export type State = 'absent' | 'same' | 'other';

export interface Found {
  readonly state: State;
  /** How the entry that is there reaches Switchboard. */
  readonly kind?: 'stdio' | 'http';
  /** What it starts, where it starts something. */
  readonly command?: string;
}

const pathOf = (client: Client, name: string): readonly string[] => [client.key, name];

/** Runs what reads or changes a text. Errors: `file-unreadable`, with the line. */
function onText<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof SyntaxProblem) throw unreadable(file, error);
    throw error;
  }
}

/** The members of an entry that say how the server is reached; those that the entry has not are `undefined`. */
const reach = (entry: Entry): Members => Object.fromEntries(REACH.map((name) => [name, entry[name]]));

/** What of `name` is there, compared with `wanted`. Members of the user's own do not count. */
export function findEntry(client: Client, file: string, text: string, name: string, wanted?: Entry): Found {
  const tree = onText(file, () => at(SYNTAX[client.dialect].parse(text), pathOf(client, name)));
  if (tree === undefined) return { state: 'absent' };
  const there = plainOf(tree);
  if (typeof there !== 'object' || there === null) return { state: 'other' };
  const own = there as { readonly [member: string]: unknown };
  const kind = typeof (own['url'] ?? own['httpUrl']) === 'string' ? 'http' : 'stdio';
  const isSame = wanted !== undefined && REACH.every((member) => isMember(own, member, wanted));
  return {
    state: isSame ? 'same' : 'other',
    kind,
    ...(typeof own['command'] === 'string' ? { command: own['command'] } : {}),
  };
}

/** Clients write out what they take for granted. */
const GIVEN: Members = { type: 'stdio', source: 'custom' };

function isMember(own: { readonly [member: string]: unknown }, member: string, wanted: Entry): boolean {
  const given = wanted[member] === undefined && wanted['command'] !== undefined && own[member] === GIVEN[member];
  return (own[member] !== undefined && given) || isDeepStrictEqual(bare(own[member]), wanted[member]);
}

/** With ordinary prototypes, for a comparison. */
const bare = (value: unknown): unknown =>
  value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);

/**
 * The text with the entry, or without it where `wanted` is undefined. It is read again and compared: nothing else in
 * the document changed, or this throws `internal`. Errors: `file-unreadable`.
 */
export function changedText(
  client: Client,
  file: string,
  text: string,
  name: string,
  wanted: Entry | undefined,
): string {
  const syntax = SYNTAX[client.dialect];
  const path = pathOf(client, name);
  return onText(file, () => {
    const before = syntax.parse(text);
    const changed = wanted ? syntax.set(text, path, reachOf(before, path, wanted)) : syntax.remove(text, path);
    check(syntax.parse(changed), before, path, client, name, wanted, changed);
    return changed;
  });
}

/** Of an entry that is not there yet, its members in their own order. */
const reachOf = (tree: Tree, path: readonly string[], wanted: Entry): Members =>
  at(tree, path) === undefined ? wanted : { ...wanted, ...reach(wanted) };

function check(
  after: Tree,
  before: Tree,
  path: readonly string[],
  client: Client,
  name: string,
  wanted: Entry | undefined,
  text: string,
): void {
  const found = findEntry(client, '', text, name, wanted).state;
  const kept = isDeepStrictEqual(without(after, path), without(before, path));
  if (kept && found === (wanted ? 'same' : 'absent')) return;
  throw new SwitchboardError(
    'internal',
    `the change of ${client.title}'s settings would not be right; nothing was changed`,
  );
}
