/** Search in a registry: the index of ours, elsewhere the catalogue where it is offered. */
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import { isRepository } from '../names.ts';
import type { Connection } from './connection.ts';
import { nameOfRepository } from './reference.ts';
import { nextPage } from './repository.ts';
import type { Received } from './transport.ts';

export interface SearchResult {
  /** `ns:name` where the repository could be a component's. */
  readonly name: string | undefined;
  readonly repository: string;
  /** Newest first; empty where the registry has only a catalogue. */
  readonly versions: readonly string[];
  readonly description: string;
}

export interface SearchResults {
  /** `catalogue`: only names of repositories were searched. */
  readonly from: 'index' | 'catalogue';
  readonly results: readonly SearchResult[];
}

const MOST_PAGES = 20;
const LARGEST = 4 * 1024 * 1024;
const NO_REPOSITORY = '';

/** Errors: `registry-refused` where the registry offers neither, those of the connection. */
export async function searchRegistry(
  connection: Connection,
  query: string,
  most: number,
  signal?: AbortSignal,
): Promise<SearchResults> {
  const search = new URLSearchParams({ q: query, n: String(most) });
  const indexed = await ask(connection, `/v2/_switchboard/search?${search.toString()}`, signal);
  if (indexed.status === 200) {
    const { results } = parse(await indexed.bytes(LARGEST)) as { results?: unknown };
    if (Array.isArray(results)) return { from: 'index', results: results.slice(0, most).flatMap(resultOf) };
  } else await indexed.discard();
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const results: SearchResult[] = [];
  let next: string | undefined = '/v2/_catalog?n=1000';
  for (let page = 0; next !== undefined && page < MOST_PAGES && results.length < most; page += 1) {
    const answer: Received = await ask(connection, next, signal);
    if (answer.status !== 200) {
      await answer.discard();
      throw new SwitchboardError(
        'registry-refused',
        `${printable(connection.registry)} offers no search and no catalogue`,
        {
          data: { status: answer.status },
        },
      );
    }
    const { repositories } = parse(await answer.bytes(LARGEST)) as { repositories?: unknown };
    for (const repository of Array.isArray(repositories) ? (repositories as unknown[]) : []) {
      if (typeof repository !== 'string' || !isRepository(repository)) continue;
      const text = `${repository} ${nameOfRepository(repository) ?? ''}`;
      if (!words.every((word) => text.includes(word))) continue;
      results.push({ name: nameOfRepository(repository), repository, versions: [], description: '' });
    }
    next = nextPage(answer);
  }
  return { from: 'catalogue', results: results.slice(0, most) };
}

const ask = (connection: Connection, path: string, signal?: AbortSignal): Promise<Received> =>
  connection.ask({ method: 'GET', path, repository: NO_REPOSITORY, right: 'pull', signal });

function parse(bytes: Buffer): object {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function resultOf(value: unknown): SearchResult[] {
  const { name, versions, description } = (value ?? {}) as {
    name?: unknown;
    versions?: unknown;
    description?: unknown;
  };
  if (typeof name !== 'string' || !isRepository(name)) return [];
  return [
    {
      name: nameOfRepository(name),
      repository: name,
      versions: Array.isArray(versions) ? versions.filter((one) => typeof one === 'string').slice(0, 50) : [],
      description: typeof description === 'string' ? description.slice(0, 1_000) : '',
    },
  ];
}
