/** Makes the bundles of the cases here that are made by hand, with new keys. `node test/signing/make-cases.ts` */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishStatement, revocationStatement, type Statement, yankStatement } from '#core/statements';
import { PAYLOAD_TYPE, preAuthEncoding } from '#signing/bundle';
import { readPublicKey } from '#signing/public-key';

const HERE = import.meta.dirname;
const ZERO = `sha256:${'0'.repeat(64)}` as const;
const SUBJECT = `sha256:${createHash('sha256').update('a component').digest('hex')}` as const;
const NPM_1 =
  'sha512:76176ffa33808b54602c7c35de5c6e9a4deb96066dba6533f50ac234f4f1f4c6b3527515dc17c06fbe2860030f410eee69ea20079bd3a2c6f3dcf3b329b10751';

interface Pair {
  readonly text: string;
  readonly fingerprint: string;
  readonly key: KeyObject;
}

const pairOf = ({ privateKey }: { readonly privateKey: KeyObject }): Pair => {
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const { text, fingerprint } = readPublicKey(der.toString('base64'));
  return { text, fingerprint, key: privateKey };
};
const alice = pairOf(generateKeyPairSync('ed25519'));
const bob = pairOf(generateKeyPairSync('ed25519'));
const mallory = pairOf(generateKeyPairSync('ed25519'));
const p256 = pairOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
const rsa = pairOf(generateKeyPairSync('rsa', { modulusLength: 2048 }));

// Made of what npm signed with: its key is of the registry's own list.
const npm =
  'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1Olb3zMAFFxXKHiIkQO5cJ3Yhl5i6UPp+IhuteBJbuHcA5UogKo0EWtlWwW6KSaKoTNEYL7JlCQiVnkhBktUgg==';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const signed = (payload: Uint8Array, { key }: Pair): Buffer =>
  sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', preAuthEncoding(payload), key);

interface Bundle {
  mediaType: string;
  verificationMaterial: Record<string, unknown>;
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string; keyid?: string }[] };
}

function bundleOf(
  payload: Uint8Array,
  by: Pair,
  { hint = by.fingerprint, signature = signed(payload, by) } = {},
): Bundle {
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint }, tlogEntries: [] },
    dsseEnvelope: { payload: base64(payload), payloadType: PAYLOAD_TYPE, signatures: [{ sig: base64(signature) }] },
  };
}

const published = (by: Pair): Statement =>
  publishStatement({ name: 'acme:clip', version: '1.0.0', component: SUBJECT, publicKey: by.text });
const bytesOf = (statement: unknown): Buffer => Buffer.from(JSON.stringify(statement));
const PUBLISHED = bytesOf(published(alice));
const good = (): Bundle => bundleOf(PUBLISHED, alice);

interface Case {
  readonly description: string;
  /** The document, or its text. */
  readonly bundle: object | string;
  readonly code: string;
  readonly says: string;
  readonly data?: string;
  readonly subject?: string;
  readonly keys?: readonly string[];
  readonly root?: string;
  readonly read?: string;
}

const invalid = (description: string, bundle: object | string, says: string, more: Partial<Case> = {}): Case => ({
  description,
  bundle,
  code: 'invalid-signature',
  says,
  ...more,
});
const holds = (description: string, bundle: object, says: string, more: Partial<Case> = {}): Case => ({
  description,
  bundle,
  code: 'ok',
  says,
  ...more,
});
/** A bundle, rightly signed, of a statement that is wrong. */
const saying = (change: object): Bundle => bundleOf(bytesOf({ ...published(alice), ...change }), alice);
const withEnvelope = (change: object): object => ({ ...good(), dsseEnvelope: { ...good().dsseEnvelope, ...change } });
const withSig = (sig: string): object => withEnvelope({ signatures: [{ sig }] });
const goodSig = good().dsseEnvelope.signatures[0]?.sig ?? '';
/** The same bits but for those that padding leaves over. */
const otherBits = `${goodSig.slice(0, -3)}${goodSig.at(-3) === 'A' ? 'B' : String.fromCharCode((goodSig.at(-3) ?? 'A').charCodeAt(0) + 1)}==`;
const escaped = (fingerprint: string): string => fingerprint.replaceAll(/[+/]/g, '.');

