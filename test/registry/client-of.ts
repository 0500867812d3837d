/** Clients as tests need them, and what they publish. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Attachment, publishComponent, type Published } from '#registry/client/publish';
import { type ClientOptions, createClient, type RegistryClient } from '#registry/client/client';
import type { Digest } from '#core';
import { digestOf } from './peer.ts';

type Cleanup = { after(work: () => unknown): void };

export interface TestClient extends RegistryClient {
  readonly directory: string;
}

export async function clientOf(t: Cleanup, options: Partial<ClientOptions> = {}): Promise<TestClient> {
  const directory = mkdtempSync(join(tmpdir(), 'switchboard-client-'));
  const client = await createClient({
    settings: { namespaces: {}, plainHttp: [] },
    credentials: { files: [], environment: {} },
    proxies: {},
    cache: directory,
    ...options,
  });
  t.after(async () => {
    await client.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { ...client, directory };
}

export const settingsFor = (address: string): ClientOptions['settings'] => ({
  default: address,
  namespaces: {},
  plainHttp: [],
});

export function publish(
  client: RegistryClient,
  registry: string,
  reference: string,
  bytes: Buffer,
  attachments: readonly Attachment[] = [],
): Promise<Published> {
  const [name = '', version = ''] = reference.split('@');
  const place = { registry, repository: name.replace(':', '/') };
  return publishComponent(client.open(place), place, {
    facts: { name, version, description: `about ${name}`, imports: ['wasi:io/streams@0.2.0'], exports: [], created: 0 },
    component: { digest: digestOf(bytes) as Digest, size: bytes.length, source: bytes },
    attachments,
  });
}
