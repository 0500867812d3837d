/** Which repositories hold components, kept beside the tags so that a search reads one short row of each. */
import { compare, prerelease, valid } from 'semver';
import type { ReadManifest } from '../manifest.ts';
import { WASM_CONFIG_TYPE } from '../names.ts';
import type { RegistryStore } from './store.ts';

const DESCRIPTION = 'org.opencontainers.image.description';
const TITLE = 'org.opencontainers.image.title';
const LONGEST_TEXT = 500;
const MOST_VERSIONS = 20;

/** A repository by its number and its name. */
export interface Indexed {
  readonly id: number;
  readonly repository: string;
}

/** The version that a tag means; undefined where it means none. */
const versionOf = (tag: string): string | undefined => {
  const version = tag.replaceAll('_', '+');
  return valid(version) === null ? undefined : version;
};

const rank = (version: string): number => (prerelease(version) === null ? 1 : 0);

/** Releases before pre-releases, newest first. */
const newestFirst = (a: string, b: string): number => rank(b) - rank(a) || compare(b, a);

/** Takes a tag that was given to a manifest into the index; within a transaction. */
export function indexVersion(store: RegistryStore, of: Indexed, tag: string, manifest: ReadManifest): void {
  const version = versionOf(tag);
  if (version === undefined) return;
  const row = store.row('SELECT versions, title, description FROM components WHERE repository = ?', of.id);
  const before = row === undefined ? [] : (JSON.parse(String(row['versions'])) as string[]);
  if (manifest.config?.mediaType !== WASM_CONFIG_TYPE) {
    // A tag that moved away from a component.
    if (before.includes(version)) indexRepository(store, of);
    return;
  }
  const versions = [...new Set([...before, version])].toSorted(newestFirst).slice(0, MOST_VERSIONS);
  const { annotations } = manifest;
  const newest = versions[0] === version;
  write(store, of, versions, {
    title: newest ? (annotations[TITLE] ?? '') : String(row?.['title'] ?? ''),
    description: newest ? (annotations[DESCRIPTION] ?? '') : String(row?.['description'] ?? ''),
  });
}

/** Takes tags that are gone out of the index; within a transaction. */
export function unindexTags(store: RegistryStore, of: Indexed, tags: readonly string[]): void {
  const row = store.row('SELECT versions FROM components WHERE repository = ?', of.id);
  const listed = row === undefined ? [] : (JSON.parse(String(row['versions'])) as string[]);
  if (tags.some((tag) => listed.includes(versionOf(tag) ?? ''))) indexRepository(store, of);
}

/** Makes the entry of a repository from its tags; within a transaction. */
export function indexRepository(store: RegistryStore, of: Indexed): void {
  const rows = store.rows(
    `SELECT tags.tag AS tag FROM tags JOIN manifests
     ON manifests.repository = tags.repository AND manifests.digest = tags.digest
     WHERE tags.repository = ? AND manifests.config_type = ?`,
    of.id,
    WASM_CONFIG_TYPE,
  );
  const versions = rows
    .flatMap((row) => versionOf(String(row['tag'])) ?? [])
    .toSorted(newestFirst)
    .slice(0, MOST_VERSIONS);
  const [newest] = versions;
  if (newest === undefined) {
    store.run('DELETE FROM components WHERE repository = ?', of.id);
    return;
  }
  const row = store.row(
    `SELECT manifests.annotations AS annotations FROM tags JOIN manifests
     ON manifests.repository = tags.repository AND manifests.digest = tags.digest
     WHERE tags.repository = ? AND tags.folded = ? AND tags.tag = ?`,
    of.id,
    newest.replaceAll('+', '_').toLowerCase(),
    newest.replaceAll('+', '_'),
  );
  const annotations = JSON.parse(String(row?.['annotations'] ?? '{}')) as Record<string, string>;
  write(store, of, versions, { title: annotations[TITLE] ?? '', description: annotations[DESCRIPTION] ?? '' });
}

function write(
  store: RegistryStore,
  { id, repository }: Indexed,
  versions: readonly string[],
  { title, description }: { readonly title: string; readonly description: string },
): void {
  store.run(
    'INSERT OR REPLACE INTO components (repository, name, versions, title, description) VALUES (?, ?, ?, ?, ?)',
    id,
    repository,
    JSON.stringify(versions),
    title.slice(0, LONGEST_TEXT),
    description.slice(0, LONGEST_TEXT),
  );
}
