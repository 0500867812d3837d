/** Clients of our server that want what is not theirs: others' uploads, names and connections. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setUser } from '#registry';
import {
  codeOf,
  digestOf,
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

test('[registry.rights] an upload is of the account that began it', async (t) => {
  const directory = scratch(t);
  for (const user of ['alice', 'bob']) await setUser(directory, user, `password of ${user}`, OPEN);
  const { url } = await startRegistry(t, { directory });
  const alice = basic('alice', 'password of alice');
  const blob = randomBlob(100);
  const begun = await send(url, 'POST', '/v2/a/a/blobs/uploads/', { headers: alice });
  const place = locationOf(begun, url);
  const end = locationOf(begun, url, { digest: blob.digest });
  for (const headers of [basic('bob', 'password of bob'), {}]) {
    for (const [method, path] of [
      ['GET', place],
      ['PATCH', place],
      ['PUT', end],
      ['DELETE', place],
    ] as const) {
      const answer = await send(url, method, path, { headers, ...(method === 'GET' ? {} : { body: 'theirs' }) });
      assert.equal(answer.status, 404, method);
      assert.equal(codeOf(answer), 'BLOB_UPLOAD_UNKNOWN');
    }
  }
  assert.equal((await send(url, 'PUT', end, { headers: alice, body: blob.bytes })).status, 201);
  await assert.rejects(setUser(directory, 'anonymous', 'long enough', OPEN), { code: 'invalid-setting' });
});

test('[registry.rights] who knows digests alone gets neither blobs nor manifests made of them', async (t) => {
  const directory = scratch(t);
  await setUser(directory, 'alice', 'password of alice', { 'alice/*': ['pull', 'push'] });
  await setUser(directory, 'bob', 'password of bob', { 'bob/*': ['pull', 'push', 'delete'] });
  const { url } = await startRegistry(t, { directory, anonymous: {} });
  const alice = basic('alice', 'password of alice');
  const bob = basic('bob', 'password of bob');
  const secret = randomBlob(50);
  const path = `blobs/uploads/?digest=${secret.digest}`;
  assert.equal((await send(url, 'POST', `/v2/alice/x/${path}`, { headers: alice, body: secret.bytes })).status, 201);
  const made = makeManifest([secret], {
    config: { mediaType: 'a/b', digest: secret.digest, size: secret.bytes.length },
  });
  const put = await send(url, 'PUT', `/v2/bob/x/manifests/1.0.0`, {
    headers: { ...bob, 'content-type': MANIFEST },
    body: made.bytes,
  });
  assert.equal(codeOf(put), 'MANIFEST_BLOB_UNKNOWN');
  for (const [method, rest] of [
    ['GET', `blobs/${secret.digest}`],
    ['GET', 'tags/list'],
    ['GET', 'manifests/1.0.0'],
    ['GET', `referrers/${secret.digest}`],
    ['PUT', 'manifests/1.0.0'],
    ['POST', 'blobs/uploads/'],
    ['DELETE', `blobs/${secret.digest}`],
  ] as const) {
    const answer = await send(url, method, `/v2/alice/x/${rest}`, { headers: bob });
    assert.equal(answer.status, 403, `${method} ${rest}`);
    assert.equal((await send(url, method, `/v2/alice/x/${rest}`)).status, 401);
  }
  const catalog = await send(url, 'GET', '/v2/_catalog', { headers: bob });
  assert.deepEqual(catalog.json, { repositories: [] });
});

test('[registry.rights] wrong passwords hold up nobody else, and many connections of one user are one check', async (t) => {
  const directory = scratch(t);
  for (const user of ['alice', 'bob']) await setUser(directory, user, `password of ${user}`, OPEN);
  const { url } = await startRegistry(t, { directory });
  const status = async (user: string, password: string): Promise<number> =>
    (await send(url, 'GET', '/v2/', { headers: basic(user, password) })).status;
  const many = await Promise.all(Array.from({ length: 16 }, () => status('alice', 'password of alice')));
  assert.deepEqual(new Set(many), new Set([200]));
  for (let i = 0; i < 20; i += 1) assert.equal(await status('alice', `guess ${i}`), 401);
  assert.equal(await status('alice', 'another guess'), 429);
  assert.equal(await status('alice', 'password of alice'), 200, 'who was signed in stays so');
  assert.equal(await status('bob', 'password of bob'), 200);
});

test('[registry.immutable] the type that a manifest was sent with first stays', async (t) => {
  const { url } = await startRegistry(t);
  const image = await pushImage(url, 'a/a', '1.0.0');
  const { mediaType: _none, ...document } = JSON.parse(image.bytes.toString()) as { mediaType: string };
  const bytes = Buffer.from(JSON.stringify(document));
  const docker = 'application/vnd.docker.distribution.manifest.v2+json';
  const made = { bytes, digest: digestOf(bytes), mediaType: MANIFEST };
  assert.equal((await putManifest(url, 'a/a', made, '2.0.0')).status, 201);
  assert.equal((await putManifest(url, 'a/a', { ...made, mediaType: docker }, '2.0.0')).status, 201);
  assert.equal((await send(url, 'GET', '/v2/a/a/manifests/2.0.0')).headers.get('content-type'), MANIFEST);
});

test('[registry.hostile] a manifest that clients in other languages read in another way is refused', async (t) => {
  const { url } = await startRegistry(t);
  const made = await pushImage(url, 'a/a', '1.0.0');
  const document = JSON.parse(made.bytes.toString()) as { layers: object[] };
  for (const twisted of [
    { ...document, Layers: [] },
    { ...document, layers: document.layers.map((layer) => ({ ...layer, Digest: `sha256:${'0'.repeat(64)}` })) },
    { ...document, SUBJECT: null },
  ]) {
    const bytes = Buffer.from(JSON.stringify(twisted));
    const answer = await putManifest(url, 'a/a', { bytes, digest: digestOf(bytes), mediaType: MANIFEST });
    assert.equal(answer.status, 400);
    assert.match(answer.body.toString(), /has (?:Layers|Digest|SUBJECT), not (?:layers|digest|subject)/);
  }
});

test('[registry.limits] a range of another content is no range of this one', async (t) => {
  const { url } = await startRegistry(t);
  const blob = randomBlob(100);
  await pushBlob(url, 'a/a', blob);
  const path = `/v2/a/a/blobs/${blob.digest}`;
  const ask = (headers: Record<string, string>, method = 'GET') => send(url, method, path, { headers });
  const other = await ask({ range: 'bytes=10-19', 'if-range': '"sha256:other"' });
  assert.equal(other.status, 200);
  assert.ok(other.body.equals(blob.bytes));
  const same = await ask({ range: 'Bytes=10-19', 'if-range': `"${blob.digest}"` });
  assert.equal(same.status, 206);
  assert.ok(same.body.equals(blob.bytes.subarray(10, 20)));
  for (const range of ['bytes=0-1,5-9', 'lines=1-2', 'bytes=', 'bytes=a-b', `bytes=0-${'9'.repeat(40)}`]) {
    assert.equal((await ask({ range })).status, 200, range);
  }
  for (const range of ['bytes=100-', 'bytes=-0', 'bytes=9-5']) assert.equal((await ask({ range })).status, 416, range);
  const head = await ask({ range: 'bytes=10-19' }, 'HEAD');
  assert.deepEqual([head.status, head.headers.get('content-length')], [200, '100']);
  assert.equal((await ask({ 'if-none-match': `"${blob.digest}"` })).status, 304);
});

/** What a server answers to bytes that no client library would send. */
async function raw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.end(bytes);
  return text(socket);
}

