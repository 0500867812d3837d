/** What our server keeps: through crashes, full disks, damage, many at once, and very many. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { collectGarbage, openStore, REGISTRY_LIMITS, type RegistryStore } from '#registry';
import { createUploads } from '#registry/server/uploads';
import { putManifest as putInStore } from '#registry/server/manifests';
import { clientOf } from './client-of.ts';
import {
  type Blob,
  digestOf,
  EMPTY,
  locationOf,
  makeManifest,
  MANIFEST,
  pushBlob,
  pushImage,
  putManifest,
  randomBlob,
  scratch,
  send,
  startRegistry,
} from './peer.ts';

const SERVER = join(import.meta.dirname, '../../bench/registry/server.ts');

/** A server in a process of its own, that can be killed. */
async function serveIn(directory: string) {
  const child = spawn(process.execPath, [SERVER, 'ours', directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const url of createInterface(child.stdout)) return { child, url };
  throw new Error('the server did not start');
}

test('[registry.limits] a server that is killed while it takes uploads keeps what it said it has, whole, and goes on', async (t) => {
  const directory = scratch(t);
  const taken: Blob[] = [];
  for (let round = 0; round < 6; round += 1) {
    const { child, url } = await serveIn(directory);
    const ended = once(child, 'exit');
    const blobs = Array.from({ length: 6 }, () => randomBlob(300_000));
    let answered = 0;
    await Promise.all(
      blobs.map(async (blob, i) => {
        const answer = await pushBlob(url, 'a/a', blob).catch(() => undefined);
        if (answer?.status === 201) taken.push(blob);
        answered += 1;
        // Another moment in each round: while the others are on their way.
        if (i === 0 || answered === round) child.kill('SIGKILL');
      }),
    );
    child.kill('SIGKILL');
    await ended;
  }
  const { child, url } = await serveIn(directory);
  t.after(() => child.kill());
  assert.ok(taken.length >= 6, String(taken.length));
  for (const { bytes, digest } of taken) {
    assert.ok((await send(url, 'GET', `/v2/a/a/blobs/${digest}`)).body.equals(bytes), digest);
  }
  const store = openStore(directory);
  t.after(() => store.close());
  for (const { digest, size } of store.rows('SELECT digest, size FROM blobs')) {
    const hex = String(digest).slice(7);
    assert.equal(statSync(join(directory, 'blobs/sha256', hex.slice(0, 2), hex)).size, size);
  }
  const old = { ...REGISTRY_LIMITS, uploadMs: -1_000 };
  collectGarbage(store, old);
  assert.deepEqual(readdirSync(join(directory, 'uploads')), []);
  const again = randomBlob(100);
  assert.equal((await pushBlob(url, 'a/a', again)).status, 201);
});

test('[registry.limits] a disk that is full is said so, and nothing of it stays', async (t) => {
  const failures: unknown[] = [];
  const { url, directory } = await startRegistry(t, { onFailure: (error) => failures.push(error) });
  const begun = await send(url, 'POST', '/v2/a/a/blobs/uploads/');
  const [id = ''] = locationOf(begun, url).split('/').slice(-1);
  symlinkSync('/dev/full', join(directory, 'uploads', id));
  const refused = await send(url, 'PATCH', locationOf(begun, url), { body: 'some bytes' });
  assert.equal(refused.status, 507);
  assert.match(refused.body.toString(), /the disk is full/);
  assert.equal(failures.length, 1, 'the owner is told');
  for (const name of ['registry.db', 'registry.db-wal']) {
    assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600, name);
  }
  assert.equal((await send(url, 'DELETE', locationOf(begun, url))).status, 204);
  assert.deepEqual(readdirSync(join(directory, 'uploads')), []);
  assert.equal((await pushBlob(url, 'a/a', randomBlob(10))).status, 201);
});

test('[registry.limits] a database that cannot grow keeps nothing of a manifest, and works when it can', (t) => {
  const store = openStore(scratch(t));
  t.after(() => store.close());
  const pages = Number(store.row('PRAGMA page_count')?.['page_count']);
  const limit = (most: number) => store.row(`PRAGMA max_page_count = ${most}`);
  const made = makeManifest([], {
    config: { mediaType: 'a/nondistributable', digest: EMPTY.digest, size: 2 },
    annotations: { large: 'x'.repeat(200_000) },
  });
  const put = (): unknown =>
    putInStore(
      store,
      { limits: REGISTRY_LIMITS, mayMove: () => false },
      { repository: 'a/a', reference: '1.0.0', tags: [], bytes: made.bytes, mediaType: MANIFEST, digest: undefined },
    );
  limit(pages + 2);
  assert.throws(put, /full/);
  assert.deepEqual(store.rows('SELECT name FROM repositories'), []);
  limit(1_000_000);
  put();
  assert.equal(store.rows('SELECT name FROM repositories').length, 1);
});

