/** keygen, sign, verify and what publish does with a key, as people run them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { Digest } from '#core';
import { publishStatement, yankStatement } from '#core/statements';
import { bundleAttachment } from '#gateways/cli/signing/bundles';
import { createProject } from '#devkit';
import { attach } from '#registry/client/publish';
import { openKeyFile, publicKeyPem, signStatement } from '#signing';
import { injectPackage } from '#wit';
import { newHome, outcomeOf, start } from '../e2e/cli-run.ts';
import { atTerminal } from '../e2e/terminal.ts';
import { guest } from '../guests/build.ts';
import { clientOf } from '../registry/client-of.ts';
import { startDockerRegistry } from '../registry/docker-registry.ts';
import { scratch, startRegistry } from '../registry/peer.ts';

const PASSPHRASE = 'correct horse';
const FIXTURES = join(import.meta.dirname, 'fixtures');

interface Person {
  readonly home: string;
  readonly directory: string;
  /** Runs a verb where nobody sits at a terminal, with these lines as the input. */
  (args: readonly string[], input?: string, env?: NodeJS.ProcessEnv): ReturnType<typeof outcomeOf>;
  json<T>(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<T>;
}

function person(t: TestContext): Person {
  const home = newHome(t);
  const directory = scratch(t);
  const own = (args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): ReturnType<typeof outcomeOf> => {
    const child = start(home, args, env, directory);
    child.stdin?.on('error', () => undefined).end(input);
    return outcomeOf(child);
  };
  const json = async <T>(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<T> => {
    const { code, stdout, stderr } = await own([...args, '--output', 'json'], '', env);
    assert.equal(code, 0, stdout + stderr);
    return JSON.parse(stdout) as T;
  };
  return Object.assign(own, { home, directory, json });
}

const WITH_PASSPHRASE = { SWITCHBOARD_KEY_PASSPHRASE: PASSPHRASE };
interface Made {
  readonly key: string;
  readonly publicKeyFile: string;
  readonly publicKey: string;
  readonly fingerprint: string;
}
const keygen = (who: Person): Promise<Made> => who.json(['keygen'], WITH_PASSPHRASE);

async function component(who: Person, reference: string): Promise<string> {
  const { bytes } = await guest('echo');
  const path = join(who.directory, `${reference.replaceAll(/[^a-z0-9.]/g, '-')}.wasm`);
  writeFileSync(path, injectPackage(bytes, reference));
  return path;
}

void test('[signing.keys] keygen: encrypted, private, never over another, and nobody is asked without a terminal', async (t) => {
  const alice = person(t);
  const nobody = await alice(['keygen'], `${PASSPHRASE}\n`);
  assert.equal(nobody.code, 3);
  assert.match(nobody.stderr, /nobody is there to be asked[^]*--passphrase-file[^]*code: key-locked/);
  assert.ok(!existsSync(alice.home));
  const made = await keygen(alice);
  assert.equal(made.key, join(alice.home, 'keys/signing.key'));
  assert.equal(statSync(made.key).mode & 0o777, 0o600);
  assert.equal(statSync(join(alice.home, 'keys')).mode & 0o777, 0o700);
  assert.equal(readFileSync(made.publicKeyFile, 'utf8'), `${made.publicKey}\n`);
  assert.doesNotMatch(readFileSync(made.key, 'utf8'), /correct horse|PRIVATE/);
  const before = readFileSync(made.key);
  const again = await alice(['keygen', '--passphrase-stdin'], PASSPHRASE);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /never overwritten/);
  assert.ok(readFileSync(made.key).equals(before));
  chmodSync(made.key, 0o644);
  const listed = await alice(['list']);
  assert.equal(listed.code, 0, listed.stderr);
  assert.equal(statSync(made.key).mode & 0o777, 0o600, 'the host takes the rights of others away');
  const file = join(alice.directory, 'passphrase.txt');
  writeFileSync(file, `${PASSPHRASE}\nmore\n`);
  const out = join(alice.directory, 'ci.key');
  const second = await alice.json<Made>(['keygen', '--out', out, '--passphrase-file', file]);
  assert.notEqual(second.fingerprint, made.fingerprint);
  assert.equal(second.publicKeyFile, join(alice.directory, 'ci.pub'));
  const third = await alice(['keygen', '--out', join(alice.directory, 'x.key'), '--passphrase-stdin'], 'short\n');
  assert.match(third.stderr, /at least 8 characters/);
  writeFileSync(join(alice.directory, 'y.pub'), 'mine');
  assert.equal((await alice(['keygen', '--out', join(alice.directory, 'y.key')], '', WITH_PASSPHRASE)).code, 2);
  assert.ok(!existsSync(join(alice.directory, 'y.key')));
});

