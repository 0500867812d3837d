/** A stock Rust component that keeps values and blobs through the published interfaces, and streams of `switchboard:host`. */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type HostEvent, parsePermission } from '#core';
import { createHost, type Host } from '#host';
import { stockGuest } from './guests.ts';

const NAME = 'test:storage';
const LIMIT = { timeout: 60_000 };

async function install(t: TestContext): Promise<Host> {
  const home = mkdtempSync(join(tmpdir(), 'switchboard-stock-storage-'));
  const host = await createHost({ home });
  t.after(async () => {
    await host.close();
    rmSync(home, { recursive: true });
  });
  await host.install(await stockGuest('rust-storage'), { as: `${NAME}@1.0.0` });
  await host.setLimits(NAME, { timeout: 30_000 });
  return host;
}

const grant = (host: Host, ...flags: (readonly ['kv' | 'blob' | 'env', string])[]) =>
  host.grant(NAME, { permissions: flags.map(([kind, text]) => parsePermission(kind, text)) });
const run = (host: Host, op: string, ...args: string[]) => host.call(NAME, 'ops.run', [op, args]);

void test('[kv.wasi] a bucket is a granted store: values, counters, batches', LIMIT, async (t) => {
  const host = await install(t);
  await grant(host, ['kv', 'notes'], ['kv', 'default']);
  equal(await run(host, 'keyvalue', 'notes'), 'one NONE true false 5 7');
  equal(await run(host, 'many', 'notes'), 'y=2 NONE x=1 false true');
  equal(await run(host, 'swap', 'notes'), 'old new newer -3');
  await run(host, 'set', '', 'k', 'in the default store');
  equal(await run(host, 'get', 'default', 'k'), 'in the default store');
  equal(await run(host, 'get', 'notes', 'k'), 'NONE');
});

void test('[kv.wasi] lists come in pages, by number and by text, also while keys are deleted', LIMIT, async (t) => {
  const host = await install(t);
  await grant(host, ['kv', 'notes']);
  equal(await run(host, 'pages', 'notes', '2500'), '(3, 2500) (3, 2500)');
});

void test('[kv.wasi] what is not granted is access-denied, with the command for the owner', LIMIT, async (t) => {
  const host = await install(t);
  await rejects(run(host, 'get', 'notes', 'k'), {
    code: 'denied',
    message: /read kv store notes: .*access-denied/,
    fix: `switchboard grant ${NAME} --kv notes:ro`,
  });
  await grant(host, ['kv', 'notes:ro']);
  equal(await run(host, 'get', 'notes', 'k'), 'NONE');
  await rejects(run(host, 'set', 'notes', 'k', 'v'), {
    code: 'denied',
    message: /notes is granted for reading only/,
    fix: `switchboard grant ${NAME} --kv notes:rw`,
  });
  await rejects(run(host, 'get', '../notes', 'k'), { code: 'denied', fix: undefined });
});

void test('[blob.wasi] containers are granted stores: objects, ranges, streams, copies, moves', LIMIT, async (t) => {
  const host = await install(t);
  await grant(host, ['blob', 'files']);
  const said = String(await run(host, 'objects', 'files'));
  match(said, /^3 \[6, 7, 8\] 2999000 \["first", "second"\] true first files 1000 \[false, true, true\] /);
  ok(said.endsWith(' ["moved", "second"] ([], true)'), said);
});

void test('[blob.wasi] a container that is not granted does not exist, and the owner is told', LIMIT, async (t) => {
  const host = await install(t);
  equal(await run(host, 'exists', 'files'), 'false');
  await rejects(run(host, 'objects', 'files'), {
    code: 'denied',
    message: /write blob store files/,
    fix: `switchboard grant ${NAME} --blob files:rw`,
  });
  await grant(host, ['blob', 'files:ro:1MiB']);
  equal(await run(host, 'exists', 'files'), 'true');
  equal(await run(host, 'container', 'files'), 'files');
  await rejects(run(host, 'put', 'files', 'a', '10'), { code: 'denied', message: /granted for reading only/ });
  await grant(host, ['blob', 'files:rw:1MiB']);
  equal(await run(host, 'put', 'files', 'a', '1000000'), 'put');
  await rejects(run(host, 'put', 'files', 'b', '100000'), { code: 'component-error', message: /is full/ });
  await rejects(run(host, 'put', 'files', 'b', '4000000'), { code: 'component-error', message: /is full/ });
});

void test('[blob.streams] 100 MB stream in and out in bounded memory', LIMIT, async (t) => {
  const host = await install(t);
  await grant(host, ['blob', 'files']);
  equal(await run(host, 'streams', 'files', 'small', '2000'), '2000 2000 1000');
  const before = process.memoryUsage.rss();
  const size = 100_000_000;
  equal(await run(host, 'streams', 'files', 'large', String(size)), `${size} ${size} 1000`);
  const grown = (process.memoryUsage.rss() - before) / 1e6;
  ok(grown < 150, `the host grew by ${Math.round(grown)} MB`);
});

void test(
  '[config.wasi] configuration is the granted variables; another is none, and the owner is told',
  LIMIT,
  async (t) => {
    const host = await install(t);
    const denials: string[] = [];
    host.subscribe((event: HostEvent) => {
      if (event.type === 'access.denied') denials.push(event.denial.grant ?? '');
    });
    equal(await run(host, 'config', 'WHO'), 'NONE');
    await grant(host, ['env', 'WHO=the owner'], ['env', 'log.level=debug']);
    equal(await run(host, 'config', 'WHO'), 'the owner');
    equal(await run(host, 'config', '__proto__'), 'NONE');
    equal(await run(host, 'configs'), '[("WHO", "the owner"), ("log.level", "debug")]');
    deepEqual(denials, ['--env WHO', '--env __proto__']);
  },
);
