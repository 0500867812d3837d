/** Manifests, their tags and who refers to whom. */
import { createHash } from 'node:crypto';
import { valid } from 'semver';
import {
  algorithmOf,
  type ContentDigest,
  type Descriptor,
  INDEX_TYPE,
  isDigest,
  isTag,
  LARGEST_MANIFEST,
} from '../names.ts';
import { artifactTypeOf, ManifestProblem, type ReadManifest, readManifest } from '../manifest.ts';
import { blobSize, full } from './blobs.ts';
import type { RegistryLimits } from './limits.ts';
import { indexVersion, unindexTags } from './component-index.ts';
import { Refusal } from './refusal.ts';
import { keptBytes, knownRepository, type RegistryStore, repositoryId, type Row } from './store.ts';

/** Layers that need not be in the registry: the image specification has them fetched from elsewhere. */
const ELSEWHERE = /nondistributable|foreign/;
/** Tags that others' tools move: the fallback for referrers, and cosign's. */
const MOVING = /^sha(?:256|512)-[0-9a-f]{16,}/;

export interface StoredManifest {
  readonly digest: ContentDigest;
  readonly mediaType: string;
  readonly content: Uint8Array;
}

export interface ManifestRules {
  readonly limits: RegistryLimits;
  /** Whether a tag may be given to another manifest. */
  readonly mayMove: (tag: string) => boolean;
}

/** The manifest that a tag or digest names in a repository. Refuses with what is unknown. */
export function getManifest(store: RegistryStore, repository: string, reference: string): StoredManifest {
  const id = neededRepository(store, repository);
  const digest = isDigest(reference) ? reference : taggedDigest(store, id, reference);
  const row =
    digest === undefined
      ? undefined
      : store.row('SELECT media_type, content FROM manifests WHERE repository = ? AND digest = ?', id, digest);
  if (digest === undefined || row === undefined) throw new Refusal('MANIFEST_UNKNOWN', 'there is no such manifest');
  return { digest, mediaType: String(row['media_type']), content: row['content'] as Uint8Array };
}

export interface PutManifest {
  readonly repository: string;
  /** A digest, which the bytes must have, or a tag. */
  readonly reference: string;
  /** Tags besides, of a manifest that is sent by its digest. */
  readonly tags: readonly string[];
  readonly bytes: Uint8Array;
  readonly mediaType: string | undefined;
  /** The digest it is to be kept under, where it is sent by a tag. */
  readonly digest: ContentDigest | undefined;
}

/**
 * Keeps a manifest and gives it its tags, all or nothing. Refuses one that is not valid, that names blobs the repository
 * does not have, or that would move a tag which may not be moved.
 */
export function putManifest(
  store: RegistryStore,
  rules: ManifestRules,
  put: PutManifest,
): { readonly digest: ContentDigest; readonly subject: ContentDigest | undefined; readonly tags: readonly string[] } {
  const { repository, reference, bytes } = put;
  const manifest = checked(bytes, put.mediaType);
  const wanted = isDigest(reference) ? reference : put.digest;
  const digest = digestOf(bytes, wanted);
  if (wanted !== undefined && wanted !== digest) {
    throw new Refusal('DIGEST_INVALID', 'the manifest does not have the digest', { detail: { digest: wanted } });
  }
  checkBlobs(store, repository, manifest);
  const tags = [...new Set([...(isDigest(reference) ? [] : [reference]), ...put.tags])];
  store.transaction(() => {
    const id = repositoryId(store, repository, rules.limits.repositories);
    if (id === undefined) throw new Refusal('DENIED', 'the registry has as many repositories as it may');
    for (const tag of tags) checkTag(store, rules, id, tag, digest);
    insert(store, id, digest, manifest, bytes);
    bounded(store, id, 'manifests', rules.limits.manifests);
    if (keptBytes(store) > rules.limits.total) throw full();
    for (const tag of tags) {
      setTag(store, rules, id, tag, digest);
      indexVersion(store, { id, repository }, tag, manifest);
    }
    bounded(store, id, 'tags', rules.limits.tags);
  });
  return { digest, subject: manifest.subject?.digest, tags };
}

