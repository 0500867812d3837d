import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Artifact, ArtifactReferrer } from '#core/artifact';
import { SwitchboardError } from '#core/errors';
import { BUNDLE_TYPE, PREDICATES, type SignatureVerifier, type Signer } from '#core/signature';
import { NO_TRUST, type TrustedPublisher, type TrustState } from '#core/trust';
import { judge, type JudgeOptions, type JudgePorts } from './judge.ts';

const MANIFEST = `sha256:${'1'.repeat(64)}` as const;
const ROOT = { root: 1 };
const key = (name: string): Signer => ({ kind: 'key', fingerprint: `SHA256:${name}`, publicKey: name });
const somebody = (subject: string): Signer => ({ kind: 'identity', issuer: 'https://i.example', subject });

/** A bundle of the fake: who signed, and what. */
interface Fake {
  readonly signer?: Signer;
  readonly type?: string;
  readonly predicate?: object;
  /** The trust root that vouches for it; ROOT unless given. */
  readonly under?: object;
  readonly fails?: SwitchboardError;
  /** The registry fails to give it. */
  readonly unread?: SwitchboardError;
}

const published = { name: 'acme:clip', version: '1.0.0' };

const VERIFIER: SignatureVerifier = {
  verify(bundle, subject, { keys, trustedRoot }) {
    const {
      signer,
      type = PREDICATES.publish,
      predicate = published,
      fails,
      under = ROOT,
    } = JSON.parse(Buffer.from(bundle).toString()) as Fake;
    if (fails) return Promise.reject(new SwitchboardError(fails.code, fails.message));
    const known = signer?.kind === 'key' ? keys.includes(signer.publicKey) : isDeepStrictEqual(trustedRoot, under);
    if (!signer || !known)
      return Promise.reject(new SwitchboardError('unknown-signer', 'who?', { data: { hint: 'x' } }));
    return Promise.resolve({ signer, subjects: [subject], predicateType: type, predicate: { ...predicate } });
  },
};

function artifactOf(bundles: readonly Fake[], listing?: Error): Artifact {
  const referrers = bundles.map(
    (bundle, i): ArtifactReferrer => ({
      digest: `sha256:${i}`,
      artifactType: BUNDLE_TYPE,
      size: 1,
      annotations: {},
      read: () =>
        bundle.unread
          ? Promise.reject(bundle.unread)
          : Promise.resolve({ mediaType: BUNDLE_TYPE, bytes: Buffer.from(JSON.stringify(bundle)) }),
    }),
  );
  return {
    reference: 'oci://r.example/acme/clip:1.0.0',
    ...published,
    manifest: MANIFEST,
    digest: MANIFEST,
    size: 1,
    annotations: {},
    referrers: () => (listing ? Promise.reject(listing) : Promise.resolve(referrers)),
    bytes: () => Promise.reject(new Error('nobody reads the bytes before it is decided')),
  };
}

const trusted = (
  signer: Signer,
  namespaces = ['acme:*'],
  publisher = 'acme',
  trustedRoot: object = ROOT,
): TrustedPublisher => ({
  publisher,
  signer: signer.kind === 'key' ? signer : { ...signer, trustedRoot },
  namespaces,
  addedAt: 0,
});

async function judged(
  publishers: readonly TrustedPublisher[],
  bundles: readonly Fake[],
  options: JudgeOptions = {},
  listing?: Error,
  noticed: TrustState['yanked'] = [],
): Promise<string> {
  const noted: string[] = [];
  const ports: JudgePorts = {
    verifier: VERIFIER,
    bundles: {
      get: () => Promise.resolve(undefined),
      put: () => undefined,
      list: () => Promise.resolve(undefined),
      keepList: () => undefined,
      settled: () => Promise.resolve(),
    },
    state: () => Promise.resolve({ ...NO_TRUST, publishers, yanked: noticed }),
    revoked: (signer) => Promise.resolve(void noted.push(`revoked ${signer}`)),
    yanked: (_, __, reason) => Promise.resolve(void noted.push(`yanked ${reason}`)),
  };
  try {
    const { signed } = await judge(ports, artifactOf(bundles, listing), options);
    return [signed ? `${signed.publisher} ${signed.signer}` : 'unsigned', ...noted].join(', ');
  } catch (error) {
    if (!(error instanceof SwitchboardError)) throw error;
    return [error.code, ...noted].join(', ');
  }
}

