/** What a client does in one repository: manifests, blobs, tags, referrers. Everything that comes is checked. */
import { createHash } from 'node:crypto';
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import { ManifestProblem, type ReadManifest, readManifest } from '../manifest.ts';
import {
  algorithmOf,
  type ContentDigest,
  type Descriptor,
  DOCKER_INDEX_TYPE,
  DOCKER_MANIFEST_TYPE,
  fallbackTag,
  INDEX_TYPE,
  isDigest,
  isTag,
  LARGEST_MANIFEST,
  MANIFEST_TYPE,
} from '../names.ts';
import type { Asking, Connection } from './connection.ts';
import { mismatch } from './failures.ts';
import type { Received, Sending } from './transport.ts';

export interface FetchedManifest {
  readonly digest: ContentDigest;
  readonly bytes: Uint8Array;
  readonly manifest: ReadManifest;
}

/** Bytes to push, and how to make a stream of them again. */
export interface Pushed {
  readonly digest: ContentDigest;
  readonly size: number;
  body(): Sending['body'];
}

export interface Repository {
  readonly connection: Connection;
  readonly name: string;
  /** Undefined if there is none. Errors: `digest-mismatch`, `invalid-artifact`, those of the connection. */
  manifest(reference: string, signal?: AbortSignal): Promise<FetchedManifest | undefined>;
  putManifest(
    reference: string,
    bytes: Uint8Array,
    mediaType: string,
    signal?: AbortSignal,
  ): Promise<{ readonly subject: boolean }>;
  /** All tags; none where there is no such repository. */
  tags(signal?: AbortSignal): Promise<readonly string[]>;
  /** Opens a blob's bytes from an offset on. 206 where the registry gives a part, 200 where it gives all. */
  openBlob(digest: ContentDigest, offset: number, signal?: AbortSignal): Promise<Received>;
  /** A small blob, checked. */
  blob(descriptor: Descriptor, most: number, signal?: AbortSignal): Promise<Buffer>;
  pushBlob(pushed: Pushed, signal?: AbortSignal): Promise<void>;
  /** What refers to a manifest, by the API or by the fallback tag. */
  referrers(of: ContentDigest, artifactType?: string, signal?: AbortSignal): Promise<readonly Descriptor[]>;
  ask(asking: Omit<Asking, 'repository'>): Promise<Received>;
}

const ACCEPT = [MANIFEST_TYPE, INDEX_TYPE, DOCKER_MANIFEST_TYPE, DOCKER_INDEX_TYPE].join(', ');
/** Bounds on what a registry may make a client read. */
const MOST_PAGES = 200;
const MOST_TAGS = 100_000;
const MOST_REFERRERS = 1_000;
const LARGEST_LIST = 4 * 1024 * 1024;

