/** The services under real guests, through jco's generated code and JSPI. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { NO_PERMISSIONS, type ServiceEnv } from '#core';
import { guest } from '#test/guests/build';
import { serviceSet } from './index.ts';
import { OF_EACH_PART } from './parts.ts';

await serviceSet.load(OF_EACH_PART);

const NO_TYPES = { types: [], imports: [], importedFunctions: [], exports: [], exportedFunctions: [] };

// oxlint-disable-next-line typescript/no-explicit-any -- exports of a guest are known only to the test
type Exports = any;

/** A guest with the services, as the engine instantiates it; `exports` are those that may wait. */
async function start(name: string, exports: readonly string[]) {
  const { generate, $init } = await import('#jco');
  await $init;
  const suspends = exports.length > 0;
  const { files } = generate((await guest(name)).bytes, {
    name: 'component',
    noTypescript: true,
    instantiation: { tag: 'sync' },
    map: [],
    noNodejsCompat: true,
    base64Cutoff: 0,
    tlaCompat: false,
    validLiftingOptimization: false,
    noComponentErrorWrapping: true,
    noNamespacedExports: false,
    ...(suspends
      ? { asyncMode: { tag: 'jspi', val: { imports: [...serviceSet.suspending], exports: [...exports] } } }
      : {}),
  });
  const dir = await mkdtemp(join(tmpdir(), 'switchboard-services-'));
  try {
    const modules = new Map(files.map(([file, bytes]) => [file, bytes]));
    const script = files.find(([file]) => file.endsWith('.js'))?.[1] ?? assert.fail('no script');
    await writeFile(join(dir, 'component.mjs'), script);
    const { instantiate }: Exports = await import(pathToFileURL(join(dir, 'component.mjs')).href);
    const logged: Parameters<ServiceEnv['log']>[] = [];
    const { signal } = new AbortController();
    const imports = serviceSet.create({
      log: (...record) => void logged.push(record),
      now: () => Date.now(),
      monotonic: () => process.hrtime.bigint(),
      random: (length) => new Uint8Array(length).fill(9),
      ask: () => Promise.reject(new Error('nothing is asked')),
      signal: () => signal,
      policy: NO_PERMISSIONS,
      denied: () => {},
      refund: () => {},
      charge: () => {},
      types: NO_TYPES,
      progress: () => {},
      onEnd: () => {},
      exit: (status) => {
        throw new Error(`exit ${status}`);
      },
    });
    const core = (file: string): WebAssembly.Module => new WebAssembly.Module(new Uint8Array(modules.get(file) ?? []));
    const instance: Exports = await instantiate(core, imports);
    return { instance, logged };
  } finally {
    await rm(dir, { recursive: true });
  }
}

void test('[services.offered] a guest logs, prints, reads clocks and random numbers', async () => {
  const { instance, logged } = await start('state', []);
  instance.log('hello', 'value');
  assert.equal(instance.print('one\ntwo\n'), true);
  assert.equal(instance.print(`${'x'.repeat(5000)}\n`), true);
  assert.equal(instance.printError('oh'), true);
  assert.deepEqual(
    logged.slice(0, 3).map((r) => [r[0], r[2]]),
    [
      ['log', 'hello'],
      ['stdout', 'one'],
      ['stdout', 'two'],
    ],
  );
  assert.deepEqual(Object.values(logged[0]?.[3] ?? {}), ['value']);
  assert.equal(
    logged
      .slice(3, -1)
      .map((r) => r[2])
      .join(''),
    'x'.repeat(5000),
  );
  assert.deepEqual(logged.at(-1), ['stderr', 'warn', 'oh']);
  assert.deepEqual(instance.environment(), []);
  assert.ok(Math.abs(Number(instance.wall()) - Date.now() / 1000) < 5);
  const before = instance.now() as bigint;
  assert.ok((instance.now() as bigint) > before);
  assert.deepEqual(Array.from(instance.randomBytes(3)), [9, 9, 9]);
  assert.throws(() => instance.randomBytes(2 * 1024 * 1024), { code: 'transfer-limit' });
});

void test('[services.offered] a guest waits, and drops what it waited for', async () => {
  const { instance } = await start('state', ['sleep', 'race']);
  const from = performance.now();
  await instance.sleep(30);
  assert.ok(performance.now() - from >= 29.9);
  assert.deepEqual([await instance.race(10_000, 5), await instance.race(5, 10_000)], [1, 0]);
  // More waits than an instance may hold pollables at once.
  for (let n = 0; n < 10_100; n += 1) await instance.sleep(0);
});

void test('[services.denied] a guest sees a root that refuses, gets no socket, no name and no answer', async () => {
  const { instance } = await start('refused', []);
  assert.equal(instance.directories(), 1);
  const denied = (work: () => unknown): unknown => {
    try {
      return work();
    } catch (thrown) {
      return Object(thrown) instanceof Error && 'payload' in Object(thrown)
        ? (thrown as { payload: unknown }).payload
        : thrown;
    }
  };
  // Places in the enum and the variant: access-denied, access-denied, HTTP-request-denied.
  assert.equal(
    denied(() => instance.socket()),
    1,
  );
  assert.equal(
    denied(() => instance.lookup('example.org')),
    1,
  );
  assert.equal(
    denied(() => instance.fetch('example.org')),
    15,
  );
});