test('[trust.signed] an identity counts under its issuer and subject; a root vouches for nobody else', async () => {
  const owner = trusted(somebody('ci@acme.example'));
  assert.equal(
    await judged([owner], [{ signer: somebody('ci@acme.example') }]),
    'acme ci@acme.example (identity of https://i.example)',
  );
  assert.equal(await judged([owner], [{ signer: somebody('me@mallory.example') }]), 'untrusted-signer');
  const elsewhere: Signer = { kind: 'identity', issuer: 'https://other.example', subject: 'ci@acme.example' };
  assert.equal(await judged([owner], [{ signer: elsewhere }]), 'untrusted-signer');
  assert.equal(await judged([trusted(key('a'))], [{ signer: somebody('ci@acme.example') }]), 'untrusted-signer');
  assert.equal(
    await judged([owner, trusted(key('a'))], [{ signer: key('a') }, { signer: somebody('me@mallory.example') }]),
    'acme SHA256:a',
  );
});

test('[trust.signed] a trust root vouches only for the identities that were trusted under it', async () => {
  const OTHER = { root: 2 };
  const ci = somebody('ci@acme.example');
  const who = [trusted(ci), trusted(somebody('me@other.example'), ['other:*'], 'other', OTHER)];
  assert.equal(await judged(who, [{ signer: ci, under: OTHER }]), 'untrusted-signer');
  const yank = { type: PREDICATES.yank, predicate: { ...published, reason: 'broken' } };
  assert.match(await judged(who, [{ signer: ci }, { ...yank, signer: ci, under: OTHER }]), /^acme ci@/);
  assert.match(await judged([trusted(ci, ['acme:*'], 'acme', OTHER)], [{ signer: ci, under: OTHER }]), /^acme ci@/);
  const under = trusted(ci, ['acme:*'], 'second', OTHER);
  assert.match(await judged([trusted(ci, ['x:*']), under], [{ signer: ci, under: OTHER }]), /^second ci@/);
});

test('[trust.signed] a registry that cannot be asked is an error, and never "nobody signed it"', async () => {
  const gone = new SwitchboardError('registry-unreachable', 'gone');
  const allowed = { allowUnsigned: true };
  assert.equal(await judged([trusted(key('a'))], [], allowed, gone), 'registry-unreachable');
  assert.equal(await judged([trusted(key('a'))], [{ unread: gone }], allowed), 'registry-unreachable');
  // A yank could be what was not read.
  assert.equal(await judged([trusted(key('a'))], [{ signer: key('a') }, { unread: gone }]), 'registry-unreachable');
  const broken = new SwitchboardError('invalid-artifact', 'two layers');
  assert.equal(await judged([trusted(key('a'))], [{ unread: broken }], allowed), 'invalid-signature');
  assert.equal(await judged([trusted(key('a'))], [{ signer: key('a') }, { unread: broken }]), 'acme SHA256:a');
  const bug = new SwitchboardError('invalid-key', 'the root is none');
  assert.equal(await judged([trusted(key('a'))], [{ fails: bug }], allowed), 'invalid-key');
  assert.equal(await judged([], [], allowed), 'unsigned');
  assert.equal(await judged([], []), 'unsigned-artifact');
});

test('[trust.signed] a trusted statement that was not published, or does not say what, is none', async () => {
  const who = [trusted(key('a'))];
  for (const bundle of [
    { type: 'https://slsa.dev/provenance/v1', predicate: {} },
    { type: PREDICATES.publish, predicate: {} },
    { type: PREDICATES.publish, predicate: { name: 'acme:clip' } },
    { type: PREDICATES.publish, predicate: { ...published, name: 'acme:other' } },
    { type: PREDICATES.publish, predicate: { ...published, version: '1.0.1' } },
    { type: PREDICATES.publish, predicate: { ...published, version: ['1.0.0'] } },
  ]) {
    assert.equal(await judged(who, [{ ...bundle, signer: key('a') }]), 'invalid-signature');
  }
});