export const sha256Of = (bytes: Uint8Array): ContentDigest =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export function openRepository(connection: Connection, name: string): Repository {
  const ask = (asking: Omit<Asking, 'repository'>): Promise<Received> =>
    connection.ask({ ...asking, repository: name });
  const path = (rest: string): string => `/v2/${name}/${rest}`;

  const manifest: Repository['manifest'] = async (reference, signal) => {
    const headers = { accept: ACCEPT };
    const answer = await ask({ method: 'GET', path: path(`manifests/${reference}`), right: 'pull', headers, signal });
    if (answer.status === 404) {
      await answer.discard();
      return undefined;
    }
    if (answer.status !== 200) throw await connection.refusal(answer, `a question for ${name}:${reference}`);
    const bytes = await answer.bytes(LARGEST_MANIFEST);
    const told = answer.header('docker-content-digest');
    const wanted = isDigest(reference) ? reference : isDigest(told) ? told : undefined;
    const digest = hashed(bytes, wanted);
    if (wanted !== undefined && digest !== wanted) {
      throw mismatch(
        `the manifest ${name}:${printable(reference)} of ${printable(connection.registry)} is not ${wanted}`,
      );
    }
    return { digest, bytes, manifest: read(bytes, answer.header('content-type'), `${connection.registry}/${name}`) };
  };

  const referrersByTag = async (of: ContentDigest, signal?: AbortSignal): Promise<readonly Descriptor[]> =>
    (await manifest(fallbackTag(of), signal))?.manifest.manifests ?? [];

  const referrersByApi = async (
    of: ContentDigest,
    artifactType: string | undefined,
    signal?: AbortSignal,
  ): Promise<readonly Descriptor[] | undefined> => {
    const found: Descriptor[] = [];
    const query = artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(artifactType)}`;
    let next: string | undefined = path(`referrers/${of}${query}`);
    for (let page = 0; next !== undefined && page < MOST_PAGES && found.length < MOST_REFERRERS; page += 1) {
      const answer: Received = await ask({
        method: 'GET',
        path: next,
        right: 'pull',
        headers: { accept: INDEX_TYPE },
        signal,
      });
      const isList = answer.header('content-type')?.startsWith(INDEX_TYPE) ?? false;
      if (answer.status !== 200 || !isList) {
        const absent = [200, 400, 404, 405, 501].includes(answer.status);
        if (!absent) throw await connection.refusal(answer, `a question for what refers to ${of}`);
        await answer.discard();
        return undefined;
      }
      const bytes = await answer.bytes(LARGEST_LIST);
      const listed = read(bytes, INDEX_TYPE, `${connection.registry}/${name}`).manifests;
      // Not every registry filters: what nobody asked for must not take the place of what was.
      found.push(...listed.filter((one) => artifactType === undefined || one.artifactType === artifactType));
      next = nextPage(answer);
    }
    if (next !== undefined && found.length < MOST_REFERRERS) {
      throw new SwitchboardError('too-large', `what refers to ${of} has more than ${MOST_PAGES} pages`);
    }
    return found.slice(0, MOST_REFERRERS);
  };

  return {
    connection,
    name,
    manifest,
    ask,
    async putManifest(reference, bytes, mediaType, signal) {
      const headers = { 'content-type': mediaType };
      const answer = await ask({
        method: 'PUT',
        path: path(`manifests/${reference}`),
        right: 'pull,push',
        headers,
        body: bytes,
        signal,
      });
      if (answer.status === 409 || answer.status === 412) {
        const { message } = await connection.refusal(answer, `a push of ${name}:${reference}`);
        throw new SwitchboardError('version-taken', message);
      }
      if (answer.status !== 201) throw await connection.refusal(answer, `a push of ${name}:${reference}`);
      await answer.discard();
      return { subject: isDigest(answer.header('oci-subject')) };
    },
    async tags(signal) {
      const tags: string[] = [];
      let next: string | undefined = path('tags/list?n=1000');
      for (let page = 0; next !== undefined && page < MOST_PAGES && tags.length < MOST_TAGS; page += 1) {
        const answer: Received = await ask({ method: 'GET', path: next, right: 'pull', signal });
        if (answer.status === 404) {
          await answer.discard();
          return [];
        }
        if (answer.status !== 200) throw await connection.refusal(answer, `a question for the tags of ${name}`);
        const list = parseTags(await answer.bytes(LARGEST_LIST));
        tags.push(...list.filter(isTag));
        next = nextPage(answer);
      }
      return tags.slice(0, MOST_TAGS);
    },
    openBlob(digest, offset, signal) {
      const headers = offset === 0 ? {} : { range: `bytes=${offset}-` };
      return ask({ method: 'GET', path: path(`blobs/${digest}`), right: 'pull', headers, signal });
    },
    async blob(descriptor, most, signal) {
      const { digest, size } = descriptor;
      if (size > most)
        throw new SwitchboardError('too-large', `${digest} has ${size} bytes; at most ${most} are taken`);
      const answer = await this.openBlob(digest, 0, signal);
      if (answer.status !== 200) throw await connection.refusal(answer, `a question for ${digest}`);
      const bytes = await answer.bytes(most);
      if (bytes.length !== size || hashed(bytes, digest) !== digest) {
        throw mismatch(`the content of ${printable(connection.registry)}/${name} is not ${digest}`);
      }
      return bytes;
    },
    async pushBlob(pushed, signal) {
      const { digest, size } = pushed;
      const there = await ask({ method: 'HEAD', path: path(`blobs/${digest}`), right: 'pull,push', signal });
      await there.discard();
      if (there.status === 200) return;
      const begun = await ask({
        method: 'POST',
        path: path('blobs/uploads/'),
        right: 'pull,push',
        headers: { 'content-length': '0' },
        signal,
      });
      if (begun.status !== 202) throw await connection.refusal(begun, `the begin of an upload to ${name}`);
      const location = begun.header('location');
      await begun.discard();
      if (location === undefined || !URL.canParse(location, begun.url)) {
        throw new SwitchboardError('registry-refused', `${printable(connection.registry)} began an upload nowhere`);
      }
      const url = new URL(location, begun.url);
      url.searchParams.set('digest', digest);
      const ended = await ask({
        method: 'PUT',
        path: url.href,
        right: 'pull,push',
        headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
        body: pushed.body(),
        again: () => pushed.body(),
        signal,
      });
      if (ended.status !== 201) throw await connection.refusal(ended, `an upload to ${name}`);
      await ended.discard();
    },
    async referrers(of, artifactType, signal) {
      const found = (await referrersByApi(of, artifactType, signal)) ?? (await referrersByTag(of, signal));
      return found
        .filter((one) => artifactType === undefined || one.artifactType === artifactType)
        .slice(0, MOST_REFERRERS);
    },
  };
}

function hashed(bytes: Uint8Array, like: ContentDigest | undefined): ContentDigest {
  const algorithm = like === undefined ? 'sha256' : algorithmOf(like);
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` as ContentDigest;
}