const cases: { readonly [name: string]: Case } = {
  holds: holds('an Ed25519 key signed', good(), `"fingerprint":"${escaped(alice.fingerprint)}"`, { read: 'publish' }),
  'holds-without-hint': holds('no hint at the key', bundleOf(PUBLISHED, alice, { hint: '' }), 'acme:clip'),
  'holds-by-p256': holds('ECDSA on P-256', bundleOf(bytesOf(published(p256)), p256), escaped(p256.fingerprint), {
    keys: ['alice', 'p256'],
  }),
  'holds-by-rsa': holds('RSA', bundleOf(bytesOf(published(rsa)), rsa), escaped(rsa.fingerprint), { keys: ['rsa'] }),
  'holds-others-members': holds(
    'a statement may say more of its subjects',
    bundleOf(
      bytesOf({
        ...published(alice),
        subject: [{ name: 'x', uri: 'y', digest: { sha256: SUBJECT.slice(7), gitCommit: 'abc' } }],
      }),
      alice,
    ),
    'acme:clip',
  ),
  'hint-of-another': holds(
    'the hint is not signed: who holds the key is who signed',
    bundleOf(PUBLISHED, alice, { hint: bob.fingerprint }),
    escaped(alice.fingerprint),
  ),
  'signed-by-another': invalid(
    'the hint names a known key, another signed',
    bundleOf(PUBLISHED, mallory, { hint: alice.fingerprint }),
    'does not hold under the key that it names',
  ),
  'unknown-key': {
    description: 'a key that nobody knows, which the statement names',
    bundle: bundleOf(bytesOf(published(mallory)), mallory),
    code: 'unknown-signer',
    says: escaped(mallory.fingerprint),
    data: `"publicKey":"${escaped(mallory.text)}"`,
  },
  'claims-key-of-another': {
    description: 'a key that nobody knows; the statement names one that did not sign',
    bundle: bundleOf(bytesOf(published(bob)), mallory),
    keys: ['alice'],
    code: 'unknown-signer',
    says: 'none of those that are known here',
    data: '^\\{"hint":"[^"]*"\\}$',
  },
  'wrong-digest': invalid('of another component', good(), 'is not of sha256:0{64}', { subject: ZERO }),
  'other-payload-type': invalid('not in-toto', withEnvelope({ payloadType: 'text/plain' }), 'not of an in-toto'),
  'payload-type-of-signature': invalid(
    'the type is changed to the right one after signing',
    bundleOf(PUBLISHED, alice, {
      signature: sign(null, Buffer.from(`DSSEv1 10 text/plain ${PUBLISHED.length} ${PUBLISHED.toString()}`), alice.key),
    }),
    'does not hold',
  ),
  'two-signatures': invalid(
    'two signatures, one of which holds',
    withEnvelope({ signatures: [{ sig: base64(Buffer.alloc(64)) }, { sig: goodSig }] }),
    'exactly one signature',
  ),
  'no-signature': invalid('none', withEnvelope({ signatures: [] }), 'exactly one signature'),
  'empty-signature': invalid('an empty one', withSig(''), 'signature that is not base64'),
  'zero-signature': invalid('of zeros', withSig(base64(Buffer.alloc(64))), 'does not hold'),
  'base64-trailing': invalid('more after the padding', withSig(`${goodSig}AAAA`), 'not base64'),
  'base64-line-end': invalid('white space in it', withSig(`${goodSig}\n`), 'not base64'),
  'base64-url': invalid(
    'another alphabet',
    withEnvelope({ payload: good().dsseEnvelope.payload.replace(/=*$/, '') + '-_' }),
    'payload that is not base64',
  ),
  'base64-other-bits': invalid('two texts for the same bytes', withSig(otherBits), 'not base64'),
  'duplicate-member': invalid(
    'two envelopes: readers differ in which they take',
    JSON.stringify(good()).replace(/\}$/, `,"dsseEnvelope":${JSON.stringify(good().dsseEnvelope)}}`),
    'member twice',
  ),
  'duplicate-member-escaped': invalid(
    'the second is written with an escape',
    JSON.stringify(good()).replace(/\}$/, `,"\\u0064sseEnvelope":{}}`),
    'member twice',
  ),
  'duplicate-in-statement': invalid(
    'two subjects members in what is signed',
    bundleOf(Buffer.from(PUBLISHED.toString().replace('"subject":', '"subject":[],"subject":')), alice),
    'statement that has a member twice',
  ),
  'proto-member': invalid(
    'a member __proto__ in what is signed',
    bundleOf(Buffer.from(PUBLISHED.toString().replace('"predicate":{', '"predicate":{"__proto__":{"x":1},')), alice),
    '__proto__',
  ),
  'not-json': invalid('cut off', JSON.stringify(good()).slice(0, -1), 'is not JSON'),
  'unknown-member': invalid('a member that nobody knows', { ...good(), more: 1 }, 'not a sigstore bundle'),
  'other-media-type': invalid('of a version to come', { ...good(), mediaType: 'application/json' }, 'media type'),
  'message-signature': invalid(
    'bytes are signed, not a statement',
    { ...good(), dsseEnvelope: undefined, messageSignature: { signature: 'AAAA' } },
    'signs bytes',
  ),
  'key-and-certificate': invalid(
    'two answers to who signed',
    {
      ...good(),
      verificationMaterial: { publicKey: { hint: alice.fingerprint }, certificate: { rawBytes: 'AAAA' } },
    },
    'one key or one certificate',
  ),
  'too-many-entries': invalid(
    'work for whoever reads them',
    {
      ...good(),
      verificationMaterial: {
        publicKey: { hint: alice.fingerprint },
        tlogEntries: Array.from({ length: 17 }, () => ({})),
      },
    },
    'too many',
  ),
  'algorithm-confusion': invalid(
    'an Ed25519 signature for an ECDSA key',
    bundleOf(bytesOf(published(p256)), alice, { hint: p256.fingerprint }),
    'does not hold',
    { keys: ['p256'] },
  ),
  'signature-of-other-text': invalid(
    'the same JSON, written in another way, was signed',
    bundleOf(PUBLISHED, alice, { signature: signed(Buffer.from(JSON.stringify(published(alice), null, 1)), alice) }),
    'does not hold',
  ),
  'signature-without-type': invalid(
    'the payload alone was signed',
    bundleOf(PUBLISHED, alice, { signature: sign(null, PUBLISHED, alice.key) }),
    'does not hold',
  ),
  'payload-changed': invalid(
    'another statement with the signature of the first',
    withEnvelope({ payload: base64(bytesOf({ ...published(alice), predicate: { name: 'bank:safe' } })) }),
    'does not hold',
  ),
  'not-a-statement': invalid('another document', saying({ _type: 'https://example.com' }), 'not sign an in-toto'),
  'no-subject': invalid('about nothing', saying({ subject: [] }), 'about nothing'),
  'subject-without-digest': invalid('a name alone', saying({ subject: [{ name: 'acme:clip@1.0.0' }] }), 'no digest'),
  'digest-in-capitals': invalid(
    'a digest in another writing',
    saying({ subject: [{ name: 'x', digest: { sha256: SUBJECT.slice(7).toUpperCase() } }] }),
    'a digest that is none',
  ),
  'no-predicate-type': invalid('says nothing', saying({ predicateType: '' }), 'without a predicate type'),
  'predicate-not-an-object': invalid('a list', saying({ predicate: ['acme:clip'] }), 'predicate is not an object'),
  'yank-as-publish': invalid(
    'a version that was taken back is no publication',
    bundleOf(
      bytesOf(
        yankStatement({ name: 'acme:clip', version: '1.0.0', component: SUBJECT, publicKey: alice.text }, 'leaks'),
      ),
      alice,
    ),
    'it says https://switchboard.dev/attestation/yank/v1',
    { read: 'publish' },
  ),
  'publish-as-yank': invalid('nor the other way round', good(), 'attestation/publish/v1', { read: 'yank' }),
  'provenance-as-publish': invalid(
    'where it was built is not who published it',
    saying({ predicateType: 'https://slsa.dev/provenance/v1' }),
    'it says https://slsa.dev/provenance/v1',
    { read: 'publish' },
  ),
  'publish-without-version': invalid(
    'a publication of any version',
    saying({ predicate: { name: 'acme:clip' } }),
    'does not say the name and the version',
    { read: 'publish' },
  ),
  'yank-with-escapes': invalid(
    'a reason that would write on the terminal',
    saying({
      predicateType: 'https://switchboard.dev/attestation/yank/v1',
      predicate: { name: 'acme:clip', version: '1.0.0', reason: 'x\u001b[2J' },
    }),
    'gives no reason',
    { read: 'yank' },
  ),
  revocation: holds(
    'a key says that it is revoked',
    bundleOf(bytesOf(revocationStatement({ ...alice, publicKey: alice.text }, 'lost', '2026-01-31T12:00:00Z')), alice),
    '"reason":"lost"',
    { read: 'revocation', subject: `sha256:${Buffer.from(alice.fingerprint.slice(7), 'base64').toString('hex')}` },
  ),
  'revocation-by-another': invalid(
    'a key says that another is revoked',
    bundleOf(bytesOf(revocationStatement({ ...bob, publicKey: bob.text }, 'mine now')), alice),
    'not signed by that key',
    { read: 'revocation', subject: `sha256:${Buffer.from(bob.fingerprint.slice(7), 'base64').toString('hex')}` },
  ),
};

