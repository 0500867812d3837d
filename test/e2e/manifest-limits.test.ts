/** The limits that a manifest names: those that are tighter apply to its version, others are the owner's to give. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { HostEvent } from '#core';
import { createHost } from '#host';
import { guest } from '#test/guests/build';
import { injectManifest } from '#wit';
import { keepHost, newHome, run } from './cli-run.ts';

const MiB = 1024 * 1024;
const MANIFEST = `
[limits]
memory = "2MiB"
timeout = "30s"
queue = 3
reuse = "resident"
`;
const codeOf = (calling: Promise<unknown>): Promise<string> =>
  calling.then(
    () => 'ok',
    (error: { code: string }) => error.code,
  );

test('[policy.limits] a tighter limit applies to its version by itself, a larger one does not; the owner’s own win', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'switchboard-limits-'));
  const host = await createHost({ home: join(root, 'home') });
  t.after(async () => {
    await host.close();
    rmSync(root, { recursive: true, force: true });
  });
  const events: HostEvent[] = [];
  host.subscribe((event) => void events.push(event), ['limits.changed']);
  const { bytes } = await guest('hostile');
  await host.install(bytes, { as: 'demo:hostile@1.0.0' });
  await host.install(injectManifest(bytes, MANIFEST), { as: 'demo:hostile@1.1.0' });
  const pages = (version: string) => host.call(`demo:hostile@${version}`, 'grow') as Promise<number>;

  assert.ok((await pages('1.0.0')) > 900, 'the version without a manifest has the default');
  assert.ok((await pages('1.1.0')) <= 32);
  const { effective, set, manifest, requested } = await host.limits('demo:hostile@1.1.0');
  assert.deepEqual(
    [set, manifest, requested],
    [{}, { memory: 2 * MiB, queue: 3 }, { timeout: 30_000, reuse: 'resident' }],
  );
  assert.deepEqual([effective.memory, effective.timeout, effective.reuse], [2 * MiB, 5_000, 'call']);
  assert.deepEqual((await host.limits('demo:hostile@1.0.0')).manifest, {});

  // What the owner sets counts although it is the default, and is the owner's for every version.
  await host.setLimits('demo:hostile', { memory: 64 * MiB, timeout: 50, reuse: 'resident' });
  assert.ok((await pages('1.1.0')) > 900);
  assert.equal(await codeOf(host.call('demo:hostile@1.1.0', 'spin')), 'timeout');
  assert.deepEqual((await host.limits('demo:hostile@1.1.0')).requested, { timeout: 30_000 });
  const reset = await host.setLimits('demo:hostile', { memory: null, reuse: null });
  assert.deepEqual([reset.set, reset.manifest], [{ timeout: 50 }, { memory: 2 * MiB, queue: 3 }]);
  assert.ok((await pages('1.1.0')) <= 32);
  const told = events.at(-1);
  assert.ok(told?.type === 'limits.changed' && told.limits['reuse'] === 'call', 'what was taken back is told too');
  await assert.rejects(host.setLimits('demo:hostile', { nothing: null } as never), { code: 'invalid-setting' });
});

test('[policy.limits] [cli.limits] install, inspect, info, policy show and limits say what applies and what would give the rest', async (t) => {
  const home = newHome(t);
  const host = await keepHost(t, home);
  const wasm = join(dirname(home), 'hostile.wasm');
  await writeFile(wasm, injectManifest((await guest('hostile')).bytes, MANIFEST));
  const cli = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(home, args);
    assert.equal(code, 0, stderr);
    return stdout.replaceAll(/ {2,}/g, '  ');
  };
  const rows = '  memory  2 MiB  applies; the default is 64 MiB\n  timeout  30 s  requested; 5 s applies\n';
  const command = (name: string) =>
    `to give what it requests: switchboard limits ${name} --timeout 30s --reuse resident`;
  for (const [name, shown] of [
    ['namespace:name', await cli('inspect', wasm)],
    ['demo:hostile', await cli('install', wasm, '--as', 'demo:hostile@1.0.0')],
    ['demo:hostile', await cli('info', 'demo:hostile')],
    ['demo:hostile', await cli('policy', 'show', 'demo:hostile')],
  ] as const) {
    assert.ok(shown.includes(rows) && shown.includes(`  ${command(name)}\n`), shown);
  }
  const limits = await cli('limits', 'demo:hostile');
  assert.match(limits, / {2}memory {2}2 MiB {2}by its manifest\n/);
  assert.match(limits, / {2}timeout {2}5 s {2}requests 30 s\n/);
  assert.ok(limits.endsWith(`${command('demo:hostile')}\n`), limits);
  const document = JSON.parse(await cli('policy', 'show', 'demo:hostile', '--output', 'json'));
  assert.deepEqual(document.limits.requested, { timeout: 30_000, reuse: 'resident' });

  // The command that it shows does it, and then nothing is asked for.
  const given = await cli(
    ...command('demo:hostile')
      .replace(/^.*switchboard /, '')
      .split(' '),
  );
  assert.match(given, / {2}timeout {2}30 s {2}set\n/);
  assert.ok(!given.includes('to give what it requests'), given);
  assert.match(await cli('limits', 'demo:hostile', '--memory', '64MiB'), / {2}memory {2}64 MiB {2}set\n/);
  assert.match(await cli('limits', 'demo:hostile', '--reset'), / {2}memory {2}2 MiB {2}by its manifest\n/);
  assert.deepEqual((await host.limits('demo:hostile')).set, {});

  for (const [limit, why] of [
    ['memory = "lots"', /limits\.memory: "lots" is not a size/],
    ['memory = "100GiB"', /limits\.memory: memory must be/],
    ['timeout = 5', /limits\.timeout: "5" is not a duration/],
    ['fuel = 5', /limits\.fuel: there is no such limit/],
  ] as const) {
    await writeFile(wasm, injectManifest((await guest('hostile')).bytes, `[limits]\n${limit}\n`));
    const { code, stderr } = await run(home, ['install', wasm, '--as', 'demo:other@1.0.0']);
    assert.deepEqual([code, why.test(stderr), /code: invalid-manifest/.test(stderr)], [2, true, true], stderr);
  }
});