test('[registry.limits] requests that could be read in two ways, or have no end, are refused', async (t) => {
  const { url } = await startRegistry(t);
  const hidden = 'DELETE /v2/a/a/manifests/1.0.0 HTTP/1.1\r\nhost: x\r\n\r\n';
  await pushImage(url, 'a/a', '1.0.0');
  const post = (headers: string, body = ''): string =>
    `POST /v2/a/a/blobs/uploads/ HTTP/1.1\r\nhost: x\r\n${headers}\r\n${body}`;
  for (const [name, bytes] of Object.entries({
    'a length and chunks': post('content-length: 5\r\ntransfer-encoding: chunked\r\n', `0\r\n\r\n${hidden}`),
    'two lengths': post('content-length: 0\r\ncontent-length: 60\r\n', hidden),
    'a length with a sign': post('content-length: +60\r\n', hidden),
    'chunks that are not last': post('transfer-encoding: chunked, identity\r\n', hidden),
    'a chunk without end': post('transfer-encoding: chunked\r\n', `ffffffffffffffff1\r\n${hidden}`),
    'a space before the colon': post('content-length : 0\r\n', hidden),
    'a folded header': post('x: y\r\n  content-length: 0\r\n', hidden),
    'headers without end': post(`x: ${'y'.repeat(20_000)}\r\n`),
    'an address of another kind': 'GET http://evil/v2/a/a/tags/list HTTP/1.1\r\nhost: x\r\n\r\n',
  })) {
    const answer = await raw(url, bytes);
    assert.match(answer, /^(?:HTTP\/1\.1 4\d\d |$)/, name);
    assert.doesNotMatch(answer, /HTTP\/1\.1 20/, name);
  }
  assert.equal((await send(url, 'GET', '/v2/a/a/manifests/1.0.0')).status, 200);
});

test('[registry.limits] who sends too much is told so, and not only cut off', async (t) => {
  const directory = scratch(t);
  await setUser(directory, 'alice', 'password of alice', OPEN);
  const { url } = await startRegistry(t, { directory, limits: { blob: 1_000 }, anonymous: { '*': ['push'] } });
  const parts = (count: number) =>
    ReadableStream.from(
      (async function* () {
        for (let i = 0; i < count; i += 1) yield Buffer.alloc(65_536);
      })(),
    );
  const begun = await send(url, 'POST', '/v2/a/a/blobs/uploads/');
  const answer = await send(url, 'PATCH', locationOf(begun, url), { body: parts(100) });
  assert.equal(answer.status, 413);
  assert.match(answer.body.toString(), /at most 1000 bytes/);
  const wrong = { headers: basic('alice', 'another password'), body: parts(100) };
  assert.equal((await send(url, 'PATCH', locationOf(begun, url), wrong)).status, 401);
  assert.equal((await send(url, 'PUT', '/v2/a/a/manifests/x', { body: parts(100) })).status, 413);
  await send(url, 'PATCH', locationOf(begun, url), { body: parts(1_000) }).catch(() => undefined);
  assert.equal((await send(url, 'GET', locationOf(begun, url))).status, 204, 'and the server goes on');
});