test('[trust.yanked] a yank counts of whoever is trusted for the component, and of nobody else', async () => {
  const yank = (signer: Signer): Fake => ({
    signer,
    type: PREDICATES.yank,
    predicate: { ...published, reason: 'broken' },
  });
  const who = [trusted(key('a')), trusted(key('b'), ['acme:clip'], 'b'), trusted(key('c'), ['other:*'], 'c')];
  const good: Fake = { signer: key('a') };
  assert.equal(await judged(who, [good, yank(key('a'))]), 'yanked-version, yanked broken');
  assert.equal(await judged(who, [good, yank(key('b'))]), 'yanked-version, yanked broken');
  assert.equal(await judged(who, [yank(key('b'))], { allowUnsigned: true }), 'yanked-version, yanked broken');
  assert.equal(await judged(who, [good, yank(key('c'))]), 'acme SHA256:a');
  assert.equal(await judged(who, [good, yank(key('d'))]), 'acme SHA256:a');
  const revoked: TrustedPublisher = { ...trusted(key('b')), revoked: { at: 1, reason: 'lost', by: 'owner' } };
  assert.equal(await judged([trusted(key('a')), revoked], [good, yank(key('b'))]), 'acme SHA256:a');
  const wordless: Fake = { signer: key('a'), type: PREDICATES.yank, predicate: published };
  assert.equal(await judged(who, [good, wordless]), 'acme SHA256:a');
});

test('[trust.yanked] a yank that was seen once counts while its signer is trusted, also where it is hidden since', async () => {
  const seen = (signer: string, manifest: typeof MANIFEST = MANIFEST): TrustState['yanked'] => [
    { component: 'acme:clip', version: '1.0.0', manifest, signer, reason: 'broken', at: 1 },
  ];
  const who = [trusted(key('a')), trusted(key('b'), ['acme:*'], 'b'), trusted(key('c'), ['other:*'], 'c')];
  const good: Fake = { signer: key('a') };
  const now = (signer: string, publishers = who, manifest?: typeof MANIFEST) =>
    judged(publishers, [good], {}, undefined, seen(signer, manifest));
  assert.equal(await now('SHA256:a'), 'yanked-version');
  assert.equal(await now('SHA256:b'), 'yanked-version');
  assert.equal(await now('SHA256:c'), 'acme SHA256:a');
  assert.equal(await now('SHA256:d'), 'acme SHA256:a');
  assert.equal(await now('SHA256:a', who, `sha256:${'2'.repeat(64)}`), 'acme SHA256:a');
  const [a, b] = who;
  assert.ok(a && b);
  const revoked: TrustedPublisher = { ...b, revoked: { at: 1, reason: 'lost', by: 'owner' } };
  assert.equal(await now('SHA256:b', [a, revoked]), 'acme SHA256:a');
});

test('[trust.revoked] a key that is revoked as one publisher’s is believed as nobody’s', async () => {
  const twice = [
    { ...trusted(key('a')), revoked: { at: 1, reason: 'lost', by: 'owner' as const } },
    trusted(key('a'), ['*:*'], 'other'),
  ];
  assert.equal(await judged(twice, [{ signer: key('a') }]), 'revoked-key');
  assert.equal(
    await judged([...twice, trusted(key('b'))], [{ signer: key('a') }, { signer: key('b') }]),
    'acme SHA256:b',
  );
});

test('[trust.held] of several that count the signer of what is installed is told', async () => {
  const who = [trusted(key('a')), trusted(key('b'), ['acme:*'], 'b')];
  const both: Fake[] = [{ signer: key('a') }, { signer: key('b') }];
  assert.equal(await judged(who, both), 'acme SHA256:a');
  assert.equal(await judged(who, both, { before: () => Promise.resolve('SHA256:b') }), 'b SHA256:b');
  assert.equal(await judged(who, both, { before: () => Promise.resolve(undefined) }), 'acme SHA256:a');
});