test('[registry.limits] what is under way and what manifests hold counts as kept', async (t) => {
  const { url, directory } = await startRegistry(t, { limits: { total: 10_000 } });
  const begin = async (size: number) => {
    const begun = await send(url, 'POST', '/v2/a/a/blobs/uploads/');
    return { begun, answer: await send(url, 'PATCH', locationOf(begun, url), { body: randomBlob(size).bytes }) };
  };
  const first = await begin(6_000);
  assert.equal(first.answer.status, 202);
  assert.equal((await begin(6_000)).answer.status, 507);
  assert.equal((await send(url, 'DELETE', locationOf(first.begun, url))).status, 204);
  assert.equal((await begin(6_000)).answer.status, 202);
  await pushBlob(url, 'a/a', EMPTY);
  const large = makeManifest([], { annotations: { large: 'x'.repeat(11_000) } });
  assert.equal((await putManifest(url, 'a/a', large)).status, 507);
  const store = openStore(directory);
  t.after(() => store.close());
  assert.equal(store.row('SELECT bytes FROM kept')?.['bytes'], 2);
  assert.equal((await send(url, 'DELETE', `/v2/a/a/blobs/${EMPTY.digest}`)).status, 202);
  assert.equal(store.row('SELECT bytes FROM kept')?.['bytes'], 0);
});

