/** The whole way through the command line, as people go it: serve, publish, search, install, call, update; against both registries. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { guest } from '../guests/build.ts';
import { newHome, run, start, until } from '../e2e/cli-run.ts';
import { startDockerRegistry } from './docker-registry.ts';
import { componentFile, person } from './person.ts';
import { digestOf, scratch, startRegistry } from './peer.ts';

const REGISTRIES: { readonly [name: string]: (t: TestContext) => Promise<string> } = {
  'our registry': async (t) => (await startRegistry(t)).address,
  'docker-registry': startDockerRegistry,
};

void describe('publish, search, install, call, update', () => {
  for (const [name, begin] of Object.entries(REGISTRIES)) {
    void test(`[registry.verbs] with ${name}`, async (t) => {
      const address = await begin(t);
      const author = await person(t);
      const user = await person(t);
      for (const one of [author, user]) await one.json('registry', 'set', '--default', address);
      const readme = join(author.directory, 'README.md');
      writeFileSync(readme, '# Echo');
      const first = await componentFile(author.directory, 'acme:echo@1.0.0');
      const published = await author.json<Record<string, unknown>>('publish', first, '--readme', readme);
      assert.equal(published['outcome'], 'published');
      assert.equal(published['reference'], `oci://${address}/acme/echo:1.0.0`);
      assert.equal(published['digest'], digestOf(readFileSync(first)));
      assert.equal((published['attachments'] as unknown[]).length, 1);
      const again = await author('publish', first);
      assert.match(again.stdout, /published already, with these bytes/);
      const other = await author('publish', (await guest('state')).path, '--as', 'acme:echo@1.0.0');
      assert.equal(other.code, 2);
      assert.match(other.stderr, /code: version-taken/);

      const { results } = await user.json<{ results: { name: string }[] }>('search', 'echo');
      assert.deepEqual(
        results.map((one) => one.name),
        ['acme:echo'],
      );
      const versions = await user.json<{ versions: string[] }>('versions', 'acme:echo');
      assert.deepEqual(versions.versions, ['1.0.0']);
      const installed = await user('install', 'acme:echo@^1', '--save');
      assert.equal(installed.code, 0, installed.stderr);
      assert.match(installed.stdout, /^installed acme:echo@1\.0\.0 \(/);
      const info = await user.json<{ source: string }>('info', 'acme:echo');
      assert.equal(info.source, `oci://${address}/acme/echo:1.0.0@${String(published['manifest'])}`);
      assert.equal((await user('call', 'acme:echo', 'add', '1', '2')).stdout, '3\n');

      const newest = await user('update', '--check');
      assert.equal(newest.stdout, 'acme:echo 1.0.0 is the newest\n');
      await author.json('publish', await componentFile(author.directory, 'acme:echo@1.1.0'));
      await author.json('publish', await componentFile(author.directory, 'acme:echo@2.0.0'));
      const check = await user('update', '--check');
      assert.equal(check.stdout, 'acme:echo 1.0.0 could be 1.1.0 (2.0.0 with --latest)\n');
      const updated = await user('update', 'acme:echo');
      assert.equal(updated.stdout, 'acme:echo 1.0.0 is now 1.1.0 (2.0.0 with --latest)\n');
      const { components } = await user.json<{ components: { component: string }[] }>('list');
      assert.deepEqual(
        components.map((one) => one.component),
        ['acme:echo@1.1.0', 'acme:echo@1.0.0'],
      );
      const lock = JSON.parse(readFileSync(join(user.directory, 'switchboard.lock'), 'utf8')) as {
        components: Record<string, { version: string; range: string }>;
      };
      assert.equal(lock.components['acme:echo']?.version, '1.1.0');
      assert.equal(lock.components['acme:echo']?.range, '^1');

      const third = await person(t);
      writeFileSync(join(third.directory, 'switchboard.lock'), JSON.stringify(lock));
      const locked = await third.json<{ installed: object[] }>('install', '--locked');
      assert.deepEqual(locked.installed, [{ component: 'acme:echo@1.1.0', outcome: 'installed' }]);
      assert.equal((await third('install', '--locked')).stdout, 'acme:echo@1.1.0 was installed already\n');
      const pulled = await third('pull', `oci://${address}/acme/echo:1.0.0`, '--out', 'one.wasm');
      assert.match(pulled.stdout, /^acme:echo@1\.0\.0 \(/);
      assert.ok(readFileSync(join(third.directory, 'one.wasm')).equals(readFileSync(first)));
    });
  }
});

test('[registry.lock] --locked installs what the file holds or nothing', async (t) => {
  const { address } = await startRegistry(t, { mutableTags: () => true });
  const author = await person(t);
  await author.json('publish', await componentFile(author.directory, 'acme:echo@1.0.0'), '--registry', address);
  const saved = await author('install', `oci://${address}/acme/echo:1.0.0`, '--lock', 'own.lock');
  assert.equal(saved.code, 0, saved.stderr);
  const text = readFileSync(join(author.directory, 'own.lock'), 'utf8');
  const user = await person(t);
  const missing = await user('install', '--locked');
  assert.equal(missing.code, 3);
  assert.match(missing.stderr, /code: lock-mismatch/);
  const file = join(user.directory, 'switchboard.lock');
  const other = digestOf('other');
  for (const [from, to, code] of [
    [/"digest": "[^"]+"/, `"digest": "${other}"`, 'lock-mismatch'],
    [/"manifest": "[^"]+"/, `"manifest": "${other}"`, 'version-not-found'],
    ['acme:echo', 'acme:other', 'lock-mismatch'],
    [/"version": "1\.0\.0"/, '"version": "1.0.1"', 'lock-mismatch'],
  ] as const) {
    writeFileSync(file, text.replace(from, to));
    const { stderr } = await user('install', '--locked');
    assert.match(stderr, new RegExp(`code: ${code}`), String(from));
    assert.match((await user('list')).stderr, /nothing is installed/);
  }
  for (const args of [['install', '--locked', 'acme:echo'], ['install'], ['install', '--locked', '--save']]) {
    assert.equal((await user(...args)).code, 2);
  }
});

test('[registry.lock] what is in the cache is installed as locked also where the registry is away', async (t) => {
  const registry = await startRegistry(t);
  const author = await person(t);
  await author.json(
    'publish',
    await componentFile(author.directory, 'acme:echo@1.0.0'),
    '--registry',
    registry.address,
  );
  await author.json('install', `oci://${registry.address}/acme/echo:1.0.0`, '--save');
  await author.json('uninstall', 'acme:echo');
  await registry.close();
  const locked = await author.json<{ installed: object[] }>('install', '--locked');
  assert.deepEqual(locked.installed, [{ component: 'acme:echo@1.0.0', outcome: 'installed' }]);
  assert.equal((await author('call', 'acme:echo', 'add', '1', '2')).stdout, '3\n');
  // A manifest in the cache that somebody changed is not what the lock file names.
  await author.json('uninstall', 'acme:echo');
  const cache = join(author.home, 'cache/manifests');
  for (const name of readdirSync(cache)) writeFileSync(join(cache, name), '{}');
  assert.match((await author('install', '--locked')).stderr, /code: registry-unreachable/);
});

test('[registry.install] a component that says it is another is refused, unless the person names it', async (t) => {
  const { address } = await startRegistry(t);
  const author = await person(t);
  const file = await componentFile(author.directory, 'acme:echo@1.0.0');
  const { publish, clientOf } = await import('./client-of.ts');
  const client = await clientOf(t);
  await publish(client, address, 'bank:safe@1.0.0', readFileSync(file));
  const refused = await author('install', `oci://${address}/bank/safe:1.0.0`);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /says that it is acme:echo@1\.0\.0, not bank:safe@1\.0\.0[^]*code: invalid-artifact/);
  assert.match((await author('list')).stderr, /nothing is installed/);
  const named = await author('install', `oci://${address}/bank/safe:1.0.0`, '--as', 'my:echo@0.1.0');
  assert.match(named.stdout, /^installed my:echo@0\.1\.0/);
});

test('[registry.install] two processes that install the same at once both have it', async (t) => {
  const { address } = await startRegistry(t);
  const author = await person(t);
  await author.json('publish', await componentFile(author.directory, 'acme:echo@1.0.0'), '--registry', address);
  const outcomes = await Promise.all(
    [1, 2].map(() => author.json<{ outcome: string }>('install', `oci://${address}/acme/echo:1.0.0`)),
  );
  assert.deepEqual(outcomes.map((one) => one.outcome).toSorted(), ['installed', 'same']);
  const left = readdirSync(join(author.home, 'cache/registry'));
  assert.equal(left.length, 1, left.join());
});

test('[registry.verbs] registry serve, its users and its collection', async (t) => {
  const home = newHome(t);
  const data = scratch(t);
  const added = await run(
    home,
    ['registry', 'add-user', 'alice', '--data', data, '--right', 'acme/*=pull,push'],
    'correct horse\n',
  );
  assert.equal(added.stdout, 'alice may pull, push in acme/*\n', added.stderr);
  const users = await run(home, ['registry', 'users', '--data', data, '--output', 'json']);
  assert.deepEqual(JSON.parse(users.stdout), { users: [{ name: 'alice', rights: { 'acme/*': ['pull', 'push'] } }] });
  const serving: ChildProcess = start(home, [
    'registry',
    'serve',
    '--data',
    data,
    '--port',
    '0',
    '--anonymous',
    'none',
    '--output',
    'json',
  ]);
  const { url } = JSON.parse(await until(serving.stdout, /\n/)) as { url: string };
  assert.equal((await fetch(`${url}/v2/`)).status, 401);
  const authorization = `Basic ${Buffer.from('alice:correct horse').toString('base64')}`;
  assert.equal((await fetch(`${url}/v2/`, { headers: { authorization } })).status, 200);
  const busy = await run(home, ['registry', 'serve', '--data', data, '--port', new URL(url).port]);
  assert.match(busy.stderr, /code: port-taken/);
  serving.kill('SIGINT');
  const [code] = (await once(serving, 'exit')) as [number];
  assert.equal(code, 0);
  const gc = await run(home, ['registry', 'gc', '--data', data]);
  assert.equal(gc.stdout, 'removed 0 manifests, 0 blobs (0 B) and 0 uploads that were left\n');
  const removed = await run(home, ['registry', 'remove-user', 'alice', '--data', data]);
  assert.equal(removed.stdout, 'removed alice\n');
  for (const args of [
    ['serve', '--anonymous', 'everything'],
    ['serve', '--port', 'x'],
    ['serve', '--tls-cert', 'x'],
    ['add-user'],
    ['add-user', 'bob'],
    ['remove-user', 'bob'],
  ]) {
    assert.equal((await run(home, ['registry', ...args, '--data', data])).code, 2, args.join(' '));
  }
});

test('[registry.publish] a project is built and published with its README and its SBOM', async (t) => {
  const { address } = await startRegistry(t);
  const author = await person(t);
  const project = join(author.directory, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'README.md'), '# Project');
  const file = join(author.directory, 'bill.json');
  writeFileSync(file, JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', components: [] }));
  const component = await componentFile(author.directory, 'acme:echo@1.0.0');
  const published = await author.json<{ attachments: { artifactType: string }[] }>(
    'publish',
    component,
    '--registry',
    `${address}/deep/path`,
    '--sbom',
    file,
    '--readme',
    join(project, 'README.md'),
  );
  assert.deepEqual(
    published.attachments.map((one) => one.artifactType),
    ['application/vnd.switchboard.readme.v1', 'application/vnd.cyclonedx+json'],
  );
  writeFileSync(file, '{}');
  const wrong = await author('publish', component, '--registry', `${address}/deep/path`, '--sbom', file);
  assert.match(wrong.stderr, /neither CycloneDX nor SPDX/);
  const nameless = await author('publish', (await guest('state')).path, '--registry', address);
  assert.match(nameless.stderr, /code: invalid-reference/);
  const elsewhere = await author('publish', component, '--as', 'acme:other@1.0.0', '--registry', address);
  assert.match(elsewhere.stderr, /says that it is acme:echo@1\.0\.0/);
  const unset = await author('publish', component);
  assert.match(unset.stderr, /no registry is set for acme:echo[^]*registry set --default/);
});
