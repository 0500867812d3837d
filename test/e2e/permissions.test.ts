/** A component that asks for a directory and a host: installed, denied, granted, used, revoked; by program, CLI and MCP. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { HostEvent } from '#core';
import { createHost } from '#host';
import { guest } from '#test/guests/build';
import { injectManifest } from '#wit';

const MANIFEST = `
description = "Reads notes and looks things up."

[[permissions.fs]]
guest = "/notes"
mode = "rw"
reason = "the notes it works on"

[[permissions.net]]
host = "127.0.0.1"
port = "*"
reason = "where it looks things up"

[[permissions.secret]]
name = "API_KEY"
reason = "to be let in"
`;
const ROOT = join(import.meta.dirname, '..', '..');

interface World {
  readonly home: string;
  readonly notes: string;
  readonly wasm: string;
  readonly port: number;
  /** Requests to `/slow`, which is never answered. */
  readonly slow: () => Promise<unknown>;
}

async function world(t: TestContext): Promise<World> {
  const root = mkdtempSync(join(tmpdir(), 'switchboard-permissions-'));
  const notes = join(root, 'notes');
  mkdirSync(notes);
  writeFileSync(join(notes, 'a.txt'), 'a note');
  const wasm = join(root, 'probe.wasm');
  writeFileSync(wasm, injectManifest((await guest('fs-probe')).bytes, MANIFEST));
  const server = createServer((request, response) => {
    if (request.url === '/slow') server.emit('slow', request);
    else response.end('found');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(root, { recursive: true, force: true });
  });
  const { port } = server.address() as AddressInfo;
  return { home: join(root, 'home'), notes, wasm, port, slow: () => once(server, 'slow') };
}

const codeOf = (calling: Promise<unknown>): Promise<{ code: string; fix?: string; message: string }> =>
  calling.then(
    (value) => assert.fail(`it gave ${JSON.stringify(value)}`),
    (error: unknown) => error as { code: string; fix?: string; message: string },
  );

test('[policy.grants] [policy.revoke] a program: nothing by installing, each grant what it says, a revoke cuts what runs', async (t) => {
  const { home, notes, wasm, port, slow } = await world(t);
  const host = await createHost({ home });
  t.after(() => host.close());
  const events: HostEvent[] = [];
  host.subscribe((event) => void events.push(event));
  await host.install(wasm, { as: 'demo:probe@1.0.0' });
  const run = (op: string, path: string): Promise<unknown> => host.call('demo:probe', 'run', [op, path, 'text']);
  const fetch = (path: string): Promise<unknown> =>
    host.call('demo:probe', 'fetch', [`http://127.0.0.1:${port}${path}`]);

  const refused = await codeOf(run('read', '/notes/a.txt'));
  assert.equal(refused.code, 'denied');
  assert.equal(refused.fix, 'switchboard grant demo:probe --fs "$PWD":/notes:rw');
  assert.match(refused.message, /read \/notes\/a\.txt: no granted directory contains it/);
  assert.equal((await codeOf(fetch('/'))).fix, `switchboard grant demo:probe --net 127.0.0.1:${port}`);
  assert.deepEqual(events.filter(({ type }) => type === 'access.denied').length, 2);
  // What was missing is filed for the person, once however often it is tried.
  await codeOf(run('read', '/notes/a.txt'));
  await new Promise((resolve) => setImmediate(resolve));
  const open = await host.approvals('open');
  assert.deepEqual(open.map(({ permissions }) => permissions[0]?.kind).toSorted(), ['fs', 'net']);

  await assert.rejects(host.grant('demo:probe', { permissions: [{ kind: 'net', host: 'evil.example' }] }), {
    code: 'not-requested',
  });
  await assert.rejects(host.grant('demo:probe', { permissions: [{ kind: 'secret', name: 'API_KEY' }] }), {
    code: 'secret-not-found',
  });
  await host.grant('demo:probe', { permissions: [{ kind: 'fs', host: notes, guest: '/notes', mode: 'ro' }] });
  assert.equal(await run('read', '/notes/a.txt'), 'a note');
  assert.equal((await codeOf(run('write', '/notes/b.txt'))).code, 'denied');
  const [net] = await host.grant('demo:probe', { permissions: [{ kind: 'net', host: '127.0.0.1', port }] });
  assert.equal(await fetch('/'), '200 found');

  const waiting = codeOf(fetch('/slow'));
  const [request] = (await slow()) as [{ once(event: string, listener: () => void): void }];
  const cut = new Promise<void>((resolve) => request.once('close', resolve));
  const began = performance.now();
  await host.revoke('demo:probe', [net?.id ?? '']);
  assert.equal((await waiting).code, 'denied');
  await cut;
  assert.ok(performance.now() - began < 1000, 'a revoked call and its connection are cut within a second');
  assert.equal((await codeOf(fetch('/'))).code, 'denied');
  assert.equal(await run('read', '/notes/a.txt'), 'a note');
  for (const type of ['grant.created', 'grant.revoked', 'approval.filed'] as const) {
    assert.ok(
      events.some((event) => event.type === type),
      type,
    );
  }
});

