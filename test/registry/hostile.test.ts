/** Our client against registries that lie, stall, redirect and flood. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { noVerifier } from '#registry/client/client';
import { clientOf, publish } from './client-of.ts';
import { give, type HostileRegistry, hostileRegistry, type Misbehave } from './hostile-registry.ts';
import { digestOf, EMPTY, makeManifest, MANIFEST, putManifest, randomBlob, send, startRegistry } from './peer.ts';

const LAYER = randomBlob(200_000);
const componentManifest = (layers: readonly object[], more: object = {}): ReturnType<typeof makeManifest> =>
  makeManifest([], {
    config: { mediaType: 'application/vnd.wasm.config.v0+json', digest: EMPTY.digest, size: 2 },
    layers,
    ...more,
  });
const layerOf = (more: object = {}): object => ({
  mediaType: 'application/wasm',
  digest: LAYER.digest,
  size: LAYER.bytes.length,
  ...more,
});
const GOOD = componentManifest([layerOf()]);
const type = { 'content-type': MANIFEST };

/** An honest registry with one component, but for what `misbehave` does; it answers nothing where it returns false. */
function nearlyHonest(misbehave: (...given: Parameters<Misbehave>) => boolean): Misbehave {
  return (request, response, url) => {
    if (misbehave(request, response, url)) return;
    if (url.pathname === '/v2/') give(response, Buffer.from('{}'));
    else if (url.pathname.endsWith('/manifests/1.0.0')) give(response, GOOD.bytes, type);
    else if (url.pathname.includes('/blobs/')) give(response, LAYER.bytes);
    else response.writeHead(404).end();
  };
}

const isBlob = (url: URL): boolean => url.pathname.includes('/blobs/');
const isManifest = (url: URL): boolean => url.pathname.includes('/manifests/');

async function acquire(t: Parameters<typeof clientOf>[0], registry: HostileRegistry, options = {}): Promise<string> {
  const client = await clientOf(t, { timeoutMs: 500, ...options });
  try {
    const artifact = await client.resolve(`oci://${registry.address}/acme/clip:1.0.0`);
    return (await client.acquire(artifact, noVerifier)).path;
  } catch (error) {
    const left = readdirSync(join(client.directory, 'registry')).filter((name) => !name.endsWith('.part'));
    assert.deepEqual(left, [], 'nothing has a name that is not what it says');
    throw error;
  }
}

interface Lie {
  readonly does: (...given: Parameters<Misbehave>) => boolean;
  readonly code: string;
  readonly message?: RegExp;
}

const answering =
  (which: (url: URL) => boolean, bytes: Uint8Array, headers: Record<string, string> = {}): Lie['does'] =>
  (_request, response, url) => {
    if (!which(url)) return false;
    give(response, bytes, headers);
    return true;
  };
const manifested = (layers: readonly object[], more: object = {}): Lie['does'] =>
  answering(isManifest, componentManifest(layers, more).bytes, type);

const flipped = Buffer.from(LAYER.bytes);
flipped[100_000] = (flipped[100_000] ?? 0) ^ 1;

