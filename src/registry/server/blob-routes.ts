/** Answers about blobs and uploads. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type ContentDigest, isDigest, isRepository } from '../names.ts';
import { blobPath, blobSize, fileSize, holdersOf, linkBlob, touchBlob, unlinkBlob } from './blobs.ts';
import { partsOf, rangeOf } from './body.ts';
import type { Asked } from './asked.ts';
import { Refusal } from './refusal.ts';
import type { Upload } from './uploads.ts';

/** Fewer, larger reads: a blob is read from its beginning to its end. */
const READ_BYTES = 512 * 1024;
const EMPTY = ['e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'cf83e1357eefb8bdf1542850d66d8007'];

function digestIn(text: string | null | undefined): ContentDigest {
  if (isDigest(text)) return text;
  throw new Refusal('DIGEST_INVALID', 'the digest is not a sha256 or sha512 digest');
}

/** `GET` and `HEAD` of a blob, whole or a range of it. */
export async function sendBlob(asked: Asked, repository: string, reference: string): Promise<void> {
  const { env, request, response } = asked;
  asked.need('pull', repository);
  const digest = digestIn(reference);
  const size = blobSize(env.store, repository, digest);
  if (size === undefined) throw new Refusal('BLOB_UNKNOWN', 'the repository has no such blob', { detail: { digest } });
  const headers = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    etag: `"${digest}"`,
    'cache-control': 'private, max-age=31536000, immutable',
    'accept-ranges': 'bytes',
  };
  if (request.headers['if-none-match'] === headers.etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const head = request.method === 'HEAD';
  const ifRange = request.headers['if-range'];
  // A part of another content is no part of this one.
  const whole = head || (ifRange !== undefined && ifRange !== headers.etag);
  const range = whole ? 'all' : rangeOf(request.headers.range, size);
  if (range === 'none') {
    throw new Refusal('SIZE_INVALID', 'the blob has no such range', {
      status: 416,
      headers: { 'content-range': `bytes */${size}` },
    });
  }
  const path = blobPath(env.store, digest);
  if (fileSize(path) !== size) {
    env.report(new Error(`the file of the blob ${digest} is gone or damaged`));
    throw new Refusal('BLOB_UNKNOWN', 'the file of the blob is gone or damaged; push it again', { detail: { digest } });
  }
  if (head && asked.account.may('push', repository)) touchBlob(env.store, env.limits, repository, digest);
  const { start, end } = range === 'all' ? { start: 0, end: size - 1 } : range;
  response.writeHead(range === 'all' ? 200 : 206, {
    ...headers,
    'content-length': end - start + 1,
    ...(range === 'all' ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
  });
  if (head || size === 0) {
    response.end();
    return;
  }
  // What fails from here on is the connection's end, ours or theirs.
  await pipeline(createReadStream(path, { start, end, highWaterMark: READ_BYTES }), response).catch(() => undefined);
}

export function deleteBlob(asked: Asked, repository: string, reference: string): void {
  asked.need('delete', repository);
  const digest = digestIn(reference);
  const outcome = unlinkBlob(asked.env.store, repository, digest);
  if (outcome === 'unknown')
    throw new Refusal('BLOB_UNKNOWN', 'the repository has no such blob', { detail: { digest } });
  if (outcome === 'used') throw new Refusal('UNSUPPORTED', 'a manifest of the repository names this blob');
  asked.response.writeHead(202, { 'content-length': 0 }).end();
}

/** `POST …/blobs/uploads/`: begins an upload, mounts a blob of another repository, or takes a whole blob. */
export async function beginUpload(asked: Asked, repository: string): Promise<void> {
  const { env, query, request } = asked;
  asked.need('push', repository);
  const mount = query.get('mount');
  if (isDigest(mount) && (await mountBlob(asked, repository, mount, query.get('from')))) {
    created(asked, repository, mount);
    return;
  }
  const digest = query.get('digest');
  const bodiless = request.headers['content-length'] === '0' || !hasBody(asked);
  if (digest === null || (bodiless && !EMPTY.some((hex) => digest.includes(hex)))) {
    const upload = env.uploads.begin(repository, asked.account.name);
    progress(asked, upload, 202);
    return;
  }
  const wanted = digestIn(digest);
  const upload = env.uploads.begin(repository, asked.account.name);
  try {
    await env.uploads.append(upload, partsOf(request));
  } catch (error) {
    env.uploads.cancel(upload);
    throw error;
  }
  await env.uploads.finish(upload, wanted);
  created(asked, repository, wanted);
}

function hasBody({ request }: Asked): boolean {
  return request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
}

/** Only from where the account may pull: a digest alone is no right to its bytes. */
async function mountBlob(
  { env, account }: Asked,
  repository: string,
  digest: ContentDigest,
  from: string | null,
): Promise<boolean> {
  const held = (name: string): boolean => account.may('pull', name) && blobSize(env.store, name, digest) !== undefined;
  const source = from === null ? holdersOf(env.store, digest).some(held) : isRepository(from) && held(from);
  return source && (await linkBlob(env.store, env.limits, repository, digest));
}

/** `PATCH`: one chunk, at the end of what is there. */
export async function appendChunk(asked: Asked, repository: string, id: string): Promise<void> {
  const { env, request } = asked;
  asked.need('push', repository);
  const upload = found(asked, repository, id);
  checkPlace(asked, upload);
  await env.uploads.append(upload, partsOf(request));
  progress(asked, upload, 202);
}

/** `PUT …?digest=`: the last chunk, which may be none, and the end. */
export async function endUpload(asked: Asked, repository: string, id: string): Promise<void> {
  const { env, request, query } = asked;
  asked.need('push', repository);
  const upload = found(asked, repository, id);
  const digest = digestIn(query.get('digest'));
  checkPlace(asked, upload);
  await env.uploads.append(upload, partsOf(request));
  await env.uploads.finish(upload, digest);
  created(asked, repository, digest);
}

export function uploadStatus(asked: Asked, repository: string, id: string): void {
  asked.need('push', repository);
  progress(asked, found(asked, repository, id), 204);
}

export function cancelUpload(asked: Asked, repository: string, id: string): void {
  asked.need('push', repository);
  asked.env.uploads.cancel(found(asked, repository, id));
  asked.response.writeHead(204).end();
}

const found = ({ env, account }: Asked, repository: string, id: string): Upload =>
  env.uploads.find(repository, id, account.name);

/** A chunk that says where it belongs belongs at the end, and is as long as it says. */
function checkPlace({ env, request }: Asked, upload: Upload): void {
  const header = request.headers['content-range'];
  if (header === undefined) return;
  const [, first, last] = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/.exec(header.trim()) ?? [];
  const length = request.headers['content-length'];
  const fits =
    Number(first) === env.uploads.size(upload) &&
    (length === undefined || Number(length) === Number(last) - Number(first) + 1);
  if (fits) return;
  throw new Refusal('BLOB_UPLOAD_INVALID', 'the chunk does not begin where the upload ends', {
    status: 416,
    headers: placeOf(env.uploads.size(upload), upload),
  });
}

function placeOf(size: number, { repository, id }: Upload): Record<string, string> {
  return {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    range: `0-${Math.max(0, size - 1)}`,
    'docker-upload-uuid': id,
  };
}

function progress({ env, response }: Asked, upload: Upload, status: number): void {
  const headers = placeOf(env.uploads.size(upload), upload);
  response.writeHead(status, { ...headers, ...(status === 204 ? {} : { 'content-length': 0 }) }).end();
}

function created({ response }: Asked, repository: string, digest: ContentDigest): void {
  const headers = { location: `/v2/${repository}/blobs/${digest}`, 'docker-content-digest': digest };
  response.writeHead(201, { ...headers, 'content-length': 0 }).end();
}