test('[registry.limits] an upload that drips is given up, one that was left makes place', async (t) => {
  const limits = { slowest: 1_000, windowMs: 20, uploadsOfOne: 1 };
  const { url, directory } = await startRegistry(t, { limits });
  const begun = await send(url, 'POST', '/v2/a/a/blobs/uploads/');
  const drip = async function* () {
    for (let i = 0; i < 200; i += 1) {
      yield Buffer.from('x');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const answer = await send(url, 'PATCH', locationOf(begun, url), { body: ReadableStream.from(drip()) }).catch(
    () => undefined,
  );
  assert.ok(answer === undefined || answer.status === 408);
  assert.ok(statSync(join(directory, 'uploads', locationOf(begun, url).split('/').at(-1) ?? '')).size < 200);
  assert.equal((await send(url, 'POST', '/v2/a/a/blobs/uploads/')).status, 429);
  const store = openStore(directory);
  t.after(() => store.close());
  store.run('UPDATE uploads SET touched = touched - 3600000');
  assert.equal((await send(url, 'POST', '/v2/a/a/blobs/uploads/')).status, 202);
  assert.equal((await send(url, 'GET', locationOf(begun, url))).status, 404);
});

test('[registry.gc] an upload that begins while the left ones are looked for stays', (t) => {
  const directory = scratch(t);
  const store = openStore(directory);
  t.after(() => store.close());
  const other = createUploads(store, REGISTRY_LIMITS);
  // Another process begins one after the rows were read.
  const meanwhile: RegistryStore = {
    ...store,
    rows(sql, ...values) {
      const rows = store.rows(sql, ...values);
      if (sql === 'SELECT id FROM uploads') {
        writeFileSync(join(directory, 'uploads', other.begin('a/a', 'alice').id), 'first bytes');
      }
      return rows;
    },
  };
  createUploads(meanwhile, REGISTRY_LIMITS).expire();
  assert.equal(readdirSync(join(directory, 'uploads')).length, 1);
});

test('[registry.gc] pushes beside a collection lose nothing', async (t) => {
  const { url, directory } = await startRegistry(t);
  const store = openStore(directory);
  t.after(() => store.close());
  let pushing = true;
  const collect = async (): Promise<number> => {
    let rounds = 0;
    for (; pushing; rounds += 1) {
      collectGarbage(store, REGISTRY_LIMITS, { untagged: true });
      await new Promise((resolve) => setImmediate(resolve));
    }
    return rounds;
  };
  const collecting = collect();
  const made = await Promise.all(Array.from({ length: 20 }, (_, i) => pushImage(url, `a/p${i % 3}`, `1.0.${i}`)));
  pushing = false;
  assert.ok((await collecting) > 1);
  for (const [i, { digest, bytes }] of made.entries()) {
    const repository = `a/p${i % 3}`;
    assert.equal((await send(url, 'GET', `/v2/${repository}/manifests/${digest}`)).status, 200);
    const { layers } = JSON.parse(bytes.toString()) as { layers: { digest: string }[] };
    for (const layer of layers) {
      assert.equal((await send(url, 'GET', `/v2/${repository}/blobs/${layer.digest}`)).status, 200);
    }
  }
});

test('[registry.gc] a blob that a push asks for and finds is young again; names that hold nothing go', async (t) => {
  const { url, directory } = await startRegistry(t);
  const [asked, left] = [randomBlob(10), randomBlob(10)];
  for (const blob of [asked, left]) await pushBlob(url, 'a/a', blob);
  await pushBlob(url, 'a/b', left);
  const store = openStore(directory);
  t.after(() => store.close());
  store.run('UPDATE links SET since = since - 7200000');
  store.run('UPDATE blobs SET since = since - 7200000');
  assert.equal((await send(url, 'HEAD', `/v2/a/a/blobs/${asked.digest}`)).status, 200);
  assert.equal(collectGarbage(store, REGISTRY_LIMITS).blobs, 1);
  assert.equal((await send(url, 'HEAD', `/v2/a/a/blobs/${asked.digest}`)).status, 200);
  assert.equal((await send(url, 'HEAD', `/v2/a/a/blobs/${left.digest}`)).status, 404);
  assert.deepEqual(
    store.rows('SELECT name FROM repositories').map((row) => row['name']),
    ['a/a'],
  );
});

test('[registry.limits] ten thousand tags are listed in pages by us, and no more are taken', async (t) => {
  const { url, address, directory } = await startRegistry(t);
  const { digest } = await pushImage(url, 'a/a', '0.0.0');
  const store = openStore(directory);
  t.after(() => store.close());
  store.transaction(() => {
    for (let i = 1; i < 10_000; i += 1) {
      store.run(
        'INSERT INTO tags (repository, folded, tag, digest, since) SELECT id, ?1, ?1, ?2, 0 FROM repositories',
        `0.0.${i}`,
        digest,
      );
    }
  });
  const client = await clientOf(t);
  const tags = await client.open({ registry: address, repository: 'a/a' }).tags();
  assert.equal(new Set(tags).size, 10_000);
  let pages = 0;
  for (let path: string | undefined = '/v2/a/a/tags/list?n=999'; path !== undefined; pages += 1) {
    const answer = await send(url, 'GET', path);
    assert.ok((answer.json as { tags: string[] }).tags.length <= 999);
    path = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
  }
  assert.equal(pages, 11);
  const more = makeManifest([], { annotations: { a: 'b' } });
  assert.equal((await putManifest(url, 'a/a', more, '1.0.0')).status, 403);
});

test('[registry.limits] a flood of large referrers comes in pages that a client takes', async (t) => {
  const { url, address } = await startRegistry(t);
  await pushBlob(url, 'a/a', EMPTY);
  const subject = { mediaType: MANIFEST, digest: digestOf('subject'), size: 7 };
  const count = 24;
  for (let i = 0; i < count; i += 1) {
    const annotations = { [`large-${i}`]: 'x'.repeat(500_000) };
    assert.equal((await putManifest(url, 'a/a', makeManifest([], { subject, annotations }))).status, 201);
  }
  const first = await send(url, 'GET', `/v2/a/a/referrers/${subject.digest}`);
  assert.ok(first.body.length <= 4 * 1024 * 1024);
  assert.match(first.headers.get('link') ?? '', /rel="next"/);
  const client = await clientOf(t);
  const found = await client
    .open({ registry: address, repository: 'a/a' })
    .referrers(subject.digest as `sha256:${string}`);
  assert.equal(new Set(found.map((one) => one.digest)).size, count);
});

test('[registry.search] the index follows tags that are deleted, and is made for a registry of before', async (t) => {
  const { url, address, directory } = await startRegistry(t);
  const client = await clientOf(t);
  const { publish } = await import('./client-of.ts');
  for (const version of ['1.0.0', '2.0.0-rc.1', '1.10.0', '1.9.0']) {
    await publish(client, address, `acme:clip@${version}`, randomBlob(20).bytes);
  }
  const search = async (): Promise<unknown> =>
    (
      (await send(url, 'GET', '/v2/_switchboard/search?q=clip')).json as { results: { versions: string[] }[] }
    ).results.map((one) => one.versions);
  assert.deepEqual(await search(), [['1.10.0', '1.9.0', '1.0.0', '2.0.0-rc.1']]);
  await send(url, 'DELETE', '/v2/acme/clip/manifests/1.10.0');
  assert.deepEqual(await search(), [['1.9.0', '1.0.0', '2.0.0-rc.1']]);
  const store = openStore(directory);
  store.run('DELETE FROM components');
  store.run('PRAGMA user_version = 0');
  store.close();
  assert.deepEqual(await search(), []);
  openStore(directory).close();
  assert.deepEqual(await search(), [['1.9.0', '1.0.0', '2.0.0-rc.1']]);
  for (const tag of ['1.0.0', '1.9.0', '2.0.0-rc.1']) await send(url, 'DELETE', `/v2/acme/clip/manifests/${tag}`);
  assert.deepEqual(await search(), []);
});
