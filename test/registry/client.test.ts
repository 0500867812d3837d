/** Our client against our server: publish, versions, ranges, referrers, credentials, TLS, proxies. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ArtifactVerifier } from '#core';
import { setUser } from '#registry';
import { noVerifier } from '#registry/client/client';
import { parseChallenges } from '#registry/client/challenge';
import { blobCache } from '#registry/client/download';
import { addToLock, type Locked, readLock, writeLock } from '#registry/client/lock';
import { README_TYPE } from '#registry/client/publish';
import { meansRegistry, parseArtifactReference } from '#registry/client/reference';
import { versionsIn } from '#registry/client/resolve';
import { searchRegistry } from '#registry/client/search';
import { placeOf, readSettings, writeSettings } from '#registry/client/settings';
import type { Descriptor } from '#registry/names';
import { clientOf, publish, settingsFor } from './client-of.ts';
import { give, hostileRegistry } from './hostile-registry.ts';
import { digestOf, OPEN, randomBlob, scratch, send, startRegistry } from './peer.ts';

test('[registry.publish] a component is one layer and a config that describes it; the version stays what it is', async (t) => {
  const { address, url } = await startRegistry(t);
  const client = await clientOf(t);
  const { bytes, digest } = randomBlob(10_000);
  const readme = {
    artifactType: README_TYPE,
    mediaType: 'text/markdown',
    bytes: Buffer.from('# Clip'),
    title: 'README.md',
  };
  const published = await publish(client, address, 'acme:clip@1.0.0', bytes, [readme]);
  assert.equal(published.outcome, 'published');
  assert.equal(published.reference, `oci://${address}/acme/clip:1.0.0`);
  const { json } = await send(url, 'GET', '/v2/acme/clip/manifests/1.0.0');
  const manifest = json as { mediaType: string; config: { digest: string }; layers: object[]; annotations: object };
  assert.equal(manifest.mediaType, 'application/vnd.oci.image.manifest.v1+json');
  assert.deepEqual(manifest.layers, [{ mediaType: 'application/wasm', digest, size: 10_000 }]);
  assert.deepEqual(manifest.config, {
    ...manifest.config,
    mediaType: 'application/vnd.wasm.config.v0+json',
  });
  assert.deepEqual((await send(url, 'GET', `/v2/acme/clip/blobs/${manifest.config.digest}`)).json, {
    created: '1970-01-01T00:00:00.000Z',
    architecture: 'wasm',
    os: 'wasip2',
    layerDigests: [digest],
    component: { exports: [], imports: ['wasi:io/streams@0.2.0'], target: null },
  });
  assert.equal((await publish(client, address, 'acme:clip@1.0.0', bytes, [readme])).outcome, 'same');
  await assert.rejects(publish(client, address, 'acme:clip@1.0.0', randomBlob(10).bytes), { code: 'version-taken' });

  const artifact = await client.resolve(`oci://${address}/acme/clip:1.0.0`);
  assert.equal(artifact.name, 'acme:clip');
  assert.equal(artifact.version, '1.0.0');
  assert.equal(artifact.digest, digest);
  const referrers = await artifact.referrers(README_TYPE);
  assert.equal(referrers.length, 1, 'the same README again is no second one');
  assert.deepEqual(await referrers[0]?.read(), { mediaType: 'text/markdown', bytes: Buffer.from('# Clip') });
  assert.deepEqual(await artifact.referrers('application/other'), []);
  const progress: number[] = [];
  const { path } = await client.acquire(artifact, noVerifier, (received) => progress.push(received));
  assert.ok(readFileSync(path).equals(bytes));
  assert.equal(progress.at(-1), 10_000);
});

test('[registry.install] names and ranges are resolved by the default registry and the namespace map', async (t) => {
  const { address } = await startRegistry(t);
  const settings = { ...settingsFor(address), namespaces: { other: `${address}/mirror` } };
  const client = await clientOf(t, { settings });
  for (const version of ['1.0.0', '1.2.0', '1.10.1', '2.0.0', '3.0.0-rc.1', '1.2.0+build.7']) {
    await publish(client, address, `acme:clip@${version}`, randomBlob(10).bytes);
  }
  const resolved = async (word: string): Promise<string> => (await client.resolve(word)).version;
  assert.equal(await resolved('acme:clip'), '2.0.0');
  assert.equal(await resolved('acme:clip@^1.2'), '1.10.1');
  assert.equal(await resolved('acme:clip@~1.2.0'), '1.2.0');
  assert.equal(await resolved('acme:clip@1.2.0+build.7'), '1.2.0+build.7');
  assert.equal(await resolved('acme:clip@>=3.0.0-rc.0'), '3.0.0-rc.1');
  assert.equal(await resolved('acme:clip@1.0.0'), '1.0.0');
  assert.equal(await resolved(`oci://${address}/acme/clip`), '2.0.0');
  await assert.rejects(client.resolve('acme:clip@^4'), /2\.0\.0, 1\.10\.1/);
  await assert.rejects(client.resolve('acme:clip@9.9.9'), { code: 'version-not-found' });
  await assert.rejects(client.resolve('acme:none'), { code: 'version-not-found' });
  await assert.rejects(client.resolve('other:clip'), { code: 'version-not-found' });
  assert.deepEqual(placeOf(settings, 'other:clip'), { registry: address, repository: 'mirror/other/clip' });
  assert.throws(() => placeOf({ namespaces: {}, plainHttp: [] }, 'a:b'), { code: 'invalid-setting' });
});

test('[registry.install] versions are tags as components have versions, releases first', () => {
  const tags = ['v9.0.0', '1.0.0', 'latest', '2.0.0-rc.1', '1.10.0', '1.2.0_b.7', '1.0', `sha256-${'0'.repeat(64)}`];
  assert.deepEqual(versionsIn(tags), ['1.10.0', '1.2.0+b.7', '1.0.0', '2.0.0-rc.1']);
});

test('[registry.install] what a reference may be', () => {
  const digest = digestOf('x');
  assert.deepEqual(parseArtifactReference(`oci://ghcr.io/a/b/c:1.0.0@${digest}`), {
    registry: 'ghcr.io',
    repository: 'a/b/c',
    tag: '1.0.0',
    digest,
  });
  assert.deepEqual(parseArtifactReference('oci://[::1]:5000/a/b'), { registry: '[::1]:5000', repository: 'a/b' });
  for (const text of [
    'oci://host',
    'oci://host/',
    'oci://host/../x:1',
    'oci://host/a/b:..',
    'oci://host/A:1',
    'oci://user:password@host/a/b:1',
    'oci://host/a@sha256:00',
    'oci://ho st/a',
    'oci:///a',
    `oci://host/${'a'.repeat(600)}`,
  ]) {
    assert.throws(() => parseArtifactReference(text), { code: 'invalid-reference' }, text);
  }
  assert.deepEqual(['oci://h/a', 'a:b', 'a:b@^1', './a:b', 'a.wasm', '/a/b:c', 'C:x'].map(meansRegistry), [
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});

test('[registry.install] the verifier is asked before anything of an artifact is kept', async (t) => {
  const { address } = await startRegistry(t);
  const client = await clientOf(t, { settings: settingsFor(address) });
  const { bytes } = randomBlob(100);
  const { manifest } = await publish(client, address, 'acme:clip@1.0.0', bytes);
  const artifact = await client.resolve('acme:clip');
  const refusal = new Error('not signed');
  const refusing: ArtifactVerifier = {
    async verify(given) {
      assert.equal(given.manifest, manifest.digest);
      assert.deepEqual(await given.referrers(), []);
      return { allow: false, refusal };
    },
  };
  await assert.rejects(client.acquire(artifact, refusing), refusal);
  assert.equal(await client.cache.find(artifact.digest, 100), undefined);
  const scanning: ArtifactVerifier = {
    async verify(given) {
      assert.ok(Buffer.from(await given.bytes()).equals(bytes));
      return { allow: true, record: 'scanned' };
    },
  };
  assert.equal((await client.acquire(artifact, scanning)).record, 'scanned');
});

test('[registry.install] a large artifact that is refused is brought no further, and no file of it is given', async (t) => {
  const { address } = await startRegistry(t);
  const client = await clientOf(t, { settings: settingsFor(address) });
  const { bytes } = randomBlob(8_000_000);
  await publish(client, address, 'acme:clip@1.0.0', bytes);
  const artifact = await client.resolve('acme:clip');
  const refusal = new Error('not signed');
  const refusing: ArtifactVerifier = { verify: () => Promise.resolve({ allow: false, refusal }) };
  await assert.rejects(client.acquire(artifact, refusing), refusal);
  assert.equal(await client.cache.find(artifact.digest, artifact.size), undefined);
  const failing: ArtifactVerifier = { verify: () => Promise.reject(refusal) };
  await assert.rejects(client.acquire(artifact, failing), refusal);
  const allowing: ArtifactVerifier = { verify: () => Promise.resolve({ allow: true, record: 'r' }) };
  const { path, record } = await client.acquire(artifact, allowing);
  assert.equal(record, 'r');
  assert.ok(readFileSync(path).equals(bytes));
});

test('[registry.auth] credentials come from docker’s files and from helpers', async (t) => {
  const directory = scratch(t);
  await setUser(directory, 'alice', 'correct horse', OPEN);
  const { address } = await startRegistry(t, { directory, anonymous: {} });
  const config = join(scratch(t), 'config.json');
  const with_ = (document: object): Parameters<typeof clientOf>[1] => {
    writeFileSync(config, JSON.stringify(document));
    const bin = join(config, '..');
    return {
      credentials: {
        files: [join(bin, 'absent.json'), config],
        environment: { PATH: `${bin}:${process.env['PATH']}` },
      },
    };
  };
  const auth = Buffer.from('alice:correct horse').toString('base64');
  const helper = join(config, '../docker-credential-test');
  writeFileSync(
    helper,
    `#!/bin/sh\n[ "$1" = get ] && [ "$(cat)" = "${address}" ] && echo '{"Username":"alice","Secret":"correct horse"}'\n`,
  );
  chmodSync(helper, 0o700);
  let version = 0;
  for (const document of [
    { auths: { [address]: { auth } } },
    { auths: { [`https://${address}/v1/`]: { auth } } },
    { auths: { [`${address}/acme`]: { auth }, [address]: { auth: Buffer.from('a:b').toString('base64') } } },
    { auths: { [address]: { username: 'alice', password: 'correct horse' } } },
    { credHelpers: { [address]: 'test' } },
    { credsStore: 'test' },
  ]) {
    const client = await clientOf(t, with_(document));
    version += 1;
    await publish(client, address, `acme:clip@${version}.0.0`, randomBlob(10).bytes);
  }
  for (const document of [
    {},
    { auths: { [address]: { auth: Buffer.from('alice:wrong horse').toString('base64') } } },
    { credHelpers: { [address]: 'absent' } },
    { credHelpers: { 'other.example': 'test' } },
  ]) {
    const client = await clientOf(t, with_(document));
    await assert.rejects(publish(client, address, 'acme:clip@9.0.0', randomBlob(10).bytes), {
      code: 'registry-unauthorized',
    });
  }
  const odd = await clientOf(t, with_({ credHelpers: { [address]: '../../bin/sh' } }));
  await assert.rejects(odd.resolve(`oci://${address}/acme/clip:1.0.0`), { code: 'file-unreadable' });
});

test('[registry.auth] challenges are read as registries write them', () => {
  const header =
    'Bearer realm="https://auth.example/token",service="a, b",scope="repository:x:pull,push", Basic realm="a \\"b\\""';
  assert.deepEqual(parseChallenges(header), [
    {
      scheme: 'bearer',
      parameters: { realm: 'https://auth.example/token', service: 'a, b', scope: 'repository:x:pull,push' },
    },
    { scheme: 'basic', parameters: { realm: 'a "b"' } },
  ]);
  assert.deepEqual(parseChallenges('Basic'), [{ scheme: 'basic', parameters: {} }]);
  assert.deepEqual(parseChallenges(undefined), []);
  assert.deepEqual(parseChallenges('='.repeat(100)), []);
});

test('[registry.auth] TLS with an authority of one’s own', async (t) => {
  const directory = scratch(t);
  const key = join(directory, 'key.pem');
  const cert = join(directory, 'cert.pem');
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
    ].concat(['-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']),
    { stdio: 'ignore' },
  );
  const tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  const { address } = await startRegistry(t, { host: 'localhost', tls });
  const client = await clientOf(t, { ca: cert });
  await publish(client, address, 'acme:clip@1.0.0', randomBlob(10).bytes);
  const stranger = await clientOf(t);
  await assert.rejects(stranger.resolve(`oci://${address}/acme/clip:1.0.0`), {
    code: 'registry-unreachable',
    message: /--ca/,
  });
});

test('[registry.auth] a proxy is used for what is not on this machine, unless NO_PROXY says otherwise', async (t) => {
  const { address, url } = await startRegistry(t);
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    const { host, pathname, search } = new URL(request.url ?? '');
    asked.push(host);
    void send(url, request.method ?? '', pathname + search).then(({ status, headers, body }) => {
      response.writeHead(status, Object.fromEntries(headers)).end(body);
    });
  });
  proxy.listen(0, '127.0.0.1');
  await new Promise((resolve) => proxy.once('listening', resolve));
  t.after(() => proxy.close());
  const httpProxy = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const settings = { namespaces: {}, plainHttp: ['registry.test:5000'] };
  const direct = await clientOf(t);
  await publish(direct, address, 'acme:clip@1.0.0', randomBlob(10).bytes);
  const client = await clientOf(t, { settings, proxies: { httpProxy } });
  assert.equal((await client.resolve('oci://registry.test:5000/acme/clip:1.0.0')).version, '1.0.0');
  assert.deepEqual([...new Set(asked)], ['registry.test:5000']);
  await client.resolve(`oci://${address}/acme/clip:1.0.0`);
  assert.deepEqual([...new Set(asked)], ['registry.test:5000']);
  const without = await clientOf(t, { settings, proxies: { httpProxy, noProxy: 'registry.test' } });
  await assert.rejects(without.resolve('oci://registry.test:5000/acme/clip:1.0.0'), { code: 'registry-unreachable' });
});

test('[registry.search] our index is asked, elsewhere the catalogue, or it is said that there is neither', async (t) => {
  const { address } = await startRegistry(t);
  const client = await clientOf(t);
  await publish(client, address, 'acme:clip@1.0.0', randomBlob(10).bytes);
  assert.deepEqual(await searchRegistry(client.connection(address), 'about clip', 10), {
    from: 'index',
    results: [{ name: 'acme:clip', repository: 'acme/clip', versions: ['1.0.0'], description: 'about acme:clip' }],
  });
});

test('[registry.search] a registry with neither index nor catalogue is told so, and what an index lies is left out', async (t) => {
  const neither = await hostileRegistry(t, (_request, response) => response.writeHead(404).end());
  const client = await clientOf(t);
  await assert.rejects(searchRegistry(client.connection(neither.address), 'clip', 10), {
    code: 'registry-refused',
    message: /no search and no catalogue/,
  });
  const results = [{ name: '../../etc' }, 7, { name: 'a/b', versions: [1, '1.0.0'], description: 5 }, null];
  const lying = await hostileRegistry(t, (_request, response) =>
    give(response, Buffer.from(JSON.stringify({ results }))),
  );
  assert.deepEqual(await searchRegistry(client.connection(lying.address), 'clip', 10), {
    from: 'index',
    results: [{ name: 'a:b', repository: 'a/b', versions: ['1.0.0'], description: '' }],
  });
});

test('[registry.lock] a lock file is the same bytes for the same content, and only what was written is read', (t) => {
  const path = join(scratch(t), 'switchboard.lock');
  assert.equal(readLock(path).size, 0);
  const digest = digestOf('a') as Locked['digest'];
  const one = { version: '1.0.0', range: '^1', source: 'oci://h/a/b:1.0.0', manifest: digest, digest, size: 3 };
  writeLock(
    path,
    new Map([
      ['b:b', one],
      ['a:a', one],
    ]),
  );
  const text = readFileSync(path, 'utf8');
  writeLock(path, readLock(path));
  assert.equal(readFileSync(path, 'utf8'), text);
  assert.deepEqual([...readLock(path).keys()], ['a:a', 'b:b']);
  for (const change of [
    (s: string) => s.replace('"version": 1,', '"version": 2,'),
    (s: string) => s.replace('sha256:', 'md5:'),
    (s: string) => s.replace('a:a', '../a'),
    (s: string) => s.replace('oci://h', 'file:///h'),
    (s: string) => s.slice(0, -10),
    (s: string) => s.replace('"size": 3', '"size": "3"'),
  ]) {
    writeFileSync(path, change(text));
    assert.throws(() => readLock(path), { code: 'lock-mismatch' });
  }
});

test('[registry.install] settings of registries are kept in the home', (t) => {
  const home = scratch(t);
  assert.deepEqual(readSettings(home), { namespaces: {}, plainHttp: [] });
  const settings = { default: 'ghcr.io/me', namespaces: { acme: 'registry.acme.example' }, plainHttp: ['lan:5000'] };
  writeSettings(home, settings);
  assert.deepEqual(readSettings(home), settings);
  assert.throws(() => writeSettings(home, { ...settings, default: 'http://x/' }), { code: 'invalid-setting' });
  assert.throws(() => writeSettings(home, { ...settings, namespaces: { '../x': 'h' } }), { code: 'invalid-setting' });
  writeFileSync(join(home, 'registries.json'), '{');
  assert.throws(() => readSettings(home), { code: 'invalid-setting' });
});

test('[registry.lock] processes that add to a lock file at once lose nothing of each other', async (t) => {
  const path = join(scratch(t), 'switchboard.lock');
  const digest = digestOf('x');
  const script = (name: string): string => `
    import { addToLock } from '#registry/client/lock';
    for (let i = 0; i < 5; i += 1) {
      const entry = { version: '1.0.' + i, range: '^1', source: 'oci://h/a/b:1.0.0', manifest: '${digest}', digest: '${digest}', size: 1 };
      addToLock(${JSON.stringify(path)}, new Map([['acme:${name}-' + 'abcde'[i], entry]]));
    }`;
  const root = join(import.meta.dirname, '../..');
  await Promise.all(
    ['one', 'two', 'three', 'four'].map(async (name) => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script(name)], {
        cwd: root,
        stdio: 'inherit',
      });
      assert.deepEqual(await once(child, 'exit'), [0, null]);
    }),
  );
  assert.equal(readLock(path).size, 20);
  // One that ended while it held it.
  writeFileSync(`${path}.guard`, '');
  utimesSync(`${path}.guard`, new Date(0), new Date(0));
  addToLock(path, new Map());
  assert.ok(!existsSync(`${path}.guard`));
});

test('[registry.install] the cache of downloads is bounded; what is used last stays', async (t) => {
  const { address } = await startRegistry(t);
  const client = await clientOf(t);
  const blobs = [1, 2, 3].map(() => randomBlob(1_000));
  for (const [i, { bytes }] of blobs.entries()) await publish(client, address, `acme:clip@1.0.${i}`, bytes);
  const repository = client.open({ registry: address, repository: 'acme/clip' });
  const directory = scratch(t);
  const cache = blobCache(directory, 2_500);
  const [first, second, third] = blobs.map(({ digest }) => ({
    mediaType: 'application/wasm',
    digest: digest as `sha256:${string}`,
    size: 1_000,
  })) as [Descriptor, Descriptor, Descriptor];
  const past = (blob: Descriptor, seconds: number): void => {
    const at = new Date(Date.now() - seconds * 1_000);
    utimesSync(join(directory, blob.digest.slice(7)), at, at);
  };
  await cache.fetch(repository, first);
  await cache.fetch(repository, second);
  past(first, 100);
  past(second, 50);
  await cache.fetch(repository, first);
  await cache.fetch(repository, third);
  assert.deepEqual(new Set(readdirSync(directory)), new Set([first, third].map(({ digest }) => digest.slice(7))));
});
