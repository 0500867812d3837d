/** Answers about manifests, tags, referrers and the index. */
import { INDEX_TYPE, isDigest, isTag, LARGEST_MANIFEST } from '../names.ts';
import type { Asked } from './asked.ts';
import { readBody } from './body.ts';
import { deleteManifest, getManifest, listReferrers, listTags, putManifest, referrersIndex } from './manifests.ts';
import { Refusal, sendJson } from './refusal.ts';
import { listRepositories, searchComponents } from './search.ts';

/** The largest page of a list. */
const MOST_LISTED = 1_000;
/** The tags that may come with one manifest. */
const MOST_TAGS = 10;

function checkReference(reference: string): void {
  if (isDigest(reference) || isTag(reference)) return;
  if (reference.includes(':')) throw new Refusal('DIGEST_INVALID', 'the reference is not a sha256 or sha512 digest');
  throw new Refusal('MANIFEST_INVALID', 'the reference is neither a tag nor a digest');
}

export function sendManifest(asked: Asked, repository: string, reference: string): void {
  const { env, request, response } = asked;
  asked.need('pull', repository);
  checkReference(reference);
  const { digest, mediaType, content } = getManifest(env.store, repository, reference);
  response.writeHead(200, {
    'content-type': mediaType,
    'content-length': content.length,
    'docker-content-digest': digest,
    etag: `"${digest}"`,
  });
  response.end(request.method === 'HEAD' ? undefined : content);
}

export async function takeManifest(asked: Asked, repository: string, reference: string): Promise<void> {
  const { env, query, request, response } = asked;
  asked.need('push', repository);
  checkReference(reference);
  const wanted = query.get('digest');
  if (wanted !== null && !isDigest(wanted)) throw new Refusal('DIGEST_INVALID', 'the digest is not one');
  const more = query.getAll('tag');
  if (more.length > MOST_TAGS)
    throw new Refusal('MANIFEST_INVALID', `at most ${MOST_TAGS} tags at once`, { status: 414 });
  const mediaType = request.headers['content-type']?.replace(/;.*/s, '').trim();
  const bytes = await readBody(request, LARGEST_MANIFEST);
  const { digest, subject, tags } = putManifest(env.store, env.rules, {
    repository,
    reference,
    tags: more,
    bytes,
    mediaType,
    digest: wanted ?? undefined,
  });
  response.writeHead(201, {
    location: `/v2/${repository}/manifests/${digest}`,
    'docker-content-digest': digest,
    'content-length': 0,
    ...(subject === undefined ? {} : { 'oci-subject': subject }),
    ...(more.length === 0 ? {} : { 'oci-tag': tags.join(', ') }),
  });
  response.end();
}

export function dropManifest(asked: Asked, repository: string, reference: string): void {
  asked.need('delete', repository);
  checkReference(reference);
  deleteManifest(asked.env.store, repository, reference);
  asked.response.writeHead(202, { 'content-length': 0 }).end();
}

export function sendTags(asked: Asked, repository: string): void {
  asked.need('pull', repository);
  const { n, last } = page(asked);
  const found = listTags(asked.env.store, repository, last, n + 1);
  const tags = found.slice(0, n);
  sendJson(asked.response, 200, { name: repository, tags }, next(asked, `/v2/${repository}/tags/list`, found, n));
}

export function sendReferrers(asked: Asked, repository: string, reference: string): void {
  const { env, query, response } = asked;
  asked.need('pull', repository);
  if (!isDigest(reference)) throw new Refusal('DIGEST_INVALID', 'the reference is not a sha256 or sha512 digest');
  const artifactType = query.get('artifactType') ?? undefined;
  const { last } = page(asked);
  const of = { subject: reference, artifactType, last };
  const { list, more } = listReferrers(env.store, repository, of, MOST_LISTED);
  const lastOf = list.at(-1)?.digest ?? '';
  const rest = new URLSearchParams({ last: lastOf, ...(artifactType === undefined ? {} : { artifactType }) });
  sendJson(response, 200, referrersIndex(list), {
    'content-type': INDEX_TYPE,
    ...(artifactType === undefined ? {} : { 'oci-filters-applied': 'artifactType' }),
    ...(more ? { link: `</v2/${repository}/referrers/${reference}?${rest.toString()}>; rel="next"` } : {}),
  });
}

export function sendCatalog(asked: Asked): void {
  const { n, last } = page(asked);
  const may = (name: string): boolean => asked.account.may('pull', name);
  const found = listRepositories(asked.env.store, last, may, n + 1);
  sendJson(asked.response, 200, { repositories: found.slice(0, n) }, next(asked, '/v2/_catalog', found, n));
}

/** Ours, under the path that the specification leaves to extensions. */
export function sendSearch(asked: Asked): void {
  const { n } = page(asked, 100);
  const may = (name: string): boolean => asked.account.may('pull', name);
  const query = (asked.query.get('q') ?? '').slice(0, 200);
  sendJson(asked.response, 200, { results: searchComponents(asked.env.store, query, may, n) });
}

function page({ query }: Asked, most = MOST_LISTED): { readonly n: number; readonly last: string } {
  const text = query.get('n');
  if (text !== null && !/^\d{1,9}$/.test(text)) throw new Refusal('SIZE_INVALID', 'n is not a number of results');
  const last = (query.get('last') ?? '').slice(0, 256);
  return { n: text === null ? most : Math.min(Number(text), most), last };
}

function next(asked: Asked, path: string, found: readonly string[], n: number): Record<string, string> {
  const last = found[n - 1];
  if (found.length <= n || last === undefined) return {};
  const rest = new URLSearchParams({ ...(asked.query.has('n') ? { n: String(n) } : {}), last });
  return { link: `<${path}?${rest.toString()}>; rel="next"` };
}
