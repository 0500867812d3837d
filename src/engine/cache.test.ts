import { deepEqual, equal, notEqual, ok } from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { FaultPoints } from '#core';
import { type Artifact, ENGINE_ABI, packArtifact, unpackArtifact } from './artifact.ts';
import { type CacheKey, createArtifactCache, keyHash } from './cache.ts';
import { JCO_VERSION } from './jco-version.ts';

const NO_FAULTS: FaultPoints = { hit: () => undefined };
const KEY: CacheKey = { digest: 'sha256:00', jco: '1', services: '1', options: { suspending: ['a#b'], exports: [] } };
const ARTIFACT: Artifact = {
  code: '(function instantiate() {})',
  modules: [
    { name: 'a.wasm', bytes: Uint8Array.of(0, 97, 115, 109), instances: 1 },
    { name: 'b.wasm', bytes: new Uint8Array(1000).fill(7), instances: 2 },
  ],
  suspends: true,
};

async function scratch(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cache-'));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

const entryOf = async (directory: string): Promise<string> => {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.bin'));
  equal(names.length, 1);
  return join(directory, names[0] ?? '');
};

test('[engine.cache] an entry is read as it was written', async (t) => {
  const cache = createArtifactCache(await scratch(t), NO_FAULTS);
  equal(await cache.read(KEY), undefined);
  equal(await cache.write(KEY, ARTIFACT), true);
  deepEqual(await cache.read(KEY), ARTIFACT);
});

test('[engine.cache] the key covers everything that shapes an artifact', () => {
  const others: CacheKey[] = [
    { ...KEY, digest: 'sha256:01' },
    { ...KEY, jco: '2' },
    { ...KEY, services: '2' },
    { ...KEY, options: { suspending: [], exports: [] } },
  ];
  const hashes = [KEY, ...others].map((key) => keyHash(key));
  equal(new Set(hashes).size, hashes.length);
  equal(keyHash({ ...KEY }), keyHash(KEY));
  const environment = { abi: ENGINE_ABI, node: process.version, v8: process.versions.v8, arch: process.arch };
  equal(keyHash(KEY, environment), keyHash(KEY));
  for (const [name, value] of Object.entries(environment)) {
    notEqual(keyHash(KEY, { ...environment, [name]: `${value}x` }), keyHash(KEY), name);
  }
});

test('[engine.cache] an entry with any byte changed, cut short or extended is not executed but removed', async (t) => {
  const directory = await scratch(t);
  const cache = createArtifactCache(directory, NO_FAULTS);
  const packed = packArtifact(ARTIFACT);
  for (let at = 0; at < packed.length; at += 1) {
    const flipped = Buffer.from(packed);
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    equal(unpackArtifact(flipped), undefined, `byte ${at}`);
  }
  for (let length = 0; length < packed.length; length += 1)
    equal(unpackArtifact(packed.subarray(0, length)), undefined);
  equal(unpackArtifact(Buffer.concat([packed, Buffer.of(0)])), undefined);

  const damages: ((file: string) => Promise<void>)[] = [
    async (file) => {
      const bytes = await readFile(file);
      bytes[60] = (bytes[60] ?? 0) ^ 0x80;
      await writeFile(file, bytes);
    },
    (file) => truncate(file, 100),
    (file) => truncate(file, 0),
  ];
  for (const damage of damages) {
    await cache.write(KEY, ARTIFACT);
    await damage(await entryOf(directory));
    equal(await cache.read(KEY), undefined);
    deepEqual(await readdir(directory), []);
  }
});

test('[engine.cache] a full disk at any point of a write costs the entry, nothing else', async (t) => {
  for (const point of ['cache.before-write', 'cache.half-written', 'cache.before-rename']) {
    const directory = await scratch(t);
    const faults: FaultPoints = {
      hit(name) {
        if (name === point) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
      },
    };
    equal(await createArtifactCache(directory, faults).write(KEY, ARTIFACT), false, point);
    deepEqual(await readdir(directory), [], point);
    const cache = createArtifactCache(directory, NO_FAULTS);
    equal(await cache.write(KEY, ARTIFACT), true);
    deepEqual(await cache.read(KEY), ARTIFACT);
  }
});

test('[engine.cache] beyond its size the entries used longest ago go, the new one stays', async (t) => {
  const directory = await scratch(t);
  const size = packArtifact(ARTIFACT).length;
  const cache = createArtifactCache(directory, NO_FAULTS, 3 * size);
  const key = (n: number): CacheKey => ({ ...KEY, digest: `sha256:${n}` });
  for (const n of [1, 2, 3]) {
    await cache.write(key(n), ARTIFACT);
    const old = new Date(Date.now() - (10 - n) * 60_000);
    await utimes(join(directory, `${keyHash(key(n))}.bin`), old, old);
  }
  ok(await cache.read(key(1)));
  await cache.write(key(4), ARTIFACT);
  const left = await Promise.all([1, 2, 3, 4].map((n) => cache.read(key(n))));
  deepEqual(
    left.map((artifact) => artifact !== undefined),
    [true, false, true, true],
  );
  await createArtifactCache(directory, NO_FAULTS, 10).write(key(5), ARTIFACT);
  equal((await readdir(directory)).length, 1);
  ok(await cache.read(key(5)));
});

test('[engine.cache] temporary files of dead processes are swept, those of living ones are not', async (t) => {
  const directory = await scratch(t);
  const old = new Date(Date.now() - 2 * 3_600_000);
  await writeFile(join(directory, '.old.tmp'), 'x');
  await utimes(join(directory, '.old.tmp'), old, old);
  await writeFile(join(directory, '.new.tmp'), 'x');
  await createArtifactCache(directory, NO_FAULTS).write(KEY, ARTIFACT);
  const names = await readdir(directory);
  equal(names.includes('.old.tmp'), false);
  equal(names.includes('.new.tmp'), true);
});

test('[engine.cache] entries are the owner’s alone', async (t) => {
  const directory = await scratch(t);
  await createArtifactCache(directory, NO_FAULTS).write(KEY, ARTIFACT);
  equal((await stat(await entryOf(directory))).mode & 0o777, 0o600);
});

test('[engine.cache] the version in the key is the one pinned and installed', () => {
  const root = new URL('../../package.json', import.meta.url);
  type Pins = { readonly [name: string]: string };
  const { dependencies, devDependencies } = JSON.parse(readFileSync(root, 'utf8')) as {
    dependencies: Pins;
    devDependencies: Pins;
  };
  equal(JCO_VERSION, { ...dependencies, ...devDependencies }['@bytecodealliance/jco-transpile']);
  const entry = createRequire(import.meta.url).resolve('@bytecodealliance/jco-transpile/component');
  const installed = readFileSync(join(entry, '..', '..', 'package.json'), 'utf8');
  equal(JCO_VERSION, (JSON.parse(installed) as { version: string }).version);
});
