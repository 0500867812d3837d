/**
 * Components as the stock tools of their languages make them, unchanged: cargo (wasm32-wasip2), componentize-py,
 * StarlingMonkey by componentize-js, and the clang and C library of wasi-sdk for preview 2 and, by the adapter,
 * preview 1. See README.md.
 */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parsePermission, type Permission } from '#core';
import { createHost, type Host, type Json } from '#host';
import { STOCK_GUESTS, stockGuest, type StockGuest } from './guests.ts';
import { startStockUpstream } from './upstream.ts';

const NAME = 'test:stock';
const LIMIT = { timeout: 60_000 };
const without = (...names: StockGuest[]): readonly StockGuest[] => STOCK_GUESTS.filter((name) => !names.includes(name));

for (const name of without('starlingmonkey')) {
  void test(`[services.stock] ${name}: files of a granted directory, and of no other`, LIMIT, async (t) => {
    const { host, root } = await install(t, name);
    const data = join(root, 'data');
    mkdirSync(data);
    const denial = { code: 'denied', fix: `switchboard grant ${NAME} --fs "$PWD":/data:ro` };
    await rejects(host.call(NAME, 'files.read', ['/data/a.txt']), denial);
    await give(host, parsePermission('fs', `${data}:/data:rw`));

    await host.call(NAME, 'files.write', ['/data/a.txt', 'first\nsecond ü']);
    equal(readFileSync(join(data, 'a.txt'), 'utf8'), 'first\nsecond ü');
    equal(await host.call(NAME, 'files.read', ['/data/a.txt']), 'first\nsecond ü');
    const large = 'x'.repeat(300_000);
    writeFileSync(join(data, 'large'), large);
    equal(await host.call(NAME, 'files.read', ['/data/large']), large);
    deepEqual(await host.call(NAME, 'files.entries', ['/data']), ['a.txt', 'large']);
    await host.call(NAME, 'files.shuffle', ['/data']);
    deepEqual(await host.call(NAME, 'files.entries', ['/data']), ['a.txt', 'large']);
    await rejects(host.call(NAME, 'files.read', ['/data/none']), { code: 'component-error', message: /No such file/ });
    await rejects(host.call(NAME, 'files.read', ['/etc/passwd']), { code: 'denied', message: /read \/etc\/passwd/ });
    await rejects(host.call(NAME, 'files.read', ['/data/../../etc/passwd']), (error: { code: string }) =>
      ['denied', 'component-error'].includes(error.code),
    );

    await host.revoke(NAME);
    await give(host, parsePermission('fs', `${data}:/data:ro`));
    equal(await host.call(NAME, 'files.read', ['/data/a.txt']), 'first\nsecond ü');
    const readOnly = { code: 'denied', message: /\/data is granted for reading only/ };
    await rejects(host.call(NAME, 'files.write', ['/data/a.txt', 'changed']), readOnly);
    await rejects(host.call(NAME, 'files.shuffle', ['/data']), readOnly);
    equal(readFileSync(join(data, 'a.txt'), 'utf8'), 'first\nsecond ü');
  });

  void test(`[services.stock] ${name}: granted variables, no arguments, no input, no socket`, LIMIT, async (t) => {
    const { host } = await install(t, name);
    await using upstream = await startStockUpstream();
    deepEqual(await host.call(NAME, 'process.environment', []), []);
    await give(host, parsePermission('env', 'WHO=the owner'), parsePermission('net', `127.0.0.1:${upstream.port}`));
    deepEqual(await host.call(NAME, 'process.environment', []), [['WHO', 'the owner']]);
    const words = (await host.call(NAME, 'process.arguments', [])) as readonly string[];
    equal(words.join(''), '');
    equal(await host.call(NAME, 'process.input', []), 0);
    const address = `127.0.0.1:${upstream.port}`;
    if (name === 'c-preview1') return; // Preview 1 has no call that opens a connection.
    await rejects(host.call(NAME, 'process.connect', [address]), {
      code: 'denied',
      message: /sockets are never given/,
    });
  });
}

for (const name of STOCK_GUESTS) {
  void test(`[services.stock] ${name}: output is logged, clocks and random work`, LIMIT, async (t) => {
    const { host } = await install(t, name);
    await host.call(NAME, 'script.say', ['a line']);
    const logged = (await host.logs({ last: 10 })).map(({ stream, message }) => `${stream} ${message}`);
    deepEqual(logged.sort(), ['stderr a line', 'stdout a line']);
    const [wall, slept] = (await host.call(NAME, 'script.sleep', [50])) as [number, number];
    ok(Math.abs(Date.now() / 1000 - wall) < 30, `${wall}`);
    ok(slept >= 49 && slept < 20_000, `${slept}`);
    const random = (): Promise<Json | undefined> => host.call(NAME, 'script.random', [500]);
    const [one, other] = [await random(), await random()];
    equal(Buffer.from(String(one), 'base64').length, 500);
    ok(one !== other);
  });
}

for (const name of without('c-preview1', 'c-preview2')) {
  void test(`[services.stock] ${name}: wasi:http to a granted host, streaming both ways`, LIMIT, async (t) => {
    const { host } = await install(t, name);
    await using upstream = await startStockUpstream();
    const address = `127.0.0.1:${upstream.port}`;
    const denial = { code: 'denied', fix: `switchboard grant ${NAME} --net ${address}` };
    await rejects(host.call(NAME, 'web.get', [`${upstream.origin}/x`]), denial);
    await give(host, parsePermission('net', address));
    deepEqual(await host.call(NAME, 'web.get', [`${upstream.origin}/x?q=1`]), [200, 'GET /x?q=1']);
    const [, body] = (await host.call(NAME, 'web.get', [`${upstream.origin}/bytes?200000`])) as [number, string];
    equal(body.length, 200_000);
    const length = 5_000_001;
    const args = [`${upstream.origin}/bytes?${length}`, `${upstream.origin}/put`];
    deepEqual(await host.call(NAME, 'web.pass', args), [length, 201]);
    deepEqual(upstream.taken, [length]);
    await rejects(host.call(NAME, 'web.get', ['http://169.254.169.254/']), { code: 'denied' });

    const waiting = host.call(NAME, 'web.get', [`${upstream.origin}/slow?60000`]);
    const cut = rejects(waiting, (error: { code: string; message: string }) => {
      match(`${error.code} ${error.message}`, /denied|revoked|cancelled/);
      return true;
    });
    await host.revoke(NAME);
    await cut;
  });
}

async function give(host: Host, ...permissions: Permission[]): Promise<void> {
  await host.grant(NAME, { permissions });
}

async function install(t: TestContext, name: StockGuest): Promise<{ readonly host: Host; readonly root: string }> {
  const root = mkdtempSync(join(tmpdir(), 'switchboard-stock-'));
  const host = await createHost({ home: join(root, 'home') });
  t.after(async () => {
    await host.close();
    rmSync(root, { recursive: true });
  });
  await host.install(await stockGuest(name), { as: `${NAME}@0.1.0` });
  return { host, root };
}
