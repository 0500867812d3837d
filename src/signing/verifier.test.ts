/** Beside the cases of test/signing: keys, sizes, and what the sigstore libraries make of our bundles. */
import assert from 'node:assert/strict';
import { ECDH, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { bundleFromJSON } from '@sigstore/bundle';
import { PublicKeyDetails, TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { SwitchboardError } from '#core';
import { publishStatement, STATEMENT_TYPE } from '#core/statements';
import { makeKey } from './key-file.ts';
import { namesIn } from './keyless.ts';
import { publicKeyPem, readPublicKey } from './public-key.ts';
import { signStatement } from './sign.ts';
import { signatureVerifier } from './verifier.ts';

const SUBJECT = `sha256:${'5'.repeat(64)}` as const;
const { key } = await makeKey('correct horse');
const statement = publishStatement({
  name: 'acme:clip',
  version: '1.0.0',
  component: SUBJECT,
  publicKey: key.publicKey,
});
const spki = (publicKey: KeyObject): Buffer => publicKey.export({ format: 'der', type: 'spki' });
const isCode =
  (code: string, message = /./) =>
  (error: unknown) =>
    error instanceof SwitchboardError && error.code === code && message.test(error.message);

test('[signing.sign] the sigstore libraries read our bundles and find the signature right', () => {
  const bundle = bundleFromJSON(JSON.parse(signStatement(statement, key).toString()));
  const rawBytes = Buffer.from(key.publicKey, 'base64');
  const keys = {
    [key.fingerprint]: { rawBytes, keyDetails: PublicKeyDetails.PKIX_ED25519, validFor: { start: new Date(0) } },
  };
  const trust = toTrustMaterial(TrustedRoot.fromJSON({}), keys);
  const verifier = new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
  verifier.verify(toSignedEntity(bundle));
  const changed = structuredClone(bundle);
  if (changed.content.$case === 'dsseEnvelope') changed.content.dsseEnvelope.payload[20] = 0;
  assert.throws(() => verifier.verify(toSignedEntity(changed)), /signature verification failed/);
});

test('[signing.sign] a signature has no keyid: sigstore’s Go libraries pass over one whose keyid they did not make', () => {
  const { dsseEnvelope } = JSON.parse(signStatement(statement, key).toString()) as {
    dsseEnvelope: { signatures: object[] };
  };
  assert.deepEqual(dsseEnvelope.signatures.map(Object.keys), [['sig']]);
});

test('[signing.sign] the same statement and key give the same bytes', () => {
  assert.ok(signStatement(statement, key).equals(signStatement(statement, key)));
});

test('[signing.hostile] what is larger, deeper or of more subjects than any bundle is refused', async () => {
  const verify = (bytes: Uint8Array): Promise<unknown> =>
    signatureVerifier().verify(bytes, SUBJECT, { keys: [key.publicKey] });
  const good = signStatement(statement, key);
  await verify(good);
  await assert.rejects(
    verify(Buffer.concat([good, Buffer.alloc(1024 * 1024, ' ')])),
    isCode('invalid-signature', /more than/),
  );
  await assert.rejects(verify(Buffer.from('['.repeat(100_000))), isCode('invalid-signature', /deep/));
  const deep = {
    ...statement,
    predicate: JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`) as Record<string, unknown>,
  };
  await assert.rejects(verify(signStatement(deep, key)), isCode('invalid-signature', /deep/));
  const one = statement.subject[0] ?? assert.fail();
  const many = { ...statement, subject: Array.from({ length: 1025 }, () => one) };
  await assert.rejects(verify(signStatement(many, key)), isCode('invalid-signature', /more than 1024/));
  await verify(signStatement({ ...many, subject: many.subject.slice(1) }, key));
  assert.equal(STATEMENT_TYPE, statement._type);
});

test('[signing.verify] a key has one text, in base64 or as PEM', () => {
  const { text, fingerprint } = readPublicKey(key.publicKey);
  assert.equal(text, key.publicKey);
  assert.equal(fingerprint, key.fingerprint);
  assert.equal(readPublicKey(publicKeyPem(text)).text, text);
  assert.equal(readPublicKey(` ${text}\n`).text, text);
});

test('[signing.hostile] keys that are weak, of other kinds, or written in other ways are none', () => {
  const der = Buffer.from(key.publicKey, 'base64');
  const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
  const refused: readonly string[] = [
    '',
    'x',
    `${key.publicKey}\n${key.publicKey}`,
    Buffer.concat([der, Buffer.from([0])]).toString('base64'),
    der.subarray(0, -1).toString('base64'),
    pem.toString(),
    spki(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey).toString('base64'),
    spki(generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey).toString('base64'),
    spki(generateKeyPairSync('x25519').publicKey).toString('base64'),
    spki(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey).toString('base64'),
    'A'.repeat(100_000),
  ];
  for (const text of refused) assert.throws(() => readPublicKey(text), isCode('invalid-key'), text.slice(0, 60));
});

test('[signing.hostile] a key on a curve has one text: neither a compressed point nor a curve spelled out is taken', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const plain = spki(publicKey);
  readPublicKey(plain.toString('base64'));
  const point = ECDH.convertKey(plain.subarray(-65), 'prime256v1', undefined, undefined, 'compressed') as Buffer;
  const compressed = Buffer.concat([Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'), point]);
  const { publicKey: explicit } = generateKeyPairSync('ec', { namedCurve: 'prime256v1', paramEncoding: 'explicit' });
  for (const der of [compressed, spki(explicit)]) {
    assert.throws(() => readPublicKey(der.toString('base64')), isCode('invalid-key', /not written as/));
  }
});

test('[signing.hostile] a certificate has one name, whose bytes are what it says', async () => {
  const { readFileSync } = await import('node:fs');
  const certificateOf = (pem: string) => {
    const rawBytes = pem.replaceAll(/-----[A-Z ]+-----|\s/g, '');
    const { key: signer } = toSignedEntity(
      bundleFromJSON({
        ...(JSON.parse(signStatement(statement, key).toString()) as object),
        verificationMaterial: { certificate: { rawBytes }, tlogEntries: [] },
      }),
    );
    return signer.$case === 'certificate' ? signer.certificate : assert.fail('there is no certificate');
  };
  const fixture = (name: string): string =>
    readFileSync(new URL(`../../test/signing/fixtures/${name}`, import.meta.url), 'utf8');
  const [two, high] = [certificateOf(fixture('two-names.pem')), certificateOf(fixture('high-bits.pem'))];
  // What the library makes of them.
  assert.equal(two.subjectAltName, 'https://a.example/x');
  assert.equal(high.subjectAltName, 'https');
  assert.deepEqual([namesIn(two), namesIn(high)], [undefined, undefined]);
  const provenance = JSON.parse(fixture('npm-provenance.json')) as {
    verificationMaterial: { x509CertificateChain: { certificates: { rawBytes: string }[] } };
  };
  const [leaf] = provenance.verificationMaterial.x509CertificateChain.certificates;
  const names = namesIn(certificateOf(leaf?.rawBytes ?? ''));
  assert.equal(names?.issuer, 'https://token.actions.githubusercontent.com');
  assert.match(names?.subject ?? '', /^https:\/\/github\.com\//);
});

test('[signing.verify] a trust root that is none is told apart from a signature that does not hold', async () => {
  const { readFileSync } = await import('node:fs');
  const bundle = readFileSync(new URL('../../test/signing/npm-provenance/bundle.sigstore', import.meta.url));
  const verify = (trustedRoot: unknown): Promise<unknown> =>
    signatureVerifier().verify(bundle, SUBJECT, { keys: [], trustedRoot });
  for (const root of [null, 1, 'x', { tlogs: [{}] }]) {
    await assert.rejects(verify(root), isCode('invalid-key', /trust root/), JSON.stringify(root));
  }
  await assert.rejects(verify({}), isCode('invalid-signature'));
});
