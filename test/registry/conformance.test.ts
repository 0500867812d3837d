/**
 * What the conformance suite of the OCI distribution specification asks of a registry, asked of ours, case by case: those
 * of its version 1.1+dev, as its run.go is at 4fc4ecbe and its api.go at 216c04cd, and the pages of tags that its suite of
 * 1.1 asks for. docs/registry.md lists them and says how to run the suite itself.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  type Answer,
  type Blob,
  blobOf,
  codeOf,
  descriptorOf,
  digestOf,
  EMPTY,
  INDEX,
  locationOf,
  type Made,
  makeIndex,
  makeManifest,
  MANIFEST,
  pushBlob,
  pushImage,
  putManifest,
  randomBlob,
  send,
  startRegistry,
} from './peer.ts';

const REPO = 'conformance/repo1';
const OTHER = 'conformance/repo2';
const OCTETS = { 'content-type': 'application/octet-stream' };

type Ask = (method: string, path: string, sent?: Parameters<typeof send>[3]) => Promise<Answer>;

async function peer(t: Parameters<typeof startRegistry>[0]): Promise<{ url: string; ask: Ask }> {
  const { url } = await startRegistry(t);
  return { url, ask: (method, path, sent) => send(url, method, path, sent) };
}

/** Head and whole content of a blob are as pushed. */
async function blobIsThere(ask: Ask, repository: string, { bytes, digest }: Blob): Promise<void> {
  const head = await ask('HEAD', `/v2/${repository}/blobs/${digest}`);
  assert.equal(head.status, 200);
  assert.equal(head.headers.get('content-length'), String(bytes.length));
  assert.equal(head.headers.get('docker-content-digest'), digest);
  assert.equal(head.body.length, 0);
  const got = await ask('GET', `/v2/${repository}/blobs/${digest}`);
  assert.equal(got.status, 200);
  assert.ok(got.body.equals(bytes));
}

/** The answer that ends a push names a place where the blob is. */
async function isCreated(ask: Ask, url: string, answer: Answer, { bytes, digest }: Blob): Promise<void> {
  assert.equal(answer.status, 201, answer.body.toString());
  assert.equal(answer.headers.get('docker-content-digest'), digest);
  const got = await ask('GET', locationOf(answer, url));
  assert.equal(got.status, 200);
  assert.ok(got.body.equals(bytes));
}

interface Chunked {
  readonly putLast?: boolean;
  readonly outOfOrder?: boolean;
}

async function pushChunked(ask: Ask, url: string, blob: Blob, how: Chunked, size = 1_024): Promise<Answer> {
  let answer = await ask('POST', `/v2/${REPO}/blobs/uploads/`, { headers: { 'content-length': '0' } });
  assert.equal(answer.status, 202);
  const { bytes, digest } = blob;
  for (let start = 0; start < bytes.length; start += size) {
    const end = Math.min(start + size, bytes.length);
    const last = how.putLast === true && end === bytes.length;
    const method = last ? 'PUT' : 'PATCH';
    const query: Record<string, string> = last ? { digest } : {};
    if (how.outOfOrder) {
      const wrong = start + size < bytes.length ? start + size : 0;
      const wrongEnd = Math.min(wrong + size, bytes.length);
      if (wrong !== start) {
        const refused = await ask(method, locationOf(answer, url, query), {
          body: bytes.subarray(wrong, wrongEnd),
          headers: { ...OCTETS, 'content-range': `${wrong}-${wrongEnd - 1}` },
        });
        assert.equal(refused.status, 416);
        const status = await ask('GET', locationOf(refused, url));
        assert.equal(status.status, 204);
        assert.equal(status.headers.get('range'), `0-${Math.max(0, start - 1)}`);
        answer = status;
      }
    }
    answer = await ask(method, locationOf(answer, url, query), {
      body: bytes.subarray(start, end),
      headers: { ...OCTETS, 'content-range': `${start}-${end - 1}` },
    });
    if (last) return answer;
    assert.equal(answer.status, 202);
    assert.equal(answer.headers.get('range'), `0-${end - 1}`);
  }
  return ask('PUT', locationOf(answer, url, { digest }), { headers: { ...OCTETS, 'content-length': '0' } });
}

