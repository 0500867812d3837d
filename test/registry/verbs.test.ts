/** Verbs of registries as newcomers meet them: a home that is not there yet, registries that are away, names that mislead. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { newProject } from '../devkit/projects.ts';
import { run, start, until } from '../e2e/cli-run.ts';
import { pushBlob, randomBlob, scratch, startRegistry } from './peer.ts';
import { componentFile, newcomer, person } from './person.ts';

test('[registry.verbs] a registry in a home that nobody has made leaves it usable', async (t) => {
  const owner = newcomer(t);
  const added = await run(owner.home, ['registry', 'add-user', 'alice', '--right', '*=pull'], 'correct horse\n');
  assert.equal(added.code, 0, added.stderr);
  const serving = start(owner.home, ['registry', 'serve', '--port', '0', '--access-log', '--output', 'json']);
  t.after(() => serving.kill());
  const { url, data } = JSON.parse(await until(serving.stdout, /\n/)) as { url: string; data: string };
  assert.equal(data, join(owner.home, 'registry'));
  assert.equal((await owner('list')).code, 0);
  const listed = await owner.json<{ components: unknown[] }>('list');
  assert.ok(Array.isArray(listed.components));
  const said = until(serving.stderr, /FAILED.*\n/);
  const blob = randomBlob(10);
  await fetch(`${url}/v2/a/a/tags/list`);
  assert.equal((await pushBlob(url, 'a/a', blob)).status, 401);
  const hex = blob.digest.slice(7);
  assert.ok(!existsSync(join(data, 'blobs/sha256', hex.slice(0, 2))));
  writeFileSync(join(data, 'users.json'), '{');
  const authorization = `Basic ${Buffer.from('alice:correct horse').toString('base64')}`;
  assert.equal((await fetch(`${url}/v2/`, { headers: { authorization } })).status, 500);
  assert.match(
    await said,
    /Z anonymous 404 GET \/v2\/a\/a\/tags\/list\n[^]* anonymous 401 POST [^]*FAILED: .*users\.json cannot be read/,
  );
  serving.kill('SIGINT');
  await once(serving, 'exit');
});

test('[registry.verbs] what is no registry is not made one, and a name that means nothing is refused', async (t) => {
  const owner = newcomer(t);
  const typo = join(owner.directory, 'typo');
  const gc = await owner('registry', 'gc', '--data', typo);
  assert.equal(gc.code, 2);
  assert.match(gc.stderr, /typo is not the directory of a registry/);
  assert.ok(!existsSync(typo));
  assert.match((await owner('registry', 'serve', 'acme')).stderr, /serve takes no name/);
  assert.match((await owner('registry', 'set', '--default', 'https://ghcr.io')).stderr, /fix: leave https:\/\/ out/);
});

test('[registry.search] what is found is named as it can be installed', async (t) => {
  const { address } = await startRegistry(t);
  const author = await person(t);
  const file = await componentFile(author.directory, 'acme:echo@1.0.0');
  for (const place of [`${address}/team`, address]) await author.json('publish', file, '--registry', place);
  assert.match((await author('search', 'echo')).stderr, /no registry is set to search in/);
  await author.json('registry', 'set', '--namespace', `acme=${address}/team`);
  const found = await author.json<{ results: { name?: string; reference: string }[] }>('search', 'echo');
  assert.deepEqual(
    found.results.map(({ name, reference }) => [name, reference]),
    [
      [undefined, `oci://${address}/acme/echo`],
      ['acme:echo', `oci://${address}/team/acme/echo`],
    ],
  );
  assert.match((await author('search', 'echo')).stdout, new RegExp(`oci://${address}/acme/echo +1\\.0\\.0`));
  const { source } = await author.json<{ source: string }>('install', 'acme:echo');
  assert.ok(source.startsWith(`oci://${address}/team/acme/echo:1.0.0@`), source);
  await author.json('registry', 'set', '--namespace', 'lab=lab.example');
  assert.match((await author('search', 'echo')).stderr, /which registry\? .*lab\.example[^]*--registry/);
});

test('[registry.verbs] update asks the other registries where one is away', async (t) => {
  const [here, away] = [await startRegistry(t), await startRegistry(t)];
  const author = await person(t);
  for (const [name, { address }] of [
    ['acme:echo', here],
    ['acme:other', away],
  ] as const) {
    await author.json('publish', await componentFile(author.directory, `${name}@1.0.0`), '--registry', address);
    await author.json('install', `oci://${address}/${name.replace(':', '/')}:1.0.0`);
  }
  await author.json('publish', await componentFile(author.directory, 'acme:echo@1.1.0'), '--registry', here.address);
  await author.json('publish', await componentFile(author.directory, 'acme:echo@2.0.0'), '--registry', here.address);
  await away.close();
  const check = await author('update', '--check');
  assert.equal(
    check.stdout,
    `acme:echo 1.0.0 could be 1.1.0 (2.0.0 with --latest)\nacme:other 1.0.0 could not be asked for: ${away.address}: nothing listens there\n`,
  );
  const { updates } = await author.json<{ updates: { component: string; error?: { code: string } }[] }>('update');
  assert.deepEqual(
    updates.map(({ component, error }) => [component, error?.code]),
    [
      ['acme:echo', undefined],
      ['acme:other', 'registry-unreachable'],
    ],
  );
  assert.equal(
    (await author('update', '--check')).stdout.split('\n')[0],
    'acme:echo 1.1.0 is the newest of ^1.1.0 (2.0.0 with --latest)',
  );
  const alone = await author('update', 'acme:other');
  assert.match(alone.stderr, /code: registry-unreachable/);
});

test('[registry.publish] the folder of a project is built and published, with what lies in it', async (t) => {
  const { address } = await startRegistry(t);
  const author = await person(t);
  const bill = JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', components: [] });
  const project = await newProject(t, 'js', { 'README.md': '# Demo', 'sbom.cdx.json': bill });
  interface Published {
    readonly component: string;
    readonly outcome: string;
    readonly reference: string;
    readonly attachments: readonly { readonly artifactType: string }[];
  }
  const published = await author.json<Published>('publish', project, '--registry', address);
  assert.equal(published.outcome, 'published');
  assert.deepEqual(
    published.attachments.map((one) => one.artifactType),
    ['application/vnd.switchboard.readme.v1', 'application/vnd.cyclonedx+json'],
  );
  // The same sources are the same bytes, so the same version again is no other.
  const again = await author.json<Published>('publish', project, '--registry', address);
  assert.equal(again.outcome, 'same');
  const user = await person(t);
  const installed = await user.json<{ component: string; functions: string[] }>('install', published.reference);
  assert.equal(installed.component, published.component);
  assert.ok(installed.functions.length > 0);
  const nothing = await author('publish', scratch(t), '--registry', address);
  assert.match(nothing.stderr, /is no project/);
});