test('[policy.grants] once is for one call, an expiry ends it, a request that was allowed grants', async (t) => {
  const { home, notes, wasm } = await world(t);
  const host = await createHost({ home });
  t.after(() => host.close());
  await host.install(wasm, { as: 'demo:probe@1.0.0' });
  const read = (): Promise<unknown> => host.call('demo:probe', 'run', ['read', '/notes/a.txt', '']);
  const fs = { kind: 'fs', host: notes, guest: '/notes', mode: 'ro' } as const;
  await host.grant('demo:probe', { permissions: [fs], once: true });
  const both = await Promise.allSettled([read(), read()]);
  assert.deepEqual(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
  assert.equal((await codeOf(read())).code, 'denied');

  await host.grant('demo:probe', { permissions: [fs], expiresAt: Date.now() + 1_500 });
  assert.equal(await read(), 'a note');
  const expired = new Promise<void>((resolve) => {
    host.subscribe((event) => event.type === 'grant.expired' && resolve(), ['grant.expired']);
  });
  await expired;
  assert.equal((await codeOf(read())).code, 'denied');

  const asked = await host.requestPermission('demo:probe', [{ kind: 'fs', guest: '/notes', mode: 'ro' }], 'please');
  await assert.rejects(host.decideApproval(asked.id, { allow: true }), { code: 'invalid-setting' });
  await host.decideApproval(asked.id, { allow: true, directories: { '/notes': notes } });
  assert.equal(await read(), 'a note');
  await assert.rejects(host.decideApproval(asked.id, { allow: false }), { code: 'grant-not-found' });
  await assert.rejects(host.requestPermission('demo:probe', [{ kind: 'secret', name: 'OTHER' }], 'x'), {
    code: 'not-requested',
  });
});

test('[policy.grants] another version has what was granted as far as it still asks for it', async (t) => {
  const { home, notes, wasm } = await world(t);
  const host = await createHost({ home });
  t.after(() => host.close());
  const bare = (await guest('fs-probe')).bytes;
  await host.install(wasm, { as: 'demo:probe@1.0.0' });
  await host.grant('demo:probe', { permissions: [{ kind: 'fs', host: notes, guest: '/notes', mode: 'rw' }] });
  await host.install(injectManifest(bare, MANIFEST.replace('mode = "rw"', 'mode = "ro"')), { as: 'demo:probe@1.1.0' });
  await host.install(injectManifest(bare, 'description = "asks for nothing"'), { as: 'demo:probe@1.2.0' });
  await host.install(bare, { as: 'demo:probe@1.3.0' });
  const run = (version: string, op: string): Promise<unknown> =>
    host.call(`demo:probe@${version}`, 'run', [op, '/notes/a.txt', 'changed']);
  assert.equal(await run('1.1.0', 'read'), 'a note');
  assert.equal((await codeOf(run('1.1.0', 'write'))).code, 'denied');
  assert.equal((await codeOf(run('1.2.0', 'read'))).code, 'denied');
  assert.equal((await codeOf(run('1.3.0', 'read'))).code, 'denied');
  assert.equal(await run('1.0.0', 'write'), 'written');
  for (const version of ['1.0.0', '1.1.0', '1.2.0', '1.3.0']) await host.uninstall(`demo:probe@${version}`);
  await host.install(wasm, { as: 'demo:probe@1.0.0' });
  assert.equal((await codeOf(run('1.0.0', 'read'))).code, 'denied', 'a name that was gone begins with nothing');
});

/** A verb without a terminal: its code and what it printed. */
function cli(home: string, args: readonly string[], input = ''): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const main = join(ROOT, 'src', 'gateways', 'cli', 'main.ts');
    const child = execFile(process.execPath, [main, ...args, '--home', home], { cwd: ROOT }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
    child.stdin?.end(input);
  });
}