const LIES: { readonly [name: string]: Lie } = {
  'a byte of the component is another': { does: answering(isBlob, flipped), code: 'digest-mismatch' },
  'the component is shorter': { does: answering(isBlob, LAYER.bytes.subarray(0, 10)), code: 'registry-unreachable' },
  'the component is longer': {
    does: answering(isBlob, Buffer.concat([LAYER.bytes, LAYER.bytes])),
    code: 'digest-mismatch',
  },
  'the component has no end': {
    does: (_request, response, url) => {
      if (!isBlob(url)) return false;
      const more = (): void =>
        void (response.write(Buffer.alloc(65_536)) ? setImmediate(more) : response.once('drain', more));
      response.writeHead(200);
      more();
      return true;
    },
    code: 'digest-mismatch',
  },
  'the size in the manifest is another': { does: manifested([layerOf({ size: 100 })]), code: 'digest-mismatch' },
  'the size in the manifest is larger than is taken': {
    does: manifested([layerOf({ size: 10 ** 12 })]),
    code: 'too-large',
  },
  'the size in the manifest is negative': { does: manifested([layerOf({ size: -1 })]), code: 'invalid-artifact' },
  'the digest header says otherwise': {
    does: answering(isManifest, GOOD.bytes, { ...type, 'docker-content-digest': digestOf('x') }),
    code: 'digest-mismatch',
  },
  'the digest is a path': {
    does: manifested([layerOf({ digest: 'sha256:../../../etc/passwd' })]),
    code: 'invalid-artifact',
  },
  'two layers': { does: manifested([layerOf(), layerOf()]), code: 'invalid-artifact', message: /exactly one/ },
  'no layer': { does: manifested([]), code: 'invalid-artifact' },
  'a layer of another type': {
    does: manifested([layerOf({ mediaType: 'application/vnd.oci.image.layer.v1.tar' })]),
    code: 'invalid-artifact',
  },
  'another config': {
    does: manifested([layerOf()], { config: { mediaType: 'a/b', digest: EMPTY.digest, size: 2 } }),
    code: 'invalid-artifact',
  },
  'an index in place of a manifest': {
    does: answering(isManifest, Buffer.from('{"schemaVersion":2,"manifests":[]}'), {
      'content-type': 'application/vnd.oci.image.index.v1+json',
    }),
    code: 'invalid-artifact',
  },
  'a manifest that is sent as another kind': {
    does: answering(isManifest, GOOD.bytes, { 'content-type': 'application/vnd.oci.image.index.v1+json' }),
    code: 'invalid-artifact',
  },
  'a manifest with 5,000 layers': {
    does: manifested(Array.from({ length: 5_000 }, () => layerOf())),
    code: 'invalid-artifact',
  },
  'a manifest of 5 MB': {
    does: answering(isManifest, Buffer.alloc(5_000_000, ' '), type),
    code: 'too-large',
  },
  'a manifest without end': {
    does: (_request, response, url) => {
      if (!isManifest(url)) return false;
      const more = (): void =>
        void (response.write(Buffer.alloc(65_536, ' ')) ? setImmediate(more) : response.once('drain', more));
      response.writeHead(200, type);
      more();
      return true;
    },
    code: 'too-large',
  },
  'a manifest that nests 100,000 deep': {
    does: answering(isManifest, Buffer.from(`${'['.repeat(100_000)}${']'.repeat(100_000)}`), type),
    code: 'invalid-artifact',
  },
  'JSON that is none': { does: answering(isManifest, Buffer.from('<html>'), type), code: 'invalid-artifact' },
  'no answer at all': { does: (_request, _response, url) => isManifest(url), code: 'registry-unreachable' },
  'an answer that stops in the middle': {
    does: (_request, response, url) => {
      if (!isBlob(url)) return false;
      response.writeHead(200, { 'content-length': LAYER.bytes.length });
      response.write(LAYER.bytes.subarray(0, 10));
      return true;
    },
    code: 'registry-unreachable',
  },
  'an endless chain of redirects': {
    does: (_request, response, url) => {
      if (!isBlob(url)) return false;
      response.writeHead(307, { location: `${url.pathname}?${Math.random()}` }).end();
      return true;
    },
    code: 'registry-refused',
    message: /redirects/,
  },
  'a redirect to a file': {
    does: (_request, response, url) => {
      if (!isBlob(url)) return false;
      response.writeHead(307, { location: 'file:///etc/passwd' }).end();
      return true;
    },
    code: 'registry-refused',
  },
  'a 401 to everything': {
    does: (_request, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return true;
    },
    code: 'registry-unauthorized',
  },
  'words that would change the terminal': {
    does: (_request, response, url) => {
      if (!isManifest(url)) return false;
      response.writeHead(418).end('{"errors":[{"code":"X","message":"\\u001b[2Jgone\\u202e"}]}');
      return true;
    },
    code: 'registry-refused',
    message: /\\u\{1b\}\[2Jgone\\u\{202e\}$/,
  },
};

void describe('registries that lie', () => {
  for (const [name, { does, code, message }] of Object.entries(LIES)) {
    void test(`[registry.hostile] ${name}`, async (t) => {
      const registry = await hostileRegistry(t, nearlyHonest(does));
      await assert.rejects(acquire(t, registry), { code, ...(message ? { message } : {}) });
      assert.ok(registry.seen.length < 12, `${registry.seen.length} requests`);
    });
  }
});

const credentials = (address: string): object => {
  const encoded = Buffer.from('alice:secret').toString('base64');
  return { address, encoded };
};

async function withCredentials(t: Parameters<typeof clientOf>[0], registry: HostileRegistry): Promise<object> {
  const { writeFileSync } = await import('node:fs');
  const { scratch } = await import('./peer.ts');
  const file = join(scratch(t), 'config.json');
  const { encoded } = credentials(registry.address) as { encoded: string };
  writeFileSync(file, JSON.stringify({ auths: { [registry.address]: { auth: encoded } } }));
  return { credentials: { files: [file], environment: {} } };
}

test('[registry.hostile] credentials are not sent on to the host of a redirect, or of an upload', async (t) => {
  const storage = await hostileRegistry(t, (_request, response) => give(response, LAYER.bytes));
  const registry = await hostileRegistry(
    t,
    nearlyHonest((request, response, url) => {
      if (url.pathname === '/v2/') return false;
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
        return true;
      }
      if (!isBlob(url)) return false;
      response.writeHead(request.method === 'POST' ? 202 : request.method === 'HEAD' ? 404 : 307, {
        location: `http://user:pass@${storage.address}/blob`,
      });
      response.end();
      return true;
    }),
  );
  const options = await withCredentials(t, registry);
  await acquire(t, registry, options);
  assert.ok(registry.seen.some(({ authorization }) => authorization?.startsWith('Basic ')));
  const client = await clientOf(t, options);
  await assert.rejects(publish(client, registry.address, 'acme:clip@2.0.0', LAYER.bytes));
  assert.ok(storage.seen.length >= 2);
  assert.deepEqual([...new Set(storage.seen.map(({ authorization }) => authorization))], [undefined]);
});