async function pushStreamed(ask: Ask, url: string, { bytes, digest }: Blob): Promise<Answer> {
  const begun = await ask('POST', `/v2/${REPO}/blobs/uploads/`);
  const sent = await ask('PATCH', locationOf(begun, url), { body: new Response(bytes).body ?? '', headers: OCTETS });
  assert.equal(sent.status, 202);
  return ask('PUT', locationOf(sent, url, { digest }), { headers: { ...OCTETS, 'content-length': '0' } });
}

async function pushPut(ask: Ask, url: string, { bytes, digest }: Blob): Promise<Answer> {
  const begun = await ask('POST', `/v2/${REPO}/blobs/uploads/`);
  assert.equal(begun.status, 202);
  return ask('PUT', locationOf(begun, url, { digest }), { body: bytes, headers: OCTETS });
}

const THREE_CHUNKS = 3 * 1_024 - 5;
const PUSHES: { readonly [name: string]: (ask: Ask, url: string, blob: Blob) => Promise<Answer> } = {
  'POST alone': (_ask, url, blob) => pushBlob(url, REPO, blob),
  'POST and PUT': pushPut,
  'one chunk': (ask, url, blob) => pushChunked(ask, url, blob, {}, 1e6),
  chunks: (ask, url, blob) => pushChunked(ask, url, blob, {}),
  'chunks, the last with PUT': (ask, url, blob) => pushChunked(ask, url, blob, { putLast: true }),
  'chunks out of order': (ask, url, blob) => pushChunked(ask, url, blob, { outOfOrder: true }),
  'chunks out of order, the last with PUT': (ask, url, blob) =>
    pushChunked(ask, url, blob, { outOfOrder: true, putLast: true }),
  stream: pushStreamed,
};

void describe('conformance: base and empty', () => {
  void test('[registry.conformance] the base says that the API is here; an unknown repository has no tags', async (t) => {
    const { ask } = await peer(t);
    assert.equal((await ask('GET', '/v2/')).status, 200);
    const tags = await ask('GET', `/v2/${REPO}/tags/list`);
    assert.equal(tags.status, 404);
    assert.equal(codeOf(tags), 'NAME_UNKNOWN');
    const referrers = await ask('GET', `/v2/${REPO}/referrers/${randomBlob(9).digest}`);
    assert.equal(referrers.status, 200);
    assert.equal(referrers.headers.get('content-type'), INDEX);
    assert.deepEqual(referrers.json, { schemaVersion: 2, mediaType: INDEX, manifests: [] });
  });
});

