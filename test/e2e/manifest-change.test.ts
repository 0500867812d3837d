/** A manifest beside its component is outside of the component's digest: the same bytes can come again with another. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { HostEvent } from '#core';
import { createHost } from '#host';
import { guest } from '#test/guests/build';
import { injectManifest } from '#wit';
import { keepHost, newHome, run } from './cli-run.ts';
import { atTerminal } from './terminal.ts';

const FS = `
[[permissions.fs]]
guest = "/notes"
mode = "rw"
reason = "the notes it works on"
`;
const NET = `
[[permissions.net]]
host = "127.0.0.1"
port = "*"
reason = "where it looks things up"
`;
const MiB = 1024 * 1024;

interface Files {
  readonly root: string;
  readonly notes: string;
  readonly wasm: string;
  /** Writes the manifest beside the component, or takes it away. */
  readonly manifest: (text: string | undefined) => void;
}

async function files(root: string): Promise<Files> {
  const notes = join(root, 'notes');
  mkdirSync(notes);
  writeFileSync(join(notes, 'a.txt'), 'a note');
  const wasm = join(root, 'probe.wasm');
  writeFileSync(wasm, (await guest('fs-probe')).bytes);
  const path = join(root, 'probe.component.toml');
  return { root, notes, wasm, manifest: (text) => (text === undefined ? rmSync(path) : writeFileSync(path, text)) };
}