function checked(bytes: Uint8Array, mediaType: string | undefined): ReadManifest {
  try {
    return readManifest(bytes, mediaType);
  } catch (error) {
    if (error instanceof ManifestProblem) throw new Refusal('MANIFEST_INVALID', `the manifest: ${error.message}`);
    throw error;
  }
}

function digestOf(bytes: Uint8Array, like: ContentDigest | undefined): ContentDigest {
  const algorithm = like === undefined ? 'sha256' : algorithmOf(like);
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` as ContentDigest;
}

function checkBlobs(store: RegistryStore, repository: string, { config, layers }: ReadManifest): void {
  const missing: ContentDigest[] = [];
  for (const { digest, size, mediaType } of [...(config ? [config] : []), ...layers]) {
    const held = blobSize(store, repository, digest);
    if (held === undefined) {
      if (!ELSEWHERE.test(mediaType)) missing.push(digest);
    } else if (held !== size) {
      throw new Refusal('MANIFEST_INVALID', `the blob ${digest} has ${held} bytes, the manifest says ${size}`);
    }
  }
  const [first] = missing;
  if (first === undefined) return;
  throw new Refusal('MANIFEST_BLOB_UNKNOWN', `the repository does not have the blob ${first}`, {
    detail: { digest: first },
  });
}

/** After the row is in; what it throws takes it back. */
function bounded(store: RegistryStore, id: number, table: 'manifests' | 'tags', most: number): void {
  const sql = `SELECT count(*) AS n FROM ${table} WHERE repository = ?`;
  if (Number(store.row(sql, id)?.['n']) <= most) return;
  throw new Refusal('DENIED', `the repository has as many ${table} as it may`);
}

function insert(
  store: RegistryStore,
  id: number,
  digest: ContentDigest,
  manifest: ReadManifest,
  bytes: Uint8Array,
): void {
  store.run(
    // What is there stays as it was sent first, with the type it was sent as.
    `INSERT INTO manifests
     (repository, digest, media_type, size, content, subject, artifact_type, annotations, config_type, since)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET since = excluded.since`,
    id,
    digest,
    manifest.mediaType,
    bytes.length,
    bytes,
    manifest.subject?.digest ?? null,
    artifactTypeOf(manifest) ?? null,
    JSON.stringify(manifest.annotations),
    manifest.config?.mediaType ?? null,
    Date.now(),
  );
  const { config, layers, manifests } = manifest;
  for (const named of [...(config ? [config] : []), ...layers, ...manifests]) {
    store.run('INSERT OR IGNORE INTO named (repository, manifest, digest) VALUES (?, ?, ?)', id, digest, named.digest);
  }
}

/** Refuses a tag that is taken, or was: a version that was deleted comes back only as what it was. */
function checkTag(store: RegistryStore, rules: ManifestRules, id: number, tag: string, digest: ContentDigest): void {
  if (!isTag(tag)) throw new Refusal('MANIFEST_INVALID', 'the tag is not one');
  if (MOVING.test(tag) || rules.mayMove(tag)) return;
  const held = taggedDigest(store, id, tag);
  const was = store.row('SELECT digest FROM taken WHERE repository = ? AND tag = ?', id, tag)?.['digest'];
  const other = [held, was].find((one) => one !== undefined && one !== digest);
  if (other === undefined) return;
  const verb = held === undefined ? 'was' : 'is';
  throw new Refusal('DENIED', `the tag ${tag} ${verb} ${String(other)} and cannot become another manifest`, {
    status: 409,
    detail: { tag, digest: other },
  });
}

function setTag(store: RegistryStore, rules: ManifestRules, id: number, tag: string, digest: ContentDigest): void {
  store.run(
    'INSERT OR REPLACE INTO tags (repository, folded, tag, digest, since) VALUES (?, ?, ?, ?, ?)',
    id,
    tag.toLowerCase(),
    tag,
    digest,
    Date.now(),
  );
  if (valid(tag.replaceAll('_', '+')) === null || rules.mayMove(tag)) return;
  store.run('INSERT OR REPLACE INTO taken (repository, tag, digest) VALUES (?, ?, ?)', id, tag, digest);
}

/** Removes a tag alone, or a manifest with all its tags. Refuses what is unknown. */
export function deleteManifest(store: RegistryStore, repository: string, reference: string): void {
  const id = neededRepository(store, repository);
  const gone = store.transaction(() => {
    const tags = isDigest(reference)
      ? store
          .rows('SELECT tag FROM tags WHERE repository = ? AND digest = ?', id, reference)
          .map((row) => String(row['tag']))
      : [reference];
    const count = isDigest(reference) ? removeManifest(store, id, reference) : removeTag(store, id, reference);
    unindexTags(store, { id, repository }, tags);
    return count;
  });
  if (gone === 0) throw new Refusal('MANIFEST_UNKNOWN', 'there is no such manifest');
}

function removeTag(store: RegistryStore, id: number, tag: string): number {
  return store.run('DELETE FROM tags WHERE repository = ? AND folded = ? AND tag = ?', id, fold(tag), tag);
}

/** Within a transaction. */
export function removeManifest(store: RegistryStore, id: number, digest: ContentDigest): number {
  store.run('DELETE FROM tags WHERE repository = ? AND digest = ?', id, digest);
  store.run('DELETE FROM named WHERE repository = ? AND manifest = ?', id, digest);
  return store.run('DELETE FROM manifests WHERE repository = ? AND digest = ?', id, digest);
}

const fold = (tag: string): string => tag.toLowerCase();

/** Tags in order, case folded, after `last`. */
export function listTags(store: RegistryStore, repository: string, last: string, most: number): readonly string[] {
  const id = neededRepository(store, repository);
  const rows = store.rows(
    'SELECT tag FROM tags WHERE repository = ? AND (folded, tag) > (?, ?) ORDER BY folded, tag LIMIT ?',
    id,
    fold(last),
    last,
    most,
  );
  return rows.map((row) => String(row['tag']));
}

function neededRepository(store: RegistryStore, repository: string): number {
  const id = knownRepository(store, repository);
  if (id === undefined) throw new Refusal('NAME_UNKNOWN', 'there is no such repository');
  return id;
}

function taggedDigest(store: RegistryStore, id: number, tag: string): ContentDigest | undefined {
  const row = store.row('SELECT digest FROM tags WHERE repository = ? AND folded = ? AND tag = ?', id, fold(tag), tag);
  return row?.['digest'] as ContentDigest | undefined;
}

/**
 * What refers to a digest, by digest after `last`; the digest need not be there. At most `most`, and as many as fit in a
 * manifest of the size that clients take: no more than that is held at once.
 */
export function listReferrers(
  store: RegistryStore,
  repository: string,
  of: { readonly subject: ContentDigest; readonly artifactType?: string | undefined; readonly last: string },
  most: number,
): { readonly list: readonly Descriptor[]; readonly more: boolean } {
  const id = knownRepository(store, repository);
  if (id === undefined) return { list: [], more: false };
  const rows = store.each(
    `SELECT digest, media_type, size, artifact_type, annotations FROM manifests
     WHERE repository = ?1 AND subject = ?2 AND digest > ?3 AND (?4 IS NULL OR artifact_type = ?4) ORDER BY digest LIMIT ?5`,
    id,
    of.subject,
    of.last,
    of.artifactType ?? null,
    most + 1,
  );
  const list: Descriptor[] = [];
  let bytes = 1_024;
  for (const row of rows) {
    const one = referrerOf(row);
    bytes += Buffer.byteLength(JSON.stringify(one)) + 1;
    if (list.length >= most || (bytes > LARGEST_MANIFEST && list.length > 0)) return { list, more: true };
    list.push(one);
  }
  return { list, more: false };
}

function referrerOf(row: Row): Descriptor {
  const annotations = JSON.parse(String(row['annotations'])) as Record<string, string>;
  return {
    mediaType: String(row['media_type']),
    digest: row['digest'] as ContentDigest,
    size: Number(row['size']),
    ...(row['artifact_type'] === null ? {} : { artifactType: String(row['artifact_type']) }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
}

/** The document of a list of referrers. */
export function referrersIndex(manifests: readonly Descriptor[]): object {
  return { schemaVersion: 2, mediaType: INDEX_TYPE, manifests };
}