for (const algorithm of ['sha256', 'sha512']) {
  void describe(`conformance: blobs by ${algorithm}`, () => {
    for (const [name, push] of Object.entries(PUSHES)) {
      void test(`[registry.conformance] ${algorithm}: ${name}`, async (t) => {
        const { url, ask } = await peer(t);
        const blob = randomBlob(THREE_CHUNKS, algorithm);
        await isCreated(ask, url, await push(ask, url, blob), blob);
        await blobIsThere(ask, REPO, blob);
        assert.equal((await ask('DELETE', `/v2/${REPO}/blobs/${blob.digest}`)).status, 202);
        assert.equal((await ask('HEAD', `/v2/${REPO}/blobs/${blob.digest}`)).status, 404);
        assert.equal((await ask('DELETE', `/v2/${REPO}/blobs/${blob.digest}`)).status, 404);
        const bad = { bytes: Buffer.concat([blob.bytes, Buffer.from('oh no')]), digest: blob.digest };
        const refused = await push(ask, url, bad);
        assert.equal(refused.status, 400);
        assert.equal(codeOf(refused), 'DIGEST_INVALID');
        assert.equal((await ask('HEAD', `/v2/${REPO}/blobs/${blob.digest}`)).status, 404);
      });
    }

    void test(`[registry.conformance] ${algorithm}: the empty blob and {}`, async (t) => {
      const { url, ask } = await peer(t);
      for (const text of ['', '{}']) {
        const blob = blobOf(Buffer.from(text), algorithm);
        await isCreated(ask, url, await pushPut(ask, url, blob), blob);
        await isCreated(ask, url, await pushBlob(url, REPO, blob), blob);
        await blobIsThere(ask, REPO, blob);
      }
    });

    void test(`[registry.conformance] ${algorithm}: ranges`, async (t) => {
      const { url, ask } = await peer(t);
      const blob = randomBlob(2_048, algorithm);
      await pushBlob(url, REPO, blob);
      const range = (text: string): Promise<Answer> =>
        ask('GET', `/v2/${REPO}/blobs/${blob.digest}`, { headers: { range: `bytes=${text}` } });
      for (const [text, start, end] of [
        ['500-1499', 500, 1_500],
        ['500-', 500, 2_048],
        ['-500', 1_548, 2_048],
        ['2000-5000', 2_000, 2_048],
      ] as const) {
        const answer = await range(text);
        assert.equal(answer.status, 206);
        assert.equal(answer.headers.get('content-range'), `bytes ${start}-${end - 1}/2048`);
        assert.ok(answer.body.equals(blob.bytes.subarray(start, end)));
      }
      for (const text of ['500-0', '5000-10000']) assert.equal((await range(text)).status, 416);
    });

    void test(`[registry.conformance] ${algorithm}: mounting, also without a source, and of what is not there`, async (t) => {
      const { url, ask } = await peer(t);
      const blob = randomBlob(512, algorithm);
      const mount = (from: string): Promise<Answer> =>
        ask('POST', `/v2/${REPO}/blobs/uploads/?mount=${blob.digest}${from}`);
      const missing = await mount(`&from=${OTHER}`);
      assert.equal(missing.status, 202);
      const put = await ask('PUT', locationOf(missing, url, { digest: blob.digest }), { body: blob.bytes });
      assert.equal(put.status, 201);
      assert.equal((await ask('DELETE', `/v2/${REPO}/blobs/${blob.digest}`)).status, 202);
      await pushBlob(url, OTHER, blob);
      for (const from of [`&from=${OTHER}`, '']) {
        await isCreated(ask, url, await mount(from), blob);
        assert.equal((await ask('DELETE', `/v2/${REPO}/blobs/${blob.digest}`)).status, 202);
        await blobIsThere(ask, OTHER, blob);
      }
    });
  });
}

void test('[registry.conformance] a cancelled upload is gone; a blob that is not there is unknown', async (t) => {
  const { url, ask } = await peer(t);
  const begun = await ask('POST', `/v2/${REPO}/blobs/uploads/`);
  assert.equal((await ask('DELETE', locationOf(begun, url))).status, 204);
  assert.equal((await ask('GET', locationOf(begun, url))).status, 404);
  const answer = await ask('GET', `/v2/${REPO}/blobs/${randomBlob(1).digest}`);
  assert.equal(answer.status, 404);
  assert.equal(codeOf(answer), 'BLOB_UNKNOWN');
});

interface Content {
  readonly blobs: readonly Blob[];
  /** Children first. */
  readonly manifests: readonly Made[];
  readonly tags: { readonly [tag: string]: Made };
}

function image(more: object = {}, tag = 'image'): Content {
  const layers = [randomBlob(1_024), randomBlob(2_048)];
  const made = makeManifest(layers, more);
  return { blobs: [EMPTY, ...layers], manifests: [made], tags: { [tag]: made } };
}

function index(depth: number, more: object = {}): Content {
  const parts = [0, 1].map(() => (depth > 1 ? index(depth - 1) : image()));
  const made = makeIndex(
    parts.map((part) => part.manifests.at(-1) as Made),
    more,
  );
  const manifests = [...parts.flatMap((part) => part.manifests), made];
  return { blobs: parts.flatMap((part) => part.blobs), manifests, tags: { index: made } };
}

function artifact(type: string, more: object = {}): Content {
  return image({ artifactType: type, annotations: { [`org.example.${type}`]: 'hello' }, ...more }, 'artifact');
}

function withSubject(): Content {
  const subject = image();
  const [first] = subject.manifests;
  const named = { subject: descriptorOf(first as Made) };
  const referrers = [image(named, 'plain'), artifact('application/a', named), artifact('application/b', named)];
  return {
    blobs: [...subject.blobs, ...referrers.flatMap(({ blobs }) => blobs)],
    manifests: [...subject.manifests, ...referrers.flatMap(({ manifests }) => manifests)],
    tags: subject.tags,
  };
}

