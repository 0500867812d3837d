/** The index of the components in the registry, for people who search. */
import { compare, prerelease, valid } from 'semver';
import { isRepository, WASM_CONFIG_TYPE } from '../names.ts';
import type { RegistryStore } from './store.ts';

export interface Found {
  /** The repository, as `acme/clip`. */
  readonly name: string;
  /** Newest first; at most 20. */
  readonly versions: readonly string[];
  readonly description: string;
}

const DESCRIPTION = 'org.opencontainers.image.description';
const TITLE = 'org.opencontainers.image.title';
const MOST_VERSIONS = 20;

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
  for (const row of store.rows('SELECT id, name FROM repositories ORDER BY name')) {
    if (found.length >= most) break;
    const name = String(row['name']);
    if (!isRepository(name) || !allowed(name)) continue;
    const versions = versionsOf(store, Number(row['id']));
    const [newest] = versions;
    if (newest === undefined) continue;
    const annotations = JSON.parse(newest.annotations) as Record<string, string>;
    const description = annotations[DESCRIPTION] ?? '';
    const text = `${name} ${name.replace('/', ':')} ${annotations[TITLE] ?? ''} ${description}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    const all = versions.slice(0, MOST_VERSIONS).map(({ version }) => version);
    found.push({ name, versions: all, description: description.slice(0, 500) });
  }
  return found;
}

/** Versions, releases before pre-releases, newest first. */
function versionsOf(store: RegistryStore, id: number): { readonly version: string; readonly annotations: string }[] {
  const rows = store.rows(
    `SELECT tags.tag AS tag, manifests.annotations AS annotations FROM tags JOIN manifests
     ON manifests.repository = tags.repository AND manifests.digest = tags.digest
     WHERE tags.repository = ? AND manifests.config_type = ?`,
    id,
    WASM_CONFIG_TYPE,
  );
  return rows
    .map((row) => ({ version: String(row['tag']).replaceAll('_', '+'), annotations: String(row['annotations']) }))
    .filter(({ version }) => valid(version) !== null)
    .toSorted((a, b) => rank(b.version) - rank(a.version) || compare(b.version, a.version));
}

const rank = (version: string): number => (prerelease(version) === null ? 1 : 0);

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