test('[cli.grant] [policy.person] the verbs: no grant without a person, then denied, granted, used, revoked, over CLI and MCP', async (t) => {
  const { home, notes, wasm, port } = await world(t);
  const host = await createHost({ home });
  const token = await host.createOwnerToken();
  await host.close();
  const owner = join(home, '..', 'owner.txt');
  writeFileSync(owner, token);
  assert.equal((await cli(home, ['install', wasm, '--as', 'demo:probe@1.0.0'])).code, 0);

  const client = new Client({ name: 'tester', version: '1' });
  const args = [join(ROOT, 'src', 'gateways', 'cli', 'main.ts'), 'serve', '--stdio', '--home', home];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' }));
  t.after(() => client.close());
  const read = () =>
    client.callTool({ name: 'demo_probe_run', arguments: { op: 'read', path: '/notes/a.txt', other: '' } });

  const refused = await cli(home, ['call', 'demo:probe', 'run', 'read', '/notes/a.txt', 'x']);
  assert.equal(refused.code, 3);
  assert.match(refused.err, /fix: switchboard grant demo:probe --fs "\$PWD":\/notes:rw/);
  const overMcp = await read();
  assert.equal(overMcp.isError, true);
  assert.match(JSON.stringify(overMcp.content), /To fix: switchboard grant demo:probe --fs/);

  const grant = ['grant', 'demo:probe', '--fs', `${notes}:/notes:rw`, '--net', `127.0.0.1:${port}`];
  const nobody = await cli(home, grant);
  assert.deepEqual([nobody.code, /owner-required/.test(nobody.err)], [3, true]);
  writeFileSync(`${owner}.wrong`, 'sbo_wrong');
  assert.equal((await cli(home, [...grant, '--owner-token-file', `${owner}.wrong`])).code, 3);
  const granted = await cli(home, [...grant, '--owner-token-file', owner, '--output', 'json']);
  assert.equal(granted.code, 0, granted.err);
  assert.equal((JSON.parse(granted.out) as { grants: unknown[] }).grants.length, 2);

  assert.deepEqual((await read()).content, [{ type: 'text', text: 'a note' }]);
  const used = await cli(home, ['call', 'demo:probe', 'fetch', `http://127.0.0.1:${port}/`]);
  assert.deepEqual([used.code, used.out.trim()], [0, '200 found']);
  const shown = await cli(home, ['policy', 'show', 'demo:probe']);
  assert.match(shown.out, /read and write .*seen as \/notes/);
  assert.match(
    shown.out,
    /read the secret API_KEY +“to be let in” +not granted: switchboard grant demo:probe --secret API_KEY/,
  );
  assert.equal((await cli(home, ['policy', 'check', 'demo:probe', '--net', 'evil.example'])).code, 3);
  assert.equal((await cli(home, ['policy', 'check', 'demo:probe', '--fs', '/notes/x:rw'])).code, 0);

  const secret = await cli(home, ['secret', 'set', 'API_KEY', '--owner-token-file', owner], 'the-value\n');
  assert.deepEqual([secret.code, secret.out.includes('the-value')], [0, false]);
  assert.equal((await cli(home, ['secret', 'set', 'OTHER'], 'x')).code, 3);
  assert.match((await cli(home, ['secret', 'list'])).out, /API_KEY/);
  assert.ok(!readFileSync(join(home, 'secrets.json'), 'utf8').includes('the-value'));

  assert.equal((await cli(home, ['revoke', 'demo:probe', '--all'])).code, 0);
  assert.equal((await read()).isError, true);
});

test('[cli.approvals] what a model asked for is listed and decided', async (t) => {
  const { home, notes, wasm } = await world(t);
  const host = await createHost({ home });
  const owner = join(home, '..', 'owner.txt');
  writeFileSync(owner, await host.createOwnerToken());
  await host.install(wasm, { as: 'demo:probe@1.0.0' });
  const { id } = await host.requestPermission(
    'demo:probe',
    [{ kind: 'fs', guest: '/notes', mode: 'ro' }],
    'pl\u001b[31mease',
    {
      kind: 'mcp',
      label: 'a model',
    },
  );
  await host.close();
  const listed = await cli(home, ['approvals']);
  assert.match(listed.out, /demo:probe, asked by mcp “a model”/);
  assert.ok(listed.out.includes('it says (not checked)') && !listed.out.includes('\u001b'));
  assert.equal((await cli(home, ['approvals', 'allow', id])).code, 3);
  const unnamed = await cli(home, ['approvals', 'allow', id, '--owner-token-file', owner]);
  assert.match(unnamed.err, /name the directory to give as \/notes/);
  const allowed = await cli(home, ['approvals', 'allow', id, '--dir', `${notes}:/notes`, '--owner-token-file', owner]);
  assert.equal(allowed.code, 0, allowed.err);
  const read = await cli(home, ['call', 'demo:probe', 'run', 'read', '/notes/a.txt', 'x']);
  assert.deepEqual([read.code, read.out.trim()], [0, 'a note']);
  assert.equal((await cli(home, ['approvals', 'deny', id])).code, 2);
});