const large = Object.fromEntries(Array.from({ length: 390 }, (_, i) => [`large-annotation-${i}`, 'A'.repeat(10_000)]));
const elsewhere = (kind: string): object => ({
  mediaType: `application/vnd.oci.image.layer.nondistributable.v1.${kind}`,
  digest: randomBlob(256).digest,
  size: 123_456,
  urls: ['https://store.example.com/blobs/1'],
});

const CONTENTS: { readonly [name: string]: () => Content } = {
  image: () => image(),
  'a large manifest': () => image({ annotations: large }),
  'an index': () => index(1),
  'an index of indexes': () => index(2),
  'an empty index': () => ({ blobs: [], manifests: [makeIndex([])], tags: { index: makeIndex([]) } }),
  'an artifact': () => artifact('application/vnd.example+type'),
  'an artifact index': () => index(1, { artifactType: 'application/vnd.example+type' }),
  'an artifact with a subject that is not there': () =>
    artifact('application/a', { subject: { mediaType: MANIFEST, digest: digestOf('missing content'), size: 123 } }),
  'artifacts with a subject': withSubject,
  'an index with a subject': () => {
    const subject = image();
    const [first] = subject.manifests as [Made];
    const referrer = index(1, { subject: descriptorOf(first), artifactType: 'application/a', annotations: { a: 'b' } });
    return {
      blobs: [...subject.blobs, ...referrer.blobs],
      manifests: [...subject.manifests, ...referrer.manifests],
      tags: {},
    };
  },
  'data in a descriptor': () =>
    image({
      config: {
        mediaType: 'application/vnd.oci.empty.v1+json',
        digest: EMPTY.digest,
        size: 2,
        data: EMPTY.bytes.toString('base64'),
      },
    }),
  'layers that are elsewhere': () => {
    const made = makeManifest([], { layers: [elsewhere('tar'), elsewhere('tar+gzip')] });
    return { blobs: [EMPTY], manifests: [made], tags: { elsewhere: made } };
  },
  'fields of one’s own': () => image({ 'org.example.custom': { deep: [randomBytes(4).toString('hex')] } }),
  'no layers': () => {
    const made = makeManifest([]);
    return { blobs: [EMPTY], manifests: [made], tags: { none: made } };
  },
  'an uncompressed image': () => {
    const layer = randomBlob(1_024);
    const described = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: layer.digest, size: 1_024 };
    const made = makeManifest([], { layers: [described] });
    return { blobs: [EMPTY, layer], manifests: [made], tags: { 'image-uncompressed': made } };
  },
  'an artifact without layers': () => {
    const layers = [{ mediaType: 'application/vnd.oci.empty.v1+json', digest: EMPTY.digest, size: 2 }];
    const made = makeManifest([], { layers, artifactType: 'application/vnd.example+type' });
    return { blobs: [EMPTY], manifests: [made], tags: { 'artifact-without-layers': made } };
  },
  'an index of what is not there': () => {
    const { blobs, manifests } = image();
    const made = makeIndex([...manifests, makeManifest([randomBlob(8)])]);
    return { blobs, manifests: [...manifests, made], tags: { 'sparse-index': made } };
  },
  'an index by sha512': () => {
    const parts = [0, 1].map(() => [randomBlob(100, 'sha512'), randomBlob(100, 'sha512')]);
    const manifests = parts.map((layers) => makeManifest(layers, {}, 'sha512'));
    const list = makeIndex(manifests);
    const made = { ...list, digest: digestOf(list.bytes, 'sha512') };
    return { blobs: [EMPTY, ...parts.flat()], manifests: [...manifests, made], tags: {} };
  },
  'a manifest by sha512': () => {
    const layer = randomBlob(100, 'sha512');
    const made = makeManifest([layer], {}, 'sha512');
    return { blobs: [EMPTY, layer], manifests: [made], tags: {} };
  },
};