function read(bytes: Uint8Array, contentType: string | undefined, where: string): ReadManifest {
  try {
    const type = contentType?.replace(/;.*/s, '').trim();
    // Some registries send JSON as just that; then its own word counts.
    return readManifest(bytes, type === 'application/json' || type === '' ? undefined : type);
  } catch (error) {
    if (!(error instanceof ManifestProblem)) throw error;
    throw new SwitchboardError('invalid-artifact', `a manifest of ${printable(where)} is not valid: ${error.message}`);
  }
}

function parseTags(bytes: Buffer): readonly string[] {
  try {
    const { tags } = JSON.parse(bytes.toString('utf8')) as { tags?: unknown };
    return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
  } catch {
    return [];
  }
}

/** The next page, which is on the same host. */
export function nextPage(answer: Received): string | undefined {
  const link = /<([^>]{1,2048})>\s*;\s*rel="?next"?/i.exec(answer.header('link') ?? '')?.[1];
  if (link === undefined || !URL.canParse(link, answer.url)) return undefined;
  const url = new URL(link, answer.url);
  return url.origin === answer.url.origin ? url.pathname + url.search : undefined;
}

/**
 * Pushes a manifest that has a subject. Where the registry has no referrers API the list under the fallback tag is made
 * longer, as the specification has clients do; two at once may lose one, so it is read again.
 */
export async function pushReferrer(
  repository: Repository,
  subject: ContentDigest,
  bytes: Uint8Array,
  described: Descriptor,
  signal?: AbortSignal,
): Promise<void> {
  const { subject: known } = await repository.putManifest(described.digest, bytes, described.mediaType, signal);
  if (known) return;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const there = (await repository.manifest(fallbackTag(subject), signal))?.manifest.manifests ?? [];
    if (there.some(({ digest }) => digest === described.digest)) return;
    const list = { schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [...there, described] };
    await repository.putManifest(fallbackTag(subject), Buffer.from(JSON.stringify(list)), INDEX_TYPE, signal);
  }
}