async function scratch(t: TestContext): Promise<Files> {
  const root = mkdtempSync(join(tmpdir(), 'switchboard-manifest-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return files(root);
}

const codeOf = (calling: Promise<unknown>): Promise<string> =>
  calling.then(
    () => 'ok',
    (error: { code: string }) => error.code,
  );

test('[policy.manifest-change] another manifest with the same bytes is the manifest from then on, for grants, limits and what runs', async (t) => {
  const { root, notes, wasm, manifest } = await scratch(t);
  const home = join(root, 'home');
  const server = createServer((request, response) => {
    if (request.url === '/slow') server.emit('slow');
    else response.end('found');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  let host = await createHost({ home });
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await host.close();
  });
  const { port } = server.address() as AddressInfo;
  const events: HostEvent[] = [];
  host.subscribe((event) => void events.push(event), ['component.installed', 'component.changed']);
  const install = () => host.install(wasm, { as: 'demo:probe@1.0.0' });
  const fetch = (path: string) => host.call('demo:probe', 'fetch', [`http://127.0.0.1:${port}${path}`]);
  const write = () => host.call('demo:probe', 'run', ['write', '/notes/b.txt', 'text']);
  const idOf = (grants: readonly { readonly id: string }[]): readonly string[] => grants.map(({ id }) => id).toSorted();

  manifest(`${FS}${NET}\n[limits]\nmemory = "16MiB"\n`);
  const first = await install();
  assert.equal(first.outcome, 'installed');
  await host.grant('demo:probe', { permissions: [{ kind: 'fs', host: notes, guest: '/notes', mode: 'rw' }] });
  const net = await host.grant('demo:probe', { permissions: [{ kind: 'net', host: '127.0.0.1', port }] });
  const region = { permissions: [{ kind: 'env', name: 'REGION', value: 'eu' }], unrequested: true } as const;
  const bound = await host.grant('demo:probe', region);
  assert.deepEqual([await fetch('/'), await write()], ['200 found', 'written']);
  assert.equal((await install()).outcome, 'same');

  // It requests less now: what runs with more is cut, and reading is all that is left of the directory.
  const slow = once(server, 'slow');
  const running = codeOf(fetch('/slow'));
  await slow;
  manifest(FS.replace('rw', 'ro'));
  const changed = await install();
  assert.equal(await running, 'denied');
  assert.equal(changed.outcome, 'changed');
  assert.equal(changed.installedAt, first.installedAt);
  assert.notEqual(changed.description.manifest?.digest, first.description.manifest?.digest);
  assert.deepEqual(idOf(changed.manifestChange?.lost ?? []), idOf([...net, ...bound]));
  assert.deepEqual([await codeOf(fetch('/')), await codeOf(write())], ['denied', 'denied']);
  assert.equal(await host.call('demo:probe', 'run', ['read', '/notes/a.txt', '']), 'a note');
  const { grants, requests } = await host.policy('demo:probe');
  assert.deepEqual([requests.length, grants.filter(({ counts }) => counts).length], [1, 1]);
  assert.equal((await host.limits('demo:probe')).effective.memory, 64 * MiB);
  await assert.rejects(host.grant('demo:probe', { permissions: [{ kind: 'net', host: '127.0.0.1' }] }), {
    code: 'not-requested',
  });

  // None at all, also after a restart: nothing that was granted for what a manifest requests counts.
  manifest(undefined);
  const none = await install();
  assert.deepEqual([none.outcome, none.description.manifest], ['changed', undefined]);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['component.installed', 'component.changed', 'component.changed'],
  );
  const told = events.at(-1);
  assert.ok(told?.type === 'component.changed' && told.manifest === none.description.digest);
  await host.close();
  host = await createHost({ home });
  assert.equal(await codeOf(host.call('demo:probe', 'run', ['read', '/notes/a.txt', ''])), 'denied');

  // The first one again: its digest is what the grants were given under.
  manifest(`${FS}${NET}\n[limits]\nmemory = "16MiB"\n`);
  const again = await install();
  assert.equal(again.manifestChange?.regained.length, 3);
  assert.deepEqual([await fetch('/'), await write()], ['200 found', 'written']);
  assert.equal((await host.limits('demo:probe')).effective.memory, 16 * MiB);
});

test('[policy.manifest-change] another version of the same bytes keeps its own manifest; a manifest inside cannot be changed beside', async (t) => {
  const { root, notes, wasm, manifest } = await scratch(t);
  const host = await createHost({ home: join(root, 'home') });
  t.after(() => host.close());
  manifest(FS);
  await host.install(wasm, { as: 'demo:probe@1.0.0' });
  await host.install(wasm, { as: 'demo:probe@1.1.0' });
  await host.grant('demo:probe', { permissions: [{ kind: 'fs', host: notes, guest: '/notes', mode: 'ro' }] });
  manifest('description = "asks for nothing"');
  assert.equal((await host.install(wasm, { as: 'demo:probe@1.1.0' })).outcome, 'changed');
  const read = (version: string) => host.call(`demo:probe@${version}`, 'run', ['read', '/notes/a.txt', '']);
  assert.deepEqual([await read('1.0.0'), await codeOf(read('1.1.0'))], ['a note', 'denied']);

  writeFileSync(wasm, injectManifest((await guest('fs-probe')).bytes, FS));
  await assert.rejects(host.install(wasm, { as: 'demo:probe@1.2.0' }), { code: 'invalid-manifest' });
  manifest(undefined);
  mkdirSync(join(root, 'probe.component.toml'));
  await assert.rejects(host.install(wasm, { as: 'demo:probe@1.2.0' }), { code: 'file-unreadable' });
});

test('[policy.manifest-change] [cli.install] install says that the manifest is another, and what counts no longer', async (t) => {
  const home = newHome(t);
  await keepHost(t, home);
  const { notes, wasm, manifest } = await files(dirname(home));
  const install = async (...more: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(home, ['install', wasm, '--as', 'demo:probe@1.0.0', ...more]);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  manifest(FS);
  assert.match(await install(), /^installed demo:probe@1\.0\.0 [^]*\nit requests, and was granted nothing:\n/);
  const { shown } = await atTerminal(home, ['grant', 'demo:probe', '--fs', `${notes}:/notes:rw`, '--yes']);
  assert.match(shown, /granted g_/);
  assert.match(await install(), /^demo:probe@1\.0\.0 was installed already; nothing changed\nit requests\n/);
  manifest(NET);
  const changed = await install();
  assert.match(
    changed,
    /^demo:probe@1\.0\.0 was installed already; its manifest is now this one\nno longer counts for it: g_\S+: read and write \S+, seen as \/notes\nto see all: switchboard policy show demo:probe\n/,
  );
  manifest(FS);
  const document = JSON.parse(await install('--output', 'json'));
  assert.deepEqual([document.outcome, document.manifestChange.regained.length], ['changed', 1]);
  manifest(undefined);
  assert.match(await install(), /it has no manifest any more\nno longer counts for it: g_/);
});
