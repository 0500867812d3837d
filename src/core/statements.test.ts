import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwitchboardError } from './errors.ts';
import { PREDICATES, type VerifiedStatement } from './signature.ts';
import {
  keyDigest,
  publishStatement,
  readPublish,
  readRevocation,
  readYank,
  revocationStatement,
  type Statement,
  yankStatement,
} from './statements.ts';

const FINGERPRINT = `SHA256:${'A'.repeat(42)}I`;
const KEY = { fingerprint: FINGERPRINT, publicKey: 'MCow' };
const VERSION = {
  name: 'acme:clip',
  version: '1.0.0',
  manifest: `sha256:${'1'.repeat(64)}`,
  component: `sha256:${'2'.repeat(64)}`,
  publicKey: 'MCow',
} as const;

/** As a verifier gives it after the signature held. */
const verified = ({ subject, predicateType, predicate }: Statement): VerifiedStatement => ({
  signer: { kind: 'key', ...KEY },
  subjects: subject.map(({ digest }) => `sha256:${digest.sha256}` as const),
  predicateType,
  predicate: JSON.parse(JSON.stringify(predicate)) as Record<string, unknown>,
});
const refused = (work: () => unknown, code: string): void =>
  assert.throws(work, (error) => error instanceof SwitchboardError && error.code === code);

test('[signing.statements] each says what it says, of the manifest and of the bytes', () => {
  const publish = publishStatement(VERSION);
  assert.deepEqual(verified(publish).subjects, [VERSION.manifest, VERSION.component]);
  assert.deepEqual(readPublish(verified(publish)), { name: 'acme:clip', version: '1.0.0' });
  const yank = verified(yankStatement(VERSION, 'it leaks'));
  assert.deepEqual(readYank(yank), { name: 'acme:clip', version: '1.0.0', reason: 'it leaks' });
  const since = '2026-01-31T12:00:00Z';
  const revocation = verified(revocationStatement(KEY, 'lost', since));
  assert.deepEqual(readRevocation(revocation), { fingerprint: FINGERPRINT, reason: 'lost', since });
  assert.deepEqual(revocation.subjects, [keyDigest(FINGERPRINT)]);
  assert.equal(keyDigest(FINGERPRINT), `sha256:${Buffer.from(`${'A'.repeat(42)}I=`, 'base64').toString('hex')}`);
  assert.ok(!('since' in readRevocation(verified(revocationStatement(KEY, 'lost')))));
});

test('[signing.statements] none passes for another', () => {
  const all = {
    [PREDICATES.publish]: verified(publishStatement(VERSION)),
    [PREDICATES.yank]: verified(yankStatement(VERSION, 'it leaks')),
    [PREDICATES.revocation]: verified(revocationStatement(KEY, 'lost')),
  };
  const readers = {
    [PREDICATES.publish]: readPublish,
    [PREDICATES.yank]: readYank,
    [PREDICATES.revocation]: readRevocation,
  };
  for (const [type, statement] of Object.entries(all)) {
    for (const [wanted, read] of Object.entries(readers)) {
      if (type !== wanted) refused(() => read(statement), 'invalid-signature');
    }
  }
});

test('[signing.statements] what is signed is checked before, and what is read after', () => {
  for (const reason of ['', ' ', 'x'.repeat(501), 'a\nb', '\u001b[2J', '\ud800']) {
    refused(() => yankStatement(VERSION, reason), 'invalid-setting');
    refused(
      () => readYank({ ...verified(yankStatement(VERSION, 'x')), predicate: { ...VERSION, reason } }),
      'invalid-signature',
    );
  }
  for (const since of ['yesterday', '2026-13-01T00:00:00Z', '2026-01-31']) {
    refused(() => revocationStatement(KEY, 'lost', since), 'invalid-setting');
    const revocation = verified(revocationStatement(KEY, 'lost'));
    refused(() => readRevocation({ ...revocation, predicate: { reason: 'lost', since } }), 'invalid-signature');
  }
  refused(() => publishStatement({ ...VERSION, name: '../clip' }), 'invalid-reference');
  for (const predicate of [
    {},
    { name: 'acme:clip' },
    { name: 'acme:clip@1.0.0', version: '' },
    { name: 1, version: 2 },
  ]) {
    refused(() => readPublish({ ...verified(publishStatement(VERSION)), predicate }), 'invalid-signature');
  }
  for (const fingerprint of ['', 'SHA256:', `SHA256:${'A'.repeat(44)}`, `MD5:${'A'.repeat(43)}`]) {
    refused(() => keyDigest(fingerprint), 'invalid-key');
  }
});

test('[signing.statements] only the key itself revokes it', () => {
  const revocation = verified(revocationStatement(KEY, 'lost'));
  const other = { kind: 'key', fingerprint: `SHA256:${'B'.repeat(42)}I`, publicKey: 'MCox' } as const;
  refused(() => readRevocation({ ...revocation, signer: other }), 'invalid-signature');
  const identity = { kind: 'identity', issuer: 'https://i.example', subject: 'a@b.example' } as const;
  refused(() => readRevocation({ ...revocation, signer: identity }), 'invalid-signature');
});
