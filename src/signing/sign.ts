/** Statements signed, as sigstore bundles. */
import { sign } from 'node:crypto';
import type { Statement } from '#core/statements';
import { makeBundle, preAuthEncoding } from './bundle.ts';
import type { SigningKey } from './key-file.ts';

/** A sigstore bundle (v0.3) of a statement, by an Ed25519 key. The same statement and key give the same bytes. */
export function signStatement(statement: Statement, key: SigningKey): Buffer {
  const payload = Buffer.from(JSON.stringify(statement));
  return makeBundle(payload, sign(null, preAuthEncoding(payload), key.privateKey), key.fingerprint);
}