void test('[signing.keys] keygen at a terminal takes the passphrase twice and shows neither', async (t) => {
  const home = newHome(t);
  const differs = await atTerminal(
    home,
    ['keygen'],
    [
      [/passphrase of the new key: /, `${PASSPHRASE}\r`],
      [/once more: /, 'another horse\r'],
    ],
  );
  assert.equal(differs.code, 2, differs.shown);
  assert.ok(!existsSync(join(home, 'keys')));
  const { code, shown } = await atTerminal(
    home,
    ['keygen'],
    [
      [/passphrase of the new key: /, `${PASSPHRASE}\r`],
      [/once more: /, `${PASSPHRASE}\r`],
    ],
  );
  assert.equal(code, 0, shown);
  assert.match(shown, /fingerprint {2}SHA256:[A-Za-z0-9+/]{43}\n/);
  assert.doesNotMatch(shown, /horse/);
  await openKeyFile(readFileSync(join(home, 'keys/signing.key')), PASSPHRASE, 'it');
});

void test('[signing.sign] [signing.verify] a file: signed, verified, changed, by somebody else', async (t) => {
  const [alice, bob] = [person(t), person(t)];
  const file = await component(alice, 'acme:echo@1.0.0');
  const unmade = await alice(['sign', file], '', WITH_PASSPHRASE);
  assert.match(unmade.stderr, /no key to sign with[^]*fix: switchboard keygen/);
  const { fingerprint, publicKey } = await keygen(alice);
  const before = await alice(['verify', file]);
  assert.equal(before.code, 3);
  assert.match(before.stderr, /nobody signed[^]*code: unsigned-artifact/);
  const wrong = await alice(['sign', file], '', { SWITCHBOARD_KEY_PASSPHRASE: 'wrong horse' });
  assert.match(wrong.stderr, /code: key-locked/);
  assert.ok(!existsSync(`${file}.sigstore.json`));
  const signed = await alice(['sign', file, '--passphrase-stdin'], `${PASSPHRASE}\n`);
  assert.equal(signed.code, 0, signed.stderr);
  const held = await alice(['verify', file]);
  assert.equal(held.code, 0, held.stderr);
  assert.ok(held.stdout.includes(`signed by ${fingerprint} (your key)\n  as acme:echo@1.0.0\n`), held.stdout);
  const stranger = await bob(['verify', file]);
  assert.equal(stranger.code, 3);
  assert.match(stranger.stderr, /code: unknown-signer/);
  assert.ok(stranger.stderr.includes(`switchboard verify ${file} --key ${publicKey}`), stranger.stderr);
  const pem = join(bob.directory, 'alice.pem');
  writeFileSync(pem, publicKeyPem(publicKey));
  for (const key of [publicKey, pem, join(alice.home, 'keys/signing.pub'), join(alice.home, 'keys/signing.key')]) {
    const found = await bob.json<{ signatures: { signer: { fingerprint: string } }[] }>(['verify', file, '--key', key]);
    assert.deepEqual(
      found.signatures.map((one) => one.signer.fingerprint),
      [fingerprint],
    );
  }
  const noKey = await bob(['verify', file, '--key', 'nonsense']);
  assert.match(noKey.stderr, /code: invalid-key/);
  await keygen(bob);
  const over = await bob(['sign', file], '', WITH_PASSPHRASE);
  assert.equal(over.code, 2);
  assert.match(over.stderr, /is another's signature[^]*--out/);
  await alice.json(['sign', file], WITH_PASSPHRASE);
  await bob.json(['sign', file, '--out', join(bob.directory, 'own.json')], WITH_PASSPHRASE);
  const other = await component(bob, 'acme:echo@1.0.1');
  const moved = await bob(['verify', other, '--bundle', `${file}.sigstore.json`, '--key', publicKey]);
  assert.equal(moved.code, 3);
  assert.match(moved.stderr, /holds, but is not of sha256:[^]*code: invalid-signature/);
  const root = ['--trusted-root', join(FIXTURES, 'root-public-good.json'), '--identity', 'x', '--issuer', 'y'];
  const asked = await alice(['verify', file, ...root]);
  assert.match(
    asked.stderr,
    /code: unknown-signer/,
    'where an identity is asked for, no key of the home stands for it',
  );
  const { bytes } = await guest('state');
  const nameless = join(alice.directory, 'nameless.wasm');
  writeFileSync(nameless, bytes);
  assert.match((await alice(['sign', nameless], '', WITH_PASSPHRASE)).stderr, /--as namespace:name@1\.0\.0/);
  await alice.json(['sign', nameless, '--as', 'acme:state@1.0.0'], WITH_PASSPHRASE);
  assert.match((await alice(['verify', nameless])).stdout, /as acme:state@1\.0\.0/);
  assert.equal((await alice(['sign', file, '--as', 'acme:other@1.0.0'], '', WITH_PASSPHRASE)).code, 2);
});

void test('[signing.sign] [signing.verify] a project: its build is signed, and verified', async (t) => {
  const alice = person(t);
  await keygen(alice);
  const { dir: folder } = await createProject(alice.directory, 'acme:sums', 'js');
  const none = await alice(['verify', folder]);
  assert.match(none.stderr, /was not built yet[^]*fix: switchboard build/);
  const signed = await alice(['sign', folder], '', WITH_PASSPHRASE);
  assert.equal(signed.code, 0, signed.stderr);
  assert.match(signed.stdout, /^signed acme:sums@0\.1\.0 /);
  assert.equal((await alice(['verify', folder])).code, 0);
});

void test('[signing.verify] npm packages: by an identity under a given root, and by the key of npm', async (t) => {
  const bob = person(t);
  const subject =
    'sha512:76176ffa33808b54602c7c35de5c6e9a4deb96066dba6533f50ac234f4f1f4c6b3527515dc17c06fbe2860030f410eee69ea20079bd3a2c6f3dcf3b329b10751';
  const identity = 'https://github.com/sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main';
  const issuer = 'https://token.actions.githubusercontent.com';
  const keyless = ['verify', subject, '--bundle', join(FIXTURES, 'npm-provenance.json')];
  const root = ['--trusted-root', join(FIXTURES, 'root-public-good.json')];
  const held = await bob([...keyless, ...root, '--identity', identity, '--issuer', issuer]);
  assert.equal(held.code, 0, held.stderr);
  assert.ok(held.stdout.includes(`signed by ${identity}, for whom ${issuer} vouched\n`), held.stdout);
  for (const [who, whom] of [
    [identity.slice(0, -1), issuer],
    [`${identity}x`, issuer],
    [identity, 'https://accounts.example'],
    ['.*', issuer],
  ] as const) {
    const refused = await bob([...keyless, ...root, '--identity', who, '--issuer', whom]);
    assert.match(refused.stderr, /another identity[^]*code: unknown-signer/);
  }
  for (const flags of [root, [...root, '--identity', identity], ['--issuer', issuer]]) {
    const half = await bob([...keyless, ...flags]);
    assert.equal(half.code, 2);
    assert.match(half.stderr, /go together/);
  }
  assert.match((await bob(keyless)).stderr, /code: unknown-signer/);
  const keys = JSON.parse(readFileSync(join(FIXTURES, 'keys.json'), 'utf8')) as { npm: string };
  const byKey = await bob(['verify', subject, '--bundle', join(FIXTURES, 'npm-publish.json'), '--key', keys.npm]);
  assert.equal(byKey.code, 0, byKey.stderr);
  assert.match(byKey.stdout, /a statement of the type https:\/\/github\.com\/npm\/attestation/);
  assert.equal((await bob(['verify', subject])).code, 2);
});

const REGISTRIES: { readonly [name: string]: (t: TestContext) => Promise<string> } = {
  'our registry': async (t) => (await startRegistry(t)).address,
  'docker-registry': startDockerRegistry,
};

void describe('publish signs', () => {
  for (const [name, begin] of Object.entries(REGISTRIES)) {
    void test(`[signing.sign] [signing.verify] with ${name}`, async (t) => {
      const address = await begin(t);
      const [alice, bob] = [person(t), person(t)];
      const file = await component(alice, 'acme:echo@1.0.0');
      const reference = `oci://${address}/acme/echo:1.0.0`;
      const unsigned = await alice(['publish', file, '--registry', address]);
      assert.equal(unsigned.code, 0, unsigned.stderr);
      assert.match(unsigned.stderr, /WARNING: this is published unsigned[^]*switchboard keygen/);
      assert.match(unsigned.stdout, /^signed {3}by nobody$/m);
      assert.match((await alice(['verify', reference])).stderr, /code: unsigned-artifact/);
      const { fingerprint, publicKey } = await keygen(alice);
      const locked = await alice(['publish', file, '--registry', address]);
      assert.match(locked.stderr, /code: key-locked/);
      interface Published {
        readonly signedBy: string | null;
        readonly manifest: Digest;
        readonly attachments: readonly { readonly artifactType: string; readonly digest: string }[];
      }
      const publish = ['publish', file, '--registry', address];
      const first = await alice.json<Published>(publish, WITH_PASSPHRASE);
      assert.equal(first.signedBy, fingerprint);
      assert.deepEqual(
        first.attachments.map((one) => one.artifactType),
        ['application/vnd.dev.sigstore.bundle.v0.3+json'],
      );
      assert.deepEqual(await alice.json<Published>(publish, WITH_PASSPHRASE), first);
      const held = await bob(['verify', reference, '--key', publicKey]);
      assert.equal(held.code, 0, held.stderr);
      assert.equal(held.stdout.match(/^signed by /gm)?.length, 1, held.stdout);
      assert.match((await bob(['verify', reference])).stderr, /code: unknown-signer/);
      const { stdout: raw } = await promisify(execFile)('skopeo', [
        '--insecure-policy',
        'inspect',
        '--raw',
        '--tls-verify=false',
        `docker://${address}/acme/echo@${first.attachments[0]?.digest}`,
      ]);
      const referrer = JSON.parse(raw) as { subject: { digest: string }; annotations: Record<string, string> };
      assert.equal(referrer.subject.digest, first.manifest);
      assert.equal(referrer.annotations['dev.sigstore.bundle.content'], 'dsse-envelope');
      await bundleBeside(t, { address, bob, file, publicKey });
      await replays(t, { address, alice, bob, reference, publicKey });
      const plain = await alice([
        'publish',
        await component(alice, 'acme:echo@3.0.0'),
        '--registry',
        address,
        '--no-sign',
      ]);
      assert.equal(plain.code, 0, plain.stderr);
      assert.match(plain.stderr, /WARNING: this is published unsigned/);
      const later = await alice(['sign', `oci://${address}/acme/echo:3.0.0`], '', WITH_PASSPHRASE);
      assert.equal(later.code, 0, later.stderr);
      // What is signed is said before: the registry could have put another component there.
      assert.match(
        later.stderr,
        /to be signed as acme:echo@3\.0\.0.*\nmanifest {2}sha256:.{64}\ncomponent sha256:.{64}\n/,
      );
      assert.equal((await alice(['verify', `oci://${address}/acme/echo:3.0.0`])).code, 0);
    });
  }
});

/** What publish signed in the registry also verifies beside the file that was published. */
async function bundleBeside(
  t: TestContext,
  {
    address,
    bob,
    file,
    publicKey,
  }: { readonly address: string; readonly bob: Person; file: string; publicKey: string },
): Promise<void> {
  const client = await clientOf(t);
  const artifact = await client.resolve(`oci://${address}/acme/echo:1.0.0`);
  const [bundle] = await artifact.referrers('application/vnd.dev.sigstore.bundle.v0.3+json');
  const here = join(bob.directory, 'echo.wasm');
  copyFileSync(file, here);
  writeFileSync(`${here}.sigstore.json`, (await bundle?.read())?.bytes ?? '');
  assert.match((await bob(['verify', here, '--key', publicKey])).stdout, /as acme:echo@1\.0\.0/);
}

/** Signatures of one version, hung onto another. */
async function replays(
  t: TestContext,
  {
    address,
    alice,
    bob,
    reference,
    publicKey,
  }: { readonly address: string; alice: Person; bob: Person; reference: string; publicKey: string },
): Promise<void> {
  const key = await openKeyFile(readFileSync(join(alice.home, 'keys/signing.key')), PASSPHRASE, 'it');
  const newer = await component(alice, 'acme:echo@2.0.0');
  await alice.json(['publish', newer, '--registry', address, '--no-sign']);
  const client = await clientOf(t);
  const [first, second] = [await client.resolve(reference), await client.resolve(`oci://${address}/acme/echo:2.0.0`)];
  const bytes = (await second.repository.manifest(second.manifest))?.bytes ?? assert.fail();
  const subject = {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: second.manifest,
    size: bytes.length,
  };
  const hang = async (statement: Parameters<typeof signStatement>[0]): Promise<void> => {
    await attach(second.repository, subject, bundleAttachment(signStatement(statement, key), statement));
  };
  const old = { name: 'acme:echo', version: '1.0.0', publicKey };
  const verify = (): ReturnType<Person> => bob(['verify', `oci://${address}/acme/echo:2.0.0`, '--key', publicKey]);
  await hang(publishStatement({ ...old, manifest: first.manifest }));
  assert.match((await verify()).stderr, /holds, but is not of[^]*code: invalid-signature/);
  await hang(publishStatement({ ...old, manifest: second.manifest }));
  const renamed = await verify();
  assert.equal(renamed.code, 3);
  await hang(yankStatement({ ...old, version: '2.0.0', manifest: second.manifest }, 'it leaks'));
  const yanked = await verify();
  assert.equal(yanked.code, 3, 'what takes a version back does not vouch for it');
  assert.match(yanked.stderr, /nobody vouches for .* took it back: it leaks\n/);
  await hang(publishStatement({ ...old, version: '2.0.0', manifest: second.manifest }));
  const { code, stdout, stderr } = await verify();
  assert.equal(code, 3, `what was taken back is no success: ${stderr}`);
  assert.match(stdout, /as acme:echo@2\.0\.0/);
  assert.match(stdout, /TAKEN BACK: it leaks/);
  assert.match(stdout, /not counted: it was signed as acme:echo@1\.0\.0, and is offered as acme:echo@2\.0\.0/);
  assert.match(stdout, /not counted: the signature holds, but is not of/);
}
