/** A registry of ours in a directory of its own, and requests to it as other clients send them. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RegistryOptions, type RunningRegistry, serveRegistry } from '#registry';

type Cleanup = { after(work: () => unknown): void };

/** A directory that goes at the end of the test. */
export function scratch(t: Cleanup): string {
  const directory = mkdtempSync(join(tmpdir(), 'switchboard-registry-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** What everybody may do in a registry without users. */
export const OPEN = { '*': ['pull', 'push', 'delete'] } as const;

export async function startRegistry(
  t: Cleanup,
  options: Partial<RegistryOptions> = {},
): Promise<RunningRegistry & { readonly directory: string }> {
  const directory = options.directory ?? scratch(t);
  const registry = await serveRegistry({ anonymous: OPEN, ...options, directory });
  t.after(() => registry.close());
  return { ...registry, directory };
}

export const digestOf = (bytes: Uint8Array | string, algorithm = 'sha256'): string =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;

export interface Blob {
  readonly bytes: Buffer;
  readonly digest: string;
}

export function randomBlob(size: number, algorithm = 'sha256'): Blob {
  const bytes = randomBytes(size);
  return { bytes, digest: digestOf(bytes, algorithm) };
}

export const blobOf = (bytes: Buffer, algorithm = 'sha256'): Blob => ({ bytes, digest: digestOf(bytes, algorithm) });

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** The JSON of the body. */
  readonly json: unknown;
}

export interface Sent {
  readonly headers?: Record<string, string> | undefined;
  readonly body?: Uint8Array | string | ReadableStream | undefined;
}

/** Sends one request; follows no redirect. */
export async function send(url: string, method: string, path: string, sent: Sent = {}): Promise<Answer> {
  const { body, headers } = sent;
  const response = await fetch(new URL(path, url), {
    method,
    redirect: 'manual',
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body, duplex: 'half' }),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  return {
    status: response.status,
    headers: response.headers,
    body: bytes,
    get json() {
      return JSON.parse(bytes.toString('utf8')) as unknown;
    },
  };
}

/** The code of an answer that is an error, in the form of the specification. */
export function codeOf(answer: Answer): string | undefined {
  return (answer.json as { errors?: { code: string }[] }).errors?.[0]?.code;
}

/** Where an answer says to go on, with more in its query. */
export function locationOf(answer: Answer, base: string, query: Record<string, string> = {}): string {
  const location = answer.headers.get('location');
  if (location === null) throw new Error('the answer has no Location');
  const url = new URL(location, base);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.pathname + url.search;
}

/** Pushes a blob in one request. */
export async function pushBlob(url: string, repository: string, blob: Blob): Promise<Answer> {
  return send(url, 'POST', `/v2/${repository}/blobs/uploads/?digest=${blob.digest}`, { body: blob.bytes });
}

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX = 'application/vnd.oci.image.index.v1+json';
const EMPTY = blobOf(Buffer.from('{}'));

export interface Made extends Blob {
  readonly mediaType: string;
}

const described = (blob: Blob, mediaType: string): object => ({
  mediaType,
  digest: blob.digest,
  size: blob.bytes.length,
});

/** A manifest with its layers; `more` replaces fields. */
export function makeManifest(layers: readonly Blob[], more: object = {}, algorithm = 'sha256'): Made {
  const document = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: described(EMPTY, 'application/vnd.oci.empty.v1+json'),
    layers: layers.map((layer) => described(layer, 'application/octet-stream')),
    ...more,
  };
  return { ...blobOf(Buffer.from(JSON.stringify(document)), algorithm), mediaType: MANIFEST };
}

export function makeIndex(manifests: readonly Made[], more: object = {}): Made {
  const list = manifests.map((one) => described(one, one.mediaType));
  const document = { schemaVersion: 2, mediaType: INDEX, manifests: list, ...more };
  return { ...blobOf(Buffer.from(JSON.stringify(document))), mediaType: INDEX };
}

export const descriptorOf = (made: Made): object => described(made, made.mediaType);

export async function putManifest(url: string, repository: string, made: Made, reference?: string): Promise<Answer> {
  return send(url, 'PUT', `/v2/${repository}/manifests/${reference ?? made.digest}`, {
    body: made.bytes,
    headers: { 'content-type': made.mediaType },
  });
}

/** Pushes a manifest with one random layer under a tag. */
export async function pushImage(url: string, repository: string, tag: string, more: object = {}): Promise<Made> {
  const layer = randomBlob(64);
  await pushBlob(url, repository, EMPTY);
  await pushBlob(url, repository, layer);
  const made = makeManifest([layer], more);
  const answer = await putManifest(url, repository, made, tag);
  if (answer.status !== 201) throw new Error(`PUT answered ${answer.status}: ${answer.body.toString()}`);
  return made;
}

export { EMPTY };