test('[registry.hostile] credentials that are refused are sent once, not for ever', async (t) => {
  const registry = await hostileRegistry(t, (_request, response, url) => {
    if (url.pathname === '/v2/') give(response, Buffer.from('{}'));
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
  });
  await assert.rejects(acquire(t, registry, await withCredentials(t, registry)), { code: 'registry-unauthorized' });
  assert.equal(registry.seen.filter(({ authorization }) => authorization !== undefined).length, 1);
});

test('[registry.hostile] a place for tokens elsewhere gets credentials only over TLS', async (t) => {
  const registry = await hostileRegistry(t, (_request, response, url) => {
    if (url.pathname === '/v2/') give(response, Buffer.from('{}'));
    else response.writeHead(401, { 'www-authenticate': 'Bearer realm="http://192.0.2.1/token",service="x"' }).end();
  });
  await assert.rejects(acquire(t, registry, await withCredentials(t, registry)), {
    code: 'registry-unauthorized',
    message: /no place for tokens/,
  });
});

test('[registry.auth] the token flow, with a password and with a refresh token', async (t) => {
  const tokens: string[] = [];
  const registry = await hostileRegistry(
    t,
    nearlyHonest((request, response, url) => {
      if (url.pathname === '/token') {
        tokens.push(`${request.method} ${url.searchParams.get('scope') ?? ''} ${request.headers.authorization ?? ''}`);
        give(response, Buffer.from(JSON.stringify(request.method === 'POST' ? { access_token: 'b' } : { token: 'a' })));
        return true;
      }
      if (url.pathname === '/v2/' || /^Bearer [ab]$/.test(request.headers.authorization ?? '')) return false;
      const realm = `http://${request.headers.host}/token`;
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="x",scope="everything"` }).end();
      return true;
    }),
  );
  const options = await withCredentials(t, registry);
  await acquire(t, registry, options);
  const basic = `Basic ${Buffer.from('alice:secret').toString('base64')}`;
  assert.deepEqual(tokens, [`GET repository:acme/clip:pull ${basic}`], 'one token, of the scope that is needed');
  await acquire(t, registry);
  assert.equal(tokens.at(-1), 'GET repository:acme/clip:pull ', 'without credentials, for what everybody may');
  const { writeFileSync } = await import('node:fs');
  const { credentials: sources } = options as { credentials: { files: string[] } };
  writeFileSync(
    sources.files[0] ?? '',
    JSON.stringify({ auths: { [registry.address]: { identitytoken: 'refresh' } } }),
  );
  await acquire(t, registry, options);
  assert.equal(tokens.at(-1), 'POST  ');
});

test('[registry.hostile] a download goes on where it broke off, also in another process’s file, and is checked whole', async (t) => {
  let breaks = 3;
  const registry = await hostileRegistry(
    t,
    nearlyHonest((request, response, url) => {
      if (!isBlob(url)) return false;
      const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const rest = LAYER.bytes.subarray(start);
      const headers = {
        'content-length': rest.length,
        ...(start > 0 ? { 'content-range': `bytes ${start}-${LAYER.bytes.length - 1}/${LAYER.bytes.length}` } : {}),
      };
      response.writeHead(start > 0 ? 206 : 200, headers);
      if ((breaks -= 1) < 0) response.end(rest);
      else response.write(rest.subarray(0, 50_000), () => setImmediate(() => response.destroy()));
      return true;
    }),
  );
  await acquire(t, registry);
  const ranges = registry.seen.filter(({ path }) => path.includes('/blobs/')).map(({ range }) => range);
  assert.equal(ranges.length, 4);
  assert.ok(
    ranges.slice(1).every((range) => range !== undefined && range !== 'bytes=0-'),
    ranges.join(),
  );
});

test('[registry.hostile] a registry without ranges sends all again, one with another part is refused', async (t) => {
  let first = true;
  let lie = false;
  const registry = await hostileRegistry(
    t,
    nearlyHonest((_request, response, url) => {
      if (!isBlob(url)) return false;
      if (first) {
        first = false;
        response.writeHead(200, { 'content-length': LAYER.bytes.length });
        response.write(LAYER.bytes.subarray(0, 70_000), () => setImmediate(() => response.destroy()));
        return true;
      }
      if (!lie) return false;
      response.writeHead(206, { 'content-range': `bytes 0-9/${LAYER.bytes.length}`, 'content-length': 10 });
      response.end(LAYER.bytes.subarray(0, 10));
      return true;
    }),
  );
  await acquire(t, registry);
  first = true;
  lie = true;
  await assert.rejects(acquire(t, registry), { code: 'registry-refused', message: /another part/ });
});

test('[registry.hostile] a stream that drips is given up', async (t) => {
  const registry = await hostileRegistry(
    t,
    nearlyHonest((_request, response, url) => {
      if (!isBlob(url)) return false;
      response.writeHead(200, { 'content-length': LAYER.bytes.length });
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
      return true;
    }),
  );
  const limits = { slowest: 1_000, windowMs: 100, attempts: 1 };
  await assert.rejects(acquire(t, registry, { download: { limits } }), {
    code: 'registry-unreachable',
    message: /too slowly/,
  });
});

test('[registry.hostile] lists without end are left', async (t) => {
  const registry = await hostileRegistry(t, (_request, response, url) => {
    if (url.pathname === '/v2/') return give(response, Buffer.from('{}'));
    const tags = Array.from({ length: 1_000 }, (_, i) => `1.0.${i}`);
    const link = `<http://elsewhere.example/v2/acme/clip/tags/list>; rel="next", <${url.pathname}?n=1000>; rel="next"`;
    return give(response, Buffer.from(JSON.stringify({ name: 'x', tags })), { link });
  });
  const client = await clientOf(t);
  const repository = client.open({ registry: registry.address, repository: 'acme/clip' });
  assert.equal((await repository.tags()).length, 1_000, 'the next page is on the same host or nowhere');
});

test('[registry.hostile] a tag that moves between resolving and pulling: the digest wins', async (t) => {
  const { address, url } = await startRegistry(t, { mutableTags: () => true });
  const client = await clientOf(t);
  const { bytes } = randomBlob(100);
  await publish(client, address, 'acme:clip@1.0.0', bytes);
  const artifact = await client.resolve(`oci://${address}/acme/clip:1.0.0`);
  const other = randomBlob(100);
  await publish(client, address, 'acme:clip@1.0.1', other.bytes);
  const moved = await send(url, 'GET', '/v2/acme/clip/manifests/1.0.1');
  await putManifest(url, 'acme/clip', { bytes: moved.body, digest: '', mediaType: MANIFEST }, '1.0.0');
  const { path } = await client.acquire(artifact, noVerifier);
  const { readFileSync } = await import('node:fs');
  assert.ok(readFileSync(path).equals(bytes));
});

test('[registry.hostile] many installs of the same component at once bring it once', async (t) => {
  const { address } = await startRegistry(t);
  const client = await clientOf(t);
  const { bytes } = randomBlob(500_000);
  await publish(client, address, 'acme:clip@1.0.0', bytes);
  const artifact = await client.resolve(`oci://${address}/acme/clip:1.0.0`);
  const paths = await Promise.all(Array.from({ length: 8 }, () => client.acquire(artifact, noVerifier)));
  assert.equal(new Set(paths.map(({ path }) => path)).size, 1);
  assert.equal(readdirSync(join(client.directory, 'registry')).length, 1);
});
