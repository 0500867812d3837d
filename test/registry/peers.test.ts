/** Others' tools against our server, and our client against others' registries. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { setUser } from '#registry';
import { noVerifier } from '#registry/client/client';
import { CYCLONEDX_TYPE, README_TYPE } from '#registry/client/publish';
import { searchRegistry } from '#registry/client/search';
import { clientOf, publish, settingsFor } from './client-of.ts';
import { startDockerRegistry } from './docker-registry.ts';
import { digestOf, randomBlob, scratch, startRegistry } from './peer.ts';

const run = promisify(execFile);
const skopeo = async (...args: string[]): Promise<string> =>
  (await run('skopeo', ['--insecure-policy', ...args], { timeout: 30_000 })).stdout;
const PLAIN = ['--src-tls-verify=false', '--dest-tls-verify=false'];

void describe('skopeo', () => {
  void test('[registry.peers] reads what we publish, from our server, and takes it to another repository', async (t) => {
    const { address } = await startRegistry(t);
    const client = await clientOf(t);
    const { bytes, digest } = randomBlob(300_000);
    const { manifest } = await publish(client, address, 'acme:clip@1.0.0', bytes);
    const image = `docker://${address}/acme/clip:1.0.0`;
    const raw = await skopeo('inspect', '--raw', '--tls-verify=false', image);
    assert.equal(digestOf(raw), manifest.digest);
    const list = JSON.parse(await skopeo('list-tags', '--tls-verify=false', `docker://${address}/acme/clip`)) as object;
    assert.deepEqual(list, { Repository: `${address}/acme/clip`, Tags: ['1.0.0'] });
    await skopeo('copy', ...PLAIN, image, `docker://${address}/mirror/clip:1.0.0`);
    const copied = await client.resolve(`oci://${address}/mirror/clip:1.0.0`);
    assert.equal(copied.manifest, manifest.digest);
    const directory = join(scratch(t), 'layout');
    mkdirSync(directory);
    await skopeo('copy', '--src-tls-verify=false', image, `dir:${directory}`);
    assert.ok(readFileSync(join(directory, digest.slice(7))).equals(bytes));
    assert.ok(readdirSync(directory).includes('manifest.json'));
  });

  void test('[registry.peers] signs in to our server, pushes, deletes', async (t) => {
    const directory = scratch(t);
    await setUser(directory, 'alice', 'correct horse', { 'acme/*': ['pull', 'push', 'delete'] });
    const { address } = await startRegistry(t, { directory });
    const layout = join(scratch(t), 'oci');
    mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
    const put = (bytes: Buffer): { digest: string; size: number } => {
      const digest = digestOf(bytes);
      writeFileSync(join(layout, 'blobs/sha256', digest.slice(7)), bytes);
      return { digest, size: bytes.length };
    };
    const config = { mediaType: 'application/vnd.wasm.config.v0+json', ...put(Buffer.from('{}')) };
    const layer = { mediaType: 'application/wasm', ...put(randomBlob(50_000).bytes) };
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = put(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [layer] })));
    writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    writeFileSync(
      join(layout, 'index.json'),
      JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, ...manifest }] }),
    );
    const image = `docker://${address}/acme/clip:2.0.0`;
    const push = (credentials: string): Promise<string> =>
      skopeo('copy', '--dest-tls-verify=false', `--dest-creds=${credentials}`, `oci:${layout}`, image);
    await assert.rejects(push('alice:wrong'));
    await push('alice:correct horse');
    const client = await clientOf(t);
    const artifact = await client.resolve(`oci://${address}/acme/clip:2.0.0`);
    assert.equal(artifact.manifest, manifest.digest);
    assert.equal(artifact.digest, layer.digest);
    await skopeo('delete', '--tls-verify=false', '--creds=alice:correct horse', image);
    await assert.rejects(client.resolve(`oci://${address}/acme/clip:2.0.0`), { code: 'version-not-found' });
  });
});

void describe('Debian’s docker-registry', () => {
  void test('[registry.peers] takes what we publish; referrers are found by the fallback tag; search uses the catalogue', async (t) => {
    const address = await startDockerRegistry(t);
    const client = await clientOf(t, { settings: settingsFor(address) });
    const { bytes } = randomBlob(2_000_000);
    const readme = {
      artifactType: README_TYPE,
      mediaType: 'text/markdown',
      bytes: Buffer.from('# Clip'),
      title: 'README.md',
    };
    const sbom = { artifactType: CYCLONEDX_TYPE, mediaType: CYCLONEDX_TYPE, bytes: Buffer.from('{}'), title: 'sbom' };
    const { manifest } = await publish(client, address, 'acme:clip@1.0.0', bytes, [readme, sbom]);
    assert.equal((await publish(client, address, 'acme:clip@1.0.0', bytes, [readme])).outcome, 'same');
    await assert.rejects(publish(client, address, 'acme:clip@1.0.0', randomBlob(9).bytes), { code: 'version-taken' });
    await publish(client, address, 'acme:clip@1.1.0', randomBlob(100).bytes);
    const artifact = await client.resolve('acme:clip@1.0');
    assert.equal(artifact.manifest, manifest.digest);
    const all = await artifact.referrers();
    assert.deepEqual(all.map((one) => one.artifactType).toSorted(), [CYCLONEDX_TYPE, README_TYPE].toSorted());
    const [found] = await artifact.referrers(README_TYPE);
    assert.equal(Buffer.from((await found?.read())?.bytes ?? []).toString(), '# Clip');
    const { path } = await client.acquire(artifact, noVerifier);
    assert.ok(readFileSync(path).equals(bytes));
    assert.equal((await client.resolve('acme:clip')).version, '1.1.0', 'the tag of the fallback is no version');
    const raw = await skopeo('inspect', '--raw', '--tls-verify=false', `docker://${address}/acme/clip:1.0.0`);
    assert.equal(digestOf(raw), manifest.digest);
    assert.deepEqual(await searchRegistry(client.connection(address), 'clip', 10), {
      from: 'catalogue',
      results: [{ name: 'acme:clip', repository: 'acme/clip', versions: [], description: '' }],
    });
  });
});
