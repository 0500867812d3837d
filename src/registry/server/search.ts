/** The index of the components in the registry, for people who search. */
import { isRepository } from '../names.ts';
import type { RegistryStore } from './store.ts';

export interface Found {
  /** The repository, as `acme/clip`. */
  readonly name: string;
  /** Newest first; at most 20. */
  readonly versions: readonly string[];
  readonly description: string;
}

/**
 * Repositories with versions of components in which every word of the query occurs, in name, title or description of the
 * newest version; by name. `allowed` says which of them this reader may know of.
 */
export function searchComponents(
  store: RegistryStore,
  query: string,
  allowed: (repository: string) => boolean,
  most: number,
): readonly Found[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean).slice(0, 10);
  const found: Found[] = [];
  for (const row of store.each('SELECT name, versions, title, description FROM components ORDER BY name')) {
    if (found.length >= most) break;
    const [name, title, description] = [row['name'], row['title'], row['description']].map(String) as [
      string,
      string,
      string,
    ];
    if (!isRepository(name) || !allowed(name)) continue;
    const text = `${name} ${name.replace('/', ':')} ${title} ${description}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    found.push({ name, versions: JSON.parse(String(row['versions'])) as string[], description });
  }
  return found;
}

/** Names of repositories after `last`, that this reader may know of. */
export function listRepositories(
  store: RegistryStore,
  last: string,
  allowed: (repository: string) => boolean,
  most: number,
): readonly string[] {
  const rows = store.rows('SELECT name FROM repositories WHERE name > ? ORDER BY name', last);
  const names = rows.map((row) => String(row['name']));
  return names.filter(allowed).slice(0, most);
}