async function isManifest(ask: Ask, path: string, { bytes, digest, mediaType }: Made): Promise<void> {
  for (const method of ['HEAD', 'GET']) {
    const answer = await ask(method, path, { headers: { accept: `${INDEX}, ${MANIFEST}` } });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), mediaType);
    assert.equal(answer.headers.get('docker-content-digest'), digest);
    assert.equal(answer.headers.get('content-length'), String(bytes.length));
    assert.ok(answer.body.equals(method === 'GET' ? bytes : Buffer.alloc(0)));
  }
}

type Listed = { digest: string; artifactType?: string; size: number; annotations?: Record<string, string> };

async function referrersOf(ask: Ask, subject: string, type?: string): Promise<Listed[]> {
  const query = type === undefined ? '' : `?artifactType=${encodeURIComponent(type)}`;
  const answer = await ask('GET', `/v2/${REPO}/referrers/${subject}${query}`);
  assert.equal(answer.headers.get('content-type'), INDEX);
  assert.equal(answer.headers.get('oci-filters-applied'), type === undefined ? null : 'artifactType');
  return (answer.json as { manifests: Listed[] }).manifests;
}

interface Document {
  readonly subject?: { readonly digest: string };
  readonly artifactType?: string;
  readonly config?: { readonly mediaType: string };
  readonly annotations?: Record<string, string>;
}

void describe('conformance: contents', () => {
  for (const [name, make] of Object.entries(CONTENTS)) {
    void test(`[registry.conformance] push, list, head, pull, referrers and delete of ${name}`, async (t) => {
      const { url, ask } = await peer(t);
      const { blobs, manifests, tags } = make();
      for (const blob of blobs) await pushBlob(url, REPO, blob);
      for (const made of manifests) {
        const answer = await putManifest(url, REPO, made);
        assert.equal(answer.status, 201, answer.body.toString());
        await isManifest(ask, locationOf(answer, url), made);
        const { subject } = JSON.parse(made.bytes.toString()) as Document;
        assert.equal(answer.headers.get('oci-subject'), subject?.digest ?? null);
      }
      for (const [tag, made] of Object.entries(tags)) {
        assert.equal((await putManifest(url, REPO, made, tag)).status, 201);
        await isManifest(ask, `/v2/${REPO}/manifests/${tag}`, made);
      }
      if (manifests.length > 0) {
        const list = await ask('GET', `/v2/${REPO}/tags/list`);
        assert.deepEqual(list.json, { name: REPO, tags: Object.keys(tags).toSorted() });
      }
      for (const made of manifests) await isManifest(ask, `/v2/${REPO}/manifests/${made.digest}`, made);
      for (const blob of blobs) await blobIsThere(ask, REPO, blob);
      for (const made of manifests) {
        const document = JSON.parse(made.bytes.toString()) as Document;
        if (document.subject === undefined) continue;
        const { digest } = document.subject;
        const type = document.artifactType ?? document.config?.mediaType;
        for (const listed of [await referrersOf(ask, digest), await referrersOf(ask, digest, type)]) {
          const found = listed.find((one) => one.digest === made.digest);
          assert.equal(found?.artifactType, type);
          assert.equal(found?.size, made.bytes.length);
          assert.deepEqual(found?.annotations, document.annotations);
        }
        assert.ok((await referrersOf(ask, digest, type)).every((one) => one.artifactType === type));
      }
      for (const tag of Object.keys(tags)) {
        assert.equal((await ask('DELETE', `/v2/${REPO}/manifests/${tag}`)).status, 202);
        assert.equal((await ask('HEAD', `/v2/${REPO}/manifests/${tag}`)).status, 404);
      }
      for (const { digest } of manifests.toReversed()) {
        assert.equal((await ask('DELETE', `/v2/${REPO}/manifests/${digest}`)).status, 202);
        assert.equal((await ask('HEAD', `/v2/${REPO}/manifests/${digest}`)).status, 404);
      }
      for (const { digest } of new Map(blobs.map((blob) => [blob.digest, blob])).values()) {
        assert.equal((await ask('DELETE', `/v2/${REPO}/blobs/${digest}`)).status, 202);
      }
    });
  }
});