type Json = Record<string, never>;
const fixture = (name: string): Json => JSON.parse(readFileSync(join(HERE, 'fixtures', name), 'utf8')) as Json;

/** Of the real bundle of the npm package sigstore 1.3.0, and of a log of our own in the place of the real one. */
function identityCases(): { readonly [name: string]: Case } {
  const real = fixture('npm-provenance.json') as unknown as Bundle;
  const other = fixture('npm-provenance-2.json') as unknown as Bundle;
  const entry = (real.verificationMaterial['tlogEntries'] as Record<string, unknown>[])[0] ?? {};
  const log = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const der = createPublicKey(log.privateKey).export({ format: 'der', type: 'spki' });
  const logId = createHash('sha256').update(der).digest();
  const root = fixture('root-public-good.json') as Record<string, unknown>;
  const ownLog = {
    baseUrl: 'https://log.example',
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: base64(der),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start: '2020-01-01T00:00:00Z' },
    },
    logId: { keyId: base64(logId) },
  };
  writeFileSync(join(HERE, 'fixtures/root-own-log.json'), `${JSON.stringify({ ...root, tlogs: [ownLog] })}\n`);
  const withEntries = (tlogEntries: unknown): object => ({
    ...real,
    verificationMaterial: { ...real.verificationMaterial, tlogEntries },
  });
  /** The real entry, as if our log had taken it at that time. */
  const promised = (integratedTime: number): object => {
    const body = entry['canonicalizedBody'] as string;
    const logIndex = Number(entry['logIndex']);
    const payload = JSON.stringify({ body, integratedTime, logID: logId.toString('hex'), logIndex });
    const signedEntryTimestamp = base64(sign('sha256', Buffer.from(payload), log.privateKey));
    const { inclusionProof: _, ...rest } = entry;
    return withEntries([
      {
        ...rest,
        logId: { keyId: base64(logId) },
        integratedTime: String(integratedTime),
        inclusionPromise: { signedEntryTimestamp },
      },
    ]);
  };
  const at = Number(entry['integratedTime']);
  const of = { subject: NPM_1, keys: [] };
  const identity = 'github\\.com/sigstore/sigstore-js/\\.github/workflows/release\\.yml@refs/heads/main';
  const publicGood = { ...of, root: 'root-public-good.json' };
  const own = { ...of, root: 'root-own-log.json' };
  return {
    'npm-provenance': holds('a real one, of npm and GitHub', real, identity, publicGood),
    'npm-publish': holds(
      'npm signed with its key',
      fixture('npm-publish.json'),
      'npm/attestation/tree/main/specs/publish',
      {
        ...of,
        keys: ['npm'],
      },
    ),
    'identity-without-root': {
      description: 'no trust root: no identity is believed',
      bundle: real,
      code: 'unknown-signer',
      says: 'no trust root was given',
      ...of,
    },
    'identity-other-root': invalid('of another instance', real, 'does not hold under the trust root', {
      ...of,
      root: 'root-scaffolding.json',
    }),
    'identity-of-another-digest': invalid('of another package', real, 'is not of sha256:0', {
      ...publicGood,
      subject: ZERO,
    }),
    'identity-without-entry': invalid('no log saw it', withEntries([]), 'does not hold under', publicGood),
    'identity-entry-of-another': invalid(
      'the entry is of another signature',
      withEntries(other.verificationMaterial['tlogEntries']),
      'does not hold under',
      publicGood,
    ),
    'identity-entry-twice': invalid('the same entry again', withEntries([entry, entry]), 'duplicate', publicGood),
    'identity-other-time': invalid(
      'a time that the log did not sign',
      withEntries([{ ...entry, integratedTime: String(at + 1) }]),
      'inclusion promise',
      publicGood,
    ),
    'identity-payload-changed': invalid(
      'another statement',
      {
        ...real,
        dsseEnvelope: { ...real.dsseEnvelope, payload: other.dsseEnvelope.payload },
      },
      'does not hold under',
      publicGood,
    ),
    'identity-certificate-of-another': invalid(
      'the certificate is of another signature',
      {
        ...real,
        verificationMaterial: {
          ...real.verificationMaterial,
          x509CertificateChain: other.verificationMaterial['x509CertificateChain'],
        },
      },
      'does not hold under',
      publicGood,
    ),
    'identity-in-time': holds('a log of our own took it in time', promised(at), identity, own),
    'identity-expired': invalid(
      'a log took it an hour after the certificate had ended',
      promised(at + 3600),
      'certificate chain',
      own,
    ),
  };
}

for (const [name, { bundle, ...rest }] of Object.entries({ ...cases, ...identityCases() })) {
  const directory = join(HERE, name);
  mkdirSync(directory, { recursive: true });
  const { description, subject = SUBJECT, keys = ['alice', 'bob'], root, read, code, says, data } = rest;
  const lines = Object.entries({ description, subject, keys, root, read, code, says, data }).filter(
    ([, value]) => value !== undefined,
  );
  writeFileSync(
    join(directory, 'case.toml'),
    lines.map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`).join(''),
  );
  writeFileSync(
    join(directory, 'bundle.sigstore'),
    typeof bundle === 'string' ? bundle : `${JSON.stringify(bundle)}\n`,
  );
}
const texts = { alice: alice.text, bob: bob.text, p256: p256.text, rsa: rsa.text, npm };
writeFileSync(join(HERE, 'fixtures/keys.json'), `${JSON.stringify(texts, undefined, 2)}\n`);
