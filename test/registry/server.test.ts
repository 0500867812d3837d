/** What the conformance suite does not ask of our server: rights, immutability, limits, collection, the index. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { collectGarbage, listUsers, openStore, REGISTRY_LIMITS, removeUser, setUser } from '#registry';
import {
  codeOf,
  EMPTY,
  locationOf,
  makeManifest,
  MANIFEST,
  OPEN,
  pushBlob,
  pushImage,
  putManifest,
  randomBlob,
  scratch,
  send,
  startRegistry,
} from './peer.ts';

const basic = (user: string, password: string): { authorization: string } => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});

test('[registry.rights] users do in their namespaces what they may, and nothing else', async (t) => {
  const directory = scratch(t);
  await setUser(directory, 'alice', 'correct horse', { 'acme/*': ['pull', 'push', 'delete'] });
  await setUser(directory, 'bob', 'battery staple', { 'acme/*': ['pull'], 'bob/tool': ['pull', 'push'] });
  const { url } = await startRegistry(t, { directory, anonymous: {} });
  const alice = basic('alice', 'correct horse');
  const bob = basic('bob', 'battery staple');
  const blob = randomBlob(100);
  const post = (repository: string, headers: Record<string, string>, query = `digest=${blob.digest}`) =>
    send(url, 'POST', `/v2/${repository}/blobs/uploads/?${query}`, { headers, body: blob.bytes });

  const nobody = await send(url, 'GET', '/v2/');
  assert.equal(nobody.status, 401);
  assert.match(nobody.headers.get('www-authenticate') ?? '', /^Basic realm=/);
  assert.equal((await send(url, 'GET', '/v2/', { headers: alice })).status, 200);
  assert.equal((await post('acme/clip', {})).status, 401);
  assert.equal((await post('acme/clip', basic('alice', 'wrong horse'))).status, 401);
  assert.equal((await post('acme/clip', basic('mallory', 'correct horse'))).status, 401);
  assert.equal((await post('acme/clip', { authorization: 'Bearer x' })).status, 401);
  assert.equal((await post('acme/clip', alice)).status, 201);
  assert.equal((await post('acmeister/clip', alice)).status, 403);
  const denied = await post('acme/clip', bob);
  assert.equal(denied.status, 403);
  assert.equal(codeOf(denied), 'DENIED');
  const path = `/v2/acme/clip/blobs/${blob.digest}`;
  assert.equal((await send(url, 'GET', path, { headers: bob })).status, 200);
  assert.equal((await send(url, 'GET', path)).status, 401);
  assert.equal((await send(url, 'DELETE', path, { headers: bob })).status, 403);
  assert.equal((await post('bob/tool', bob, `mount=${blob.digest}&from=acme/clip`)).status, 201);
  // Whoever may not pull somewhere gets nothing from there by knowing a digest.
  const secret = randomBlob(10);
  await send(url, 'POST', `/v2/acme/secret/blobs/uploads/?digest=${secret.digest}`, {
    headers: alice,
    body: secret.bytes,
  });
  await setUser(directory, 'bob', 'battery staple', { 'bob/*': ['pull', 'push'] });
  for (const query of [`mount=${secret.digest}&from=acme/secret`, `mount=${secret.digest}`]) {
    assert.equal((await send(url, 'POST', `/v2/bob/x/blobs/uploads/?${query}`, { headers: bob })).status, 202);
  }
  assert.equal((await send(url, 'GET', path, { headers: bob })).status, 403, 'the file of users is read anew');
  assert.equal(removeUser(directory, 'bob'), true);
  assert.equal((await post('bob/tool', bob)).status, 401);
  assert.deepEqual(listUsers(directory), [{ name: 'alice', rights: { 'acme/*': ['pull', 'push', 'delete'] } }]);
  await assert.rejects(setUser(directory, 'carol', 'long enough', { '../x': ['pull'] }), { code: 'invalid-setting' });
});

test('[registry.rights] wrong passwords in a row have to wait', async (t) => {
  const directory = scratch(t);
  await setUser(directory, 'alice', 'correct horse', OPEN);
  const { url } = await startRegistry(t, { directory });
  const statuses = new Set<number>();
  for (let i = 0; i < 21; i += 1) {
    statuses.add((await send(url, 'GET', '/v2/', { headers: basic('alice', `guess ${i}`) })).status);
  }
  assert.deepEqual([...statuses], [401, 429]);
});

test('[registry.immutable] a tag does not move, and a version that was deleted comes back only as it was', async (t) => {
  const { url } = await startRegistry(t);
  const first = await pushImage(url, 'acme/clip', '1.0.0');
  assert.equal((await putManifest(url, 'acme/clip', first, '1.0.0')).status, 201, 'the same again is no change');
  const other = makeManifest([], { annotations: { other: 'yes' } });
  const moved = await putManifest(url, 'acme/clip', other, '1.0.0');
  assert.equal(moved.status, 409);
  assert.equal(codeOf(moved), 'DENIED');
  assert.match(moved.body.toString(), /cannot become another manifest/);
  assert.equal(
    (await send(url, 'HEAD', `/v2/acme/clip/manifests/${other.digest}`)).status,
    404,
    'nothing is kept of it',
  );
  await send(url, 'DELETE', `/v2/acme/clip/manifests/${first.digest}`);
  assert.equal((await putManifest(url, 'acme/clip', other, '1.0.0')).status, 409);
  assert.equal((await putManifest(url, 'acme/clip', first, '1.0.0')).status, 201);
  const used = JSON.parse(first.bytes.toString()) as { layers: { digest: string }[] };
  const blob = await send(url, 'DELETE', `/v2/acme/clip/blobs/${used.layers[0]?.digest}`);
  assert.equal(blob.status, 405, 'what a version is made of stays');
});

test('[registry.immutable] tags that the owner lets move, and those of others’ tools, do', async (t) => {
  const { url } = await startRegistry(t, { mutableTags: (tag) => tag === 'latest' });
  for (const tag of ['latest', `sha256-${'a'.repeat(64)}`]) {
    await pushImage(url, 'acme/clip', tag);
    await pushImage(url, 'acme/clip', tag);
  }
});

test('[registry.limits] what a client sends is bounded', async (t) => {
  const limits = { blob: 1_000, uploadsOfOne: 2, tags: 2, manifests: 4, repositories: 2, total: 5_000 };
  const { url, directory } = await startRegistry(t, { limits });
  const large = randomBlob(1_001);
  const refused = await pushBlob(url, 'a/a', large);
  assert.equal(refused.status, 413);
  const begun = await send(url, 'POST', '/v2/a/a/blobs/uploads/');
  assert.equal((await send(url, 'PATCH', locationOf(begun, url), { body: large.bytes })).status, 413);
  await send(url, 'POST', '/v2/a/a/blobs/uploads/');
  assert.equal((await send(url, 'POST', '/v2/a/a/blobs/uploads/')).status, 429);
  await send(url, 'DELETE', locationOf(begun, url));
  const made = await pushImage(url, 'a/a', 'one');
  assert.equal((await putManifest(url, 'a/a', made, 'two')).status, 201);
  assert.equal((await putManifest(url, 'a/a', made, 'three')).status, 403);
  assert.equal((await send(url, 'HEAD', '/v2/a/a/manifests/three')).status, 404);
  await pushBlob(url, 'a/b', EMPTY);
  assert.equal((await pushBlob(url, 'a/c', EMPTY)).status, 403);
  const statuses: number[] = [];
  for (let i = 0; i < 7; i += 1) statuses.push((await pushBlob(url, 'a/a', randomBlob(900))).status);
  assert.ok(statuses.includes(507), statuses.join());
  const bomb = await send(url, 'PUT', '/v2/a/a/manifests/bomb', {
    body: Buffer.alloc(4 * 1024 * 1024 + 1, ' '),
    headers: { 'content-type': MANIFEST },
  });
  assert.equal(bomb.status, 413);
  for (const document of [
    { layers: Array.from({ length: 4_097 }, () => ({ mediaType: 'a/b', digest: EMPTY.digest, size: 2 })) },
    { schemaVersion: 1 },
    { mediaType: 'application/vnd.oci.image.index.v1+json' },
    { manifests: [] },
    { config: { mediaType: 'a/b', digest: '../../../../etc/passwd', size: 1 } },
    { config: { mediaType: 'a/b', digest: EMPTY.digest, size: 3 } },
    { annotations: { a: 1 } },
  ]) {
    const { bytes } = makeManifest([], document);
    const sent = { body: bytes, headers: { 'content-type': MANIFEST } };
    const answer = await send(url, 'PUT', '/v2/a/a/manifests/x', sent);
    assert.equal(answer.status, 400, answer.body.toString());
  }
  const unknown = makeManifest([randomBlob(3)]);
  assert.equal(codeOf(await putManifest(url, 'a/a', unknown)), 'MANIFEST_BLOB_UNKNOWN');
  assert.deepEqual(readdirSync(join(directory, 'uploads')).length <= 1, true);
});

test('[registry.limits] names that would lead out of the directory mean nothing', async (t) => {
  const { url, directory } = await startRegistry(t);
  const raw = async (path: string): Promise<string> => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.end(`PUT ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`);
    return text(socket);
  };
  for (const path of [
    '/v2/../../etc/manifests/x',
    '/v2/a/../../b/manifests/x',
    '/v2/a/%2e%2e/b/manifests/x',
    '/v2/a%2fb/manifests/x',
    '/v2/a//b/manifests/x',
    '/v2/A/manifests/x',
    '/v2/a/manifests/..',
    '/v2/a/manifests/%2e%2e%2f',
    '/v2/a/blobs/uploads/../../x',
    `/v2/${'a/'.repeat(200)}a/manifests/x`,
  ]) {
    assert.match(await raw(path), /^HTTP\/1\.1 (400|404|405) /, path);
  }
  assert.deepEqual(readdirSync(directory).toSorted(), [
    'blobs',
    'registry.db',
    'registry.db-shm',
    'registry.db-wal',
    'uploads',
  ]);
});

test('[registry.limits] a client that stops in the middle holds nothing', async (t) => {
  const { url } = await startRegistry(t, { limits: { idleMs: 200 } });
  const begun = await send(url, 'POST', '/v2/a/a/blobs/uploads/');
  const { hostname, port } = new URL(url);
  const path = locationOf(begun, url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write(`PATCH ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf`);
  await text(socket).catch(() => '');
  const status = await send(url, 'GET', path);
  assert.equal(status.headers.get('range'), '0-3', 'what came stays, and can be gone on with');
  const rest = await send(url, 'PATCH', path, { body: 'more', headers: { 'content-range': '4-7' } });
  assert.equal(rest.headers.get('range'), '0-7');
});

test('[registry.conformance] an upload outlives the server', async (t) => {
  const directory = scratch(t);
  const first = await startRegistry(t, { directory });
  const blob = randomBlob(100);
  const begun = await send(first.url, 'POST', '/v2/a/a/blobs/uploads/');
  await send(first.url, 'PATCH', locationOf(begun, first.url), { body: blob.bytes.subarray(0, 60) });
  await first.close();
  const { url } = await startRegistry(t, { directory });
  const path = locationOf(begun, url, { digest: blob.digest });
  const put = await send(url, 'PUT', path, { body: blob.bytes.subarray(60), headers: { 'content-range': '60-99' } });
  assert.equal(put.status, 201, put.body.toString());
});

test('[registry.gc] what nothing names is collected, what is young or named is not', async (t) => {
  const { url, directory } = await startRegistry(t);
  const kept = await pushImage(url, 'a/a', '1.0.0');
  const gone = await pushImage(url, 'a/a', '2.0.0');
  const subject = { mediaType: MANIFEST, digest: gone.digest, size: gone.bytes.length };
  await pushBlob(url, 'a/a', randomBlob(1_000));
  const referrer = makeManifest([], { subject, artifactType: 'a/b' });
  await putManifest(url, 'a/a', referrer);
  const store = openStore(directory);
  t.after(() => store.close());
  assert.deepEqual(collectGarbage(store, REGISTRY_LIMITS, { untagged: true }), {
    manifests: 0,
    blobs: 0,
    bytes: 0,
    uploads: 0,
  });
  const old = { ...REGISTRY_LIMITS, graceMs: -1_000 };
  assert.equal(collectGarbage(store, old).bytes, 1_000, 'a blob that no manifest names');
  await send(url, 'DELETE', `/v2/a/a/manifests/${gone.digest}`);
  const collected = collectGarbage(store, old, { untagged: true });
  assert.deepEqual(collected, { manifests: 1, blobs: 1, bytes: 64, uploads: 0 });
  assert.equal((await send(url, 'GET', `/v2/a/a/manifests/${kept.digest}`)).status, 200);
  const { layers } = JSON.parse(kept.bytes.toString()) as { layers: { digest: string }[] };
  const layer = `/v2/a/a/blobs/${layers[0]?.digest}`;
  const { body: bytes } = await send(url, 'GET', layer);
  const digest = layers[0]?.digest ?? '';
  const hex = digest.slice(7);
  const file = join(directory, 'blobs/sha256', hex.slice(0, 2), hex);
  assert.ok(existsSync(file));
  for (const damage of [() => writeFileSync(file, 'short'), () => rmSync(file)]) {
    damage();
    for (const method of ['GET', 'HEAD']) {
      assert.equal((await send(url, method, layer)).status, 404, 'a damaged file is not given out');
    }
    assert.equal((await pushBlob(url, 'a/a', { bytes, digest })).status, 201);
    assert.ok((await send(url, 'GET', layer)).body.equals(bytes), 'a push takes its place');
  }
});

test('[registry.gc] uploads that were left expire', async (t) => {
  const { url, directory } = await startRegistry(t);
  const begun = await send(url, 'POST', '/v2/a/a/blobs/uploads/');
  await send(url, 'PATCH', locationOf(begun, url), { body: 'half' });
  const store = openStore(directory);
  t.after(() => store.close());
  assert.equal(collectGarbage(store, { ...REGISTRY_LIMITS, uploadMs: -1_000 }).uploads, 1);
  assert.equal((await send(url, 'GET', locationOf(begun, url))).status, 404);
  assert.deepEqual(readdirSync(join(directory, 'uploads')), []);
});

test('[registry.search] the index finds components by every word, for those who may pull them', async (t) => {
  const directory = scratch(t);
  await setUser(directory, 'alice', 'correct horse', { '*': ['pull', 'push'] });
  const { url } = await startRegistry(t, {
    directory,
    anonymous: { 'open/*': ['pull', 'push'], 'secret/*': ['push'] },
  });
  const config = { mediaType: 'application/vnd.wasm.config.v0+json', digest: EMPTY.digest, size: 2 };
  const annotations = (description: string): object => ({
    config,
    annotations: { 'org.opencontainers.image.description': description },
  });
  await pushImage(url, 'open/clip', '1.0.0', annotations('cuts things'));
  await pushImage(url, 'open/clip', '1.10.0', annotations('Cuts text, well'));
  await pushImage(url, 'open/clip', '2.0.0-rc.1', annotations('cuts more'));
  await pushImage(url, 'open/image', '1.0.0');
  await pushImage(url, 'secret/clip', '1.0.0', annotations('cuts text too'));
  const search = async (q: string, headers = {}): Promise<unknown> => {
    const answer = await send(url, 'GET', `/v2/_switchboard/search?q=${encodeURIComponent(q)}`, { headers });
    return (answer.json as { results: unknown }).results;
  };
  const clip = { name: 'open/clip', versions: ['1.10.0', '1.0.0', '2.0.0-rc.1'], description: 'Cuts text, well' };
  assert.deepEqual(await search('text CUTS'), [clip]);
  assert.deepEqual(await search('open:clip'), [clip]);
  assert.deepEqual(await search('things'), []);
  assert.equal(((await search('text', basic('alice', 'correct horse'))) as unknown[]).length, 2);
  const catalog = await send(url, 'GET', '/v2/_catalog');
  assert.deepEqual(catalog.json, { repositories: ['open/clip', 'open/image'] });
});