void test('[registry.conformance] tags are listed in pages', async (t) => {
  const { url, ask } = await peer(t);
  const made = await pushImage(url, REPO, 'tag0');
  for (let i = 1; i < 5; i += 1) await putManifest(url, REPO, made, `tag${i}`);
  const page = async (query: string): Promise<[string[], string | null]> => {
    const answer = await ask('GET', `/v2/${REPO}/tags/list${query}`);
    assert.equal(answer.status, 200);
    return [(answer.json as { tags: string[] }).tags, answer.headers.get('link')];
  };
  assert.deepEqual(await page(''), [['tag0', 'tag1', 'tag2', 'tag3', 'tag4'], null]);
  assert.deepEqual(await page('?n=0'), [[], null]);
  const [first, link] = await page('?n=2');
  assert.deepEqual(first, ['tag0', 'tag1']);
  const path = /^<([^>]+)>; rel="next"$/.exec(link ?? '')?.[1] ?? '';
  assert.deepEqual((await ask('GET', path)).json, { name: REPO, tags: ['tag2', 'tag3'] });
  assert.deepEqual(await page('?last=tag3'), [['tag4'], null]);
  assert.deepEqual(await page('?n=2&last=tag3'), [['tag4'], null]);
});

for (const algorithm of ['sha256', 'sha512']) {
  void test(`[registry.conformance] tags that come with a manifest by its ${algorithm}`, async (t) => {
    const { url, ask } = await peer(t);
    const layers = [randomBlob(100, algorithm)];
    for (const blob of [EMPTY, ...layers]) await pushBlob(url, REPO, blob);
    const image = makeManifest(layers, {}, algorithm);
    const list = makeIndex([image]);
    const index = { ...list, digest: digestOf(list.bytes, algorithm) };
    for (const [i, made] of [image, index].entries()) {
      const tags = [`tag-param-${algorithm}`, `tag-param-${algorithm}-${i}`].slice(i === 0 ? 1 : 0);
      const query = tags.map((tag) => `tag=${tag}`).join('&');
      const answer = await putManifest(url, REPO, made, `${made.digest}?${query}`);
      assert.equal(answer.status, 201);
      assert.equal(answer.headers.get('docker-content-digest'), made.digest);
      assert.equal(answer.headers.get('oci-tag'), tags.join(', '));
      await isManifest(ask, locationOf(answer, url), made);
      for (const tag of tags) await isManifest(ask, `/v2/${REPO}/manifests/${tag}`, made);
    }
    const after = await ask('GET', `/v2/${REPO}/tags/list?last=tag-param-${algorithm}`);
    assert.deepEqual((after.json as { tags: string[] }).tags, [`tag-param-${algorithm}-0`, `tag-param-${algorithm}-1`]);
  });
}

void test('[registry.conformance] manifests that are not there or not well named', async (t) => {
  const { url, ask } = await peer(t);
  const made = await pushImage(url, REPO, 'image');
  for (const reference of [randomBlob(9).digest, 'missing-tag', '.INVALID_MANIFEST_NAME']) {
    const answer = await ask('GET', `/v2/${REPO}/manifests/${reference}`);
    assert.ok(answer.status === 404 || answer.status === 400);
    assert.match(codeOf(answer) ?? '', /^MANIFEST_(UNKNOWN|INVALID)$/);
  }
  assert.equal((await putManifest(url, REPO, made, 'sha256:baddigeststring')).status, 400);
  assert.equal((await ask('GET', `/v2/${REPO}/manifests/sha256:baddigeststring`)).status, 400);
  const invalid = await send(url, 'PUT', `/v2/${REPO}/manifests/x`, {
    body: 'blablabla',
    headers: { 'content-type': MANIFEST },
  });
  assert.equal(invalid.status, 400);
  assert.equal(codeOf(invalid), 'MANIFEST_INVALID');
  const digest = await putManifest(url, REPO, made, randomBlob(1).digest);
  assert.equal(codeOf(digest), 'DIGEST_INVALID');
  const spaced = { ...made, bytes: Buffer.concat([made.bytes, Buffer.from('  ')]) };
  assert.equal((await putManifest(url, REPO, spaced)).status, 400);
});
