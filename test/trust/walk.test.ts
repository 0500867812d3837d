/** The way of a component through the command line: published and signed, found, trusted, installed, called, updated, held, allowed. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { injectManifest, injectPackage } from '#wit';
import { atTerminal } from '../e2e/terminal.ts';
import { keepHost, newHome, outcomeOf, start } from '../e2e/cli-run.ts';
import { guest } from '../guests/build.ts';
import { startDockerRegistry } from '../registry/docker-registry.ts';
import { digestOf, scratch, startRegistry } from '../registry/peer.ts';

const PASSPHRASE = { SWITCHBOARD_KEY_PASSPHRASE: 'correct horse battery' };

interface Person {
  readonly home: string;
  readonly directory: string;
  (...args: string[]): ReturnType<typeof outcomeOf>;
  json<T = { [key: string]: unknown }>(...args: string[]): Promise<T>;
}

async function person(t: TestContext, env: NodeJS.ProcessEnv = {}): Promise<Person> {
  const home = newHome(t);
  await keepHost(t, home);
  const directory = scratch(t);
  const own = (...args: string[]): ReturnType<typeof outcomeOf> => {
    const child = start(home, args, env, directory);
    child.stdin?.end();
    return outcomeOf(child);
  };
  const json = async <T>(...args: string[]): Promise<T> => {
    const { code, stdout, stderr } = await own(...args, '--output', 'json');
    assert.equal(code, 0, stdout + stderr);
    return JSON.parse(stdout) as T;
  };
  return Object.assign(own, { home, directory, json });
}

const requests = (...hosts: string[]): string =>
  `[permissions]\nnet = [${hosts.map((host) => `{ host = "${host}", reason = "to look at ${host}" }`).join(', ')}]\n`;

async function componentFile(directory: string, reference: string, manifest: string): Promise<string> {
  const { bytes } = await guest('echo');
  const path = join(directory, `${reference.replaceAll(/[^a-z0-9.]/g, '-')}.wasm`);
  writeFileSync(path, injectManifest(injectPackage(bytes, reference), manifest));
  return path;
}

const REGISTRIES: { readonly [name: string]: (t: TestContext) => Promise<string> } = {
  'our registry': async (t) => (await startRegistry(t)).address,
  'docker-registry': startDockerRegistry,
};

void describe('publish, search, info, trust, install, call, an update that asks for more', () => {
  for (const [name, begin] of Object.entries(REGISTRIES)) {
    void test(`[trust.walk] with ${name}`, async (t) => {
      const address = await begin(t);
      const author = await person(t, PASSPHRASE);
      const user = await person(t);
      for (const one of [author, user]) await one.json('registry', 'set', '--default', address);
      const { fingerprint, publicKey } = await author.json<{ fingerprint: string; publicKey: string }>('keygen');
      const first = await componentFile(author.directory, 'acme:echo@1.0.0', requests('api.example.com'));
      const published = await author.json('publish', first);
      assert.equal(published['signedBy'], fingerprint);

      const { results } = await user.json<{ results: { name: string }[] }>('search', 'echo');
      assert.deepEqual(
        results.map((one) => one.name),
        ['acme:echo'],
      );
      const looked = await user.json<{
        refused: { code: string };
        manifest: { permissions: object[] };
      }>('info', 'acme:echo@^1');
      assert.equal(looked.refused.code, 'untrusted-signer');
      const [asked] = looked.manifest.permissions;
      assert.deepEqual(asked, { kind: 'net', host: 'api.example.com', reason: 'to look at api.example.com' });
      const stranger = await user('install', 'acme:echo');
      assert.equal(stranger.code, 3);
      assert.match(
        stranger.stderr,
        new RegExp(`is signed with ${RegExp.escape(fingerprint)}, which nobody here trusts`),
      );
      assert.match(stranger.stderr, new RegExp(`trust add acme ${RegExp.escape(publicKey)} --namespace 'acme:\\*'`));
      const seen = await user('verify', 'acme:echo', '--key', publicKey);
      assert.equal(seen.code, 0, seen.stderr);

      const alone = await user('trust', 'add', 'acme', publicKey);
      assert.match(alone.stderr, /code: owner-required/);
      const trusting = await atTerminal(user.home, ['trust', 'add', 'acme', publicKey], [[/\[y\/N\]/, 'y\n']]);
      assert.equal(trusting.code, 0, trusting.shown);
      assert.match(trusting.shown, /may be installed from registries as acme’s, for acme:\*\./);

      const vouched = await user('info', 'acme:echo');
      assert.match(
        vouched.stdout,
        /acme:echo@1\.0\.0\nfrom .*; it is not installed\nmanifest sha256:.*\nsigned {3}by acme, SHA256:/,
      );
      assert.match(vouched.stdout, /Requests\n {2}reach api\.example\.com.*“to look at api\.example\.com”/);
      assert.match((await user('info', 'acme:none')).stderr, /code: component-not-found/);
      assert.match((await user('list')).stderr, /nothing is installed/);

      const unaccepted = await user('install', 'acme:echo');
      assert.equal(unaccepted.code, 3);
      assert.match(
        unaccepted.stderr,
        /signed by {2}acme, SHA256:[^]*“to look at api\.example\.com”[^]*code: not-accepted/,
      );
      const no = await atTerminal(user.home, ['install', 'acme:echo'], [[/\[y\/N\]/, 'n\n']]);
      assert.match(no.shown, /nothing was changed/);
      assert.match((await user('list')).stderr, /nothing is installed/);
      const yes = await atTerminal(user.home, ['install', 'acme:echo'], [[/Install it\?/, 'y\n']]);
      assert.equal(yes.code, 0, yes.shown);
      assert.match(yes.shown, /reach api\.example\.com[^]*it requests, and was granted nothing/);
      const info = await user.json<{ trust: object; source: string }>('info', 'acme:echo');
      assert.deepEqual(info.trust, {
        signed: { publisher: 'acme', signer: fingerprint },
        accepted: 'asked',
        manifest: published['manifest'],
      });
      assert.match((await user('info', 'acme:echo')).stdout, /signed {3}by acme, SHA256:.*; accepted at a terminal/);
      assert.match((await user('verify', 'acme:echo')).stdout, /\(acme, trusted for acme:\*\)/);
      assert.equal((await user('call', 'acme:echo', 'add', '1', '2')).stdout, '3\n');

      const more = requests('api.example.com', 'upload.example.net');
      const second = await author.json<{ manifest: string }>(
        'publish',
        await componentFile(author.directory, 'acme:echo@1.1.0', more),
      );
      const held = await user('update');
      assert.equal(held.code, 3);
      assert.equal(held.stdout, 'acme:echo 1.0.0 stays: 1.1.0 is held until you allow what is new in it\n');
      assert.match(held.stderr, /\+ reach upload\.example\.net by HTTP.*“to look at upload\.example\.net”/);
      assert.doesNotMatch(held.stderr, /\+ reach api\.example\.com/);
      assert.match(held.stderr, new RegExp(`switchboard update acme:echo --accept ${second.manifest.slice(0, 39)}`));
      const check = await user('update', '--check');
      assert.equal(check.stdout, held.stdout);
      assert.match((await user('list')).stdout, /acme:echo@1\.1\.0 is held/);
      assert.equal((await user('call', 'acme:echo', 'add', '1', '2')).stdout, '3\n');
      assert.equal((await user.json<{ components: object[] }>('list')).components.length, 1);

      const allowed = await atTerminal(user.home, ['update', 'acme:echo'], [[/Allow the difference\?/, 'y\n']]);
      assert.equal(allowed.code, 0, allowed.shown);
      assert.match(allowed.shown, /acme:echo 1\.0\.0 is now 1\.1\.0/);
      const { component } = await user.json<{ component: string }>('info', 'acme:echo');
      assert.equal(component, 'acme:echo@1.1.0');

      const yanked = await author('yank', 'acme:echo@1.1.0', '--reason', 'it loses data');
      assert.match(yanked.stdout, /acme\/echo:1\.1\.0 is taken back: it loses data\n$/, yanked.stderr);
      assert.equal(yanked.stderr, '');
      const told = await user('update', '--check');
      assert.match(told.stdout, /acme:echo 1\.1\.0, which is installed: .*was taken back by acme: it loses data/);
      assert.match((await user('list')).stdout, /YANKED: it loses data/);
      const other = await person(t);
      await other.json('registry', 'set', '--default', address);
      await atTerminal(other.home, ['trust', 'add', 'acme', publicKey, '--yes']);
      const passed = await atTerminal(
        other.home,
        ['install', 'acme:echo@^1'],
        [[/1\.0\.0 is new here[^]*Install/, 'y\n']],
      );
      assert.match(passed.shown, /1\.1\.0 was taken back by acme: it loses data[^]*installed acme:echo@1\.0\.0/);

      const image = `docker://${address}/acme/echo:1.0.0`;
      const { stdout: raw } = await promisify(execFile)('skopeo', ['inspect', '--raw', '--tls-verify=false', image]);
      assert.equal(digestOf(raw), published['manifest']);
      const { layers } = JSON.parse(raw) as { layers: { digest: string }[] };
      assert.deepEqual(
        layers.map((layer) => layer.digest),
        [digestOf(readFileSync(first))],
      );
    });
  }
});

test('[trust.revoked] [trust.store] a key that is lost says so itself at every version, and others hear it', async (t) => {
  const { address } = await startRegistry(t);
  const author = await person(t, PASSPHRASE);
  const user = await person(t);
  for (const one of [author, user]) await one.json('registry', 'set', '--default', address);
  const { fingerprint, publicKey } = await author.json<{ fingerprint: string; publicKey: string }>('keygen');
  const published = await author.json<{ manifest: string }>(
    'publish',
    await componentFile(author.directory, 'acme:echo@1.0.0', ''),
  );
  await atTerminal(user.home, ['trust', 'add', 'acme', publicKey, '--namespace', 'acme:echo', '--yes']);
  const short = published.manifest.slice('sha256:'.length, 'sha256:'.length + 32);
  const scripted = await user('install', 'acme:echo', '--accept', short);
  assert.equal(scripted.code, 0, scripted.stderr);
  const { publishers } = await user.json<{ publishers: { namespaces: string[]; signer: { fingerprint: string } }[] }>(
    'trust',
    'list',
  );
  assert.deepEqual(
    publishers.map(({ namespaces, signer }) => [namespaces, signer.fingerprint]),
    [[['acme:echo'], fingerprint]],
  );
  const reason = ['--reason', 'it was in a backup'];
  const revoked = await author('trust', 'revoke', 'me', fingerprint, ...reason, '--publish', 'acme:echo');
  assert.match(revoked.stdout, /told at oci:.*acme\/echo:1\.0\.0/, revoked.stderr);
  const heard = await user('update', '--check');
  assert.match(heard.stdout, /which is installed: .*was revoked: it was in a backup/);
  assert.match((await user('trust', 'list')).stdout, /REVOKED by the key itself: it was in a backup/);
  assert.match((await user('list')).stdout, /KEY REVOKED: it was in a backup/);
  const other = await person(t, PASSPHRASE);
  await other.json('registry', 'set', '--default', address);
  await other.json('keygen');
  const foreign = await other('yank', 'acme:echo@1.0.0', '--reason', 'no reason');
  assert.match(foreign.stderr, /WARNING: acme:echo@1\.0\.0 is not signed with this key/);
  assert.equal((await user('install', 'acme:echo', '--accept', 'short')).code, 2);
  await user.json('uninstall', 'acme:echo');
  const refused = await user('install', 'acme:echo', '--accept', short);
  assert.match(refused.stderr, /code: revoked-key/);
  const again = await atTerminal(user.home, ['trust', 'add', 'acme', publicKey, '--yes']);
  assert.match(again.shown, /was revoked: it was in a backup[^]*code: revoked-key/);
  assert.match((await user('trust', 'remove', 'acme', fingerprint)).stdout, /is not trusted any more/);
  for (const args of [
    ['add'],
    ['add', 'acme', 'no key'],
    ['add', 'acme', publicKey, '--namespace', 'acme'],
    ['remove', 'acme', fingerprint],
    ['revoke', 'acme', fingerprint],
    ['add', 'acme', '--identity', 'a@example.com'],
  ]) {
    assert.equal((await atTerminal(user.home, ['trust', ...args, '--yes'])).code, 2, args.join(' '));
  }
});

test('[trust.locked] [trust.unsigned] --locked verifies, and --allow-unsigned is shown wherever it is looked', async (t) => {
  const registry = await startRegistry(t);
  const { address } = registry;
  const author = await person(t, PASSPHRASE);
  const file = await componentFile(author.directory, 'acme:echo@1.0.0', requests('api.example.com'));
  const published = await author.json<{ manifest: string }>('publish', file, '--registry', address);
  const word = `oci://${address}/acme/echo:1.0.0`;
  const unsigned = ['--allow-unsigned', '--accept', published.manifest];
  const saved = await author('install', word, '--save', ...unsigned);
  assert.match(saved.stderr, /WARNING: oci:.* is signed by nobody[^]*that is recorded with it/);
  assert.match((await author('list')).stdout, /UNSIGNED/);
  assert.match((await author('info', 'acme:echo')).stdout, /signed {3}by NOBODY \(--allow-unsigned\)/);

  const lock = readFileSync(join(author.directory, 'switchboard.lock'));
  const user = await person(t);
  writeFileSync(join(user.directory, 'switchboard.lock'), lock);
  const refused = await user('install', '--locked');
  assert.match(refused.stderr, /code: unsigned-artifact/);
  assert.match((await user('list')).stderr, /nothing is installed/);
  const { publicKey } = await author.json<{ publicKey: string }>('keygen');
  await author.json('sign', word);
  assert.match((await user('install', '--locked')).stderr, /code: untrusted-signer/);
  await atTerminal(user.home, ['trust', 'add', 'acme', publicKey, '--yes']);
  const locked = await user.json<{ installed: object[] }>('install', '--locked');
  assert.deepEqual(locked.installed, [{ component: 'acme:echo@1.0.0', outcome: 'installed' }]);
  assert.match((await user('info', 'acme:echo')).stdout, /signed {3}by acme, SHA256:.*accepted by the lock file/);

  await registry.close();
  await user.json('uninstall', 'acme:echo');
  const away = await user('install', '--locked');
  assert.equal(away.stdout, 'installed acme:echo@1.0.0\n', away.stderr);
  assert.match(away.stderr, /cannot be asked; the signatures hold that were seen before/);
  await user.json('trust', 'remove', 'acme', publicKey);
  await user.json('uninstall', 'acme:echo');
  assert.match((await user('install', '--locked')).stderr, /code: untrusted-signer/);
  for (const name of readdirSync(join(user.home, 'cache/signatures'))) {
    if (name.endsWith('.bundle')) rmSync(join(user.home, 'cache/signatures', name));
  }
  assert.match((await user('install', '--locked', '--allow-unsigned')).stderr, /code: registry-unreachable/);
});
