/** The client of registries, put together: what verbs use. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactDecision, ArtifactVerifier } from '#core/artifact';
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import { connectRegistry, type Connection } from './connection.ts';
import type { CredentialSources } from './credentials.ts';
import { type BlobCache, blobCache, type DownloadOptions } from './download.ts';
import { manifestCache } from './manifest-cache.ts';
import type { Place } from './reference.ts';
import { openRepository, type Repository } from './repository.ts';
import { type Resolved, resolveArtifact } from './resolve.ts';
import { placeOf, type RegistrySettings } from './settings.ts';
import { createTransport, type Transport, type TransportOptions } from './transport.ts';

export interface ClientOptions {
  readonly settings: RegistrySettings;
  readonly credentials: CredentialSources;
  readonly proxies: Pick<TransportOptions, 'httpProxy' | 'httpsProxy' | 'noProxy'>;
  /** Where downloads are kept: a directory of this user alone. */
  readonly cache: string;
  /** A file of authorities, before the one of the settings. */
  readonly ca?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly download?: Pick<DownloadOptions, 'limits'> | undefined;
}

export interface RegistryClient {
  connection(registry: string): Connection;
  open(place: Place): Repository;
  readonly cache: BlobCache;
  /** `oci://…` or `ns:name[@range]`. */
  resolve(word: string): Promise<Resolved>;
  /**
   * Has the verifier decide, brings the component and gives its file. What is refused is not brought, or brought no further.
   * Errors: what the verifier refuses with.
   */
  acquire(
    artifact: Resolved,
    verifier: ArtifactVerifier,
    onProgress?: DownloadOptions['onProgress'],
  ): Promise<Acquired>;
  close(): Promise<void>;
}

export interface Acquired {
  /** A file with exactly the bytes of the digest. */
  readonly path: string;
  /** What the verifier wants kept. */
  readonly record: string | undefined;
}

/** From so many bytes on a component is brought while it is decided whether it may be. */
const LARGE = 1024 * 1024;

export async function createClient(options: ClientOptions): Promise<RegistryClient> {
  const { settings, signal } = options;
  const authorities = options.ca ?? settings.ca;
  const ca = authorities === undefined ? undefined : await readAuthorities(authorities);
  const transport: Transport = await createTransport({ ...options.proxies, ca, timeoutMs: options.timeoutMs });
  const { credentials } = options;
  const { plainHttp } = settings;
  const connections = new Map<string, Connection>();
  const connection = (registry: string): Connection => {
    const known = connections.get(registry);
    if (known) return known;
    const fresh = connectRegistry(registry, { transport, credentials, plainHttp });
    connections.set(registry, fresh);
    return fresh;
  };
  const cache = blobCache(join(options.cache, 'registry'));
  const manifests = manifestCache(join(options.cache, 'manifests'));
  const open = ({ registry, repository }: Place): Repository => openRepository(connection(registry), repository);
  const fetch = (
    repository: Repository,
    layer: Resolved['layer'],
    onProgress?: DownloadOptions['onProgress'],
    until = signal,
  ): Promise<string> => cache.fetch(repository, layer, { signal: until, onProgress, ...options.download });
  return {
    connection,
    open,
    cache,
    resolve: (word) =>
      resolveArtifact(
        {
          open,
          placeOf: (name) => placeOf(settings, name),
          manifest: async (repository, reference) =>
            manifests.find(reference) ?? (await repository.manifest(reference, signal)),
          bytes: async (repository, layer) => readFile(await fetch(repository, layer as Resolved['layer'])),
        },
        word,
        signal,
      ),
    async acquire(artifact, verifier, onProgress) {
      // A large one is on its way while signatures are: that takes round trips. Nothing is done with it before they hold.
      const stop = new AbortController();
      const until = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
      const early = artifact.size < LARGE ? undefined : fetch(artifact.repository, artifact.layer, onProgress, until);
      early?.catch(() => undefined);
      let decision: ArtifactDecision;
      try {
        decision = await verifier.verify(artifact, signal);
        if (!decision.allow) throw decision.refusal;
      } catch (error) {
        stop.abort();
        await early?.catch(() => undefined);
        throw error;
      }
      manifests.keep(artifact.manifest, artifact.manifestBytes);
      const path = await (early ?? fetch(artifact.repository, artifact.layer, onProgress));
      return { path, record: decision.record };
    },
    async close() {
      await transport.close();
      await cache.settled();
    },
  };
}

async function readAuthorities(path: string): Promise<string> {
  try {
    const text = await readFile(path, 'utf8');
    if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error('it holds no certificate');
    return text;
  } catch (cause) {
    throw new SwitchboardError('file-unreadable', `cannot read ${printable(path)} as authorities in PEM`, { cause });
  }
}

/** Lets everything pass: where nobody decides. */
export const noVerifier: ArtifactVerifier = { verify: () => Promise.resolve({ allow: true }) };
