/**
 * What publishers say: in-toto statements with a predicate of Switchboard's own, made and read.
 * https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
 */
import { SwitchboardError } from './errors.ts';
import { type Digest, parseReference, printable } from './reference.ts';
import { PREDICATES, type PublicKeyText, type VerifiedStatement } from './signature.ts';

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

/** A statement before it is signed. */
export interface Statement {
  readonly _type: typeof STATEMENT_TYPE;
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicateType: string;
  readonly predicate: Readonly<Record<string, unknown>>;
}

/** A version of a component, and what it is of: the manifest where it is in a registry, and the component's bytes. */
export interface SignedVersion {
  readonly name: string;
  readonly version: string;
  readonly manifest?: Digest | undefined;
  readonly component?: Digest | undefined;
  /** The key that will sign: whoever does not know it yet is told which key it was. */
  readonly publicKey: PublicKeyText;
}

const LONGEST_REASON = 500;

/** "I published this as `name` and `version`." */
export function publishStatement(signed: SignedVersion): Statement {
  const { name, version, publicKey } = signed;
  return statement(PREDICATES.publish, subjectsOf(signed), { name, version, publicKey });
}

/** "I take this version back." Errors: `invalid-setting` (the reason is empty or too long). */
export function yankStatement(signed: SignedVersion, reason: string): Statement {
  const { name, version, publicKey } = signed;
  return statement(PREDICATES.yank, subjectsOf(signed), { name, version, reason: checkedReason(reason), publicKey });
}

/**
 * "Do not believe this key any more", said by the key itself. Its subject is the key: `keyDigest`. `since` is when it was
 * lost, as an ISO 8601 instant. Errors: `invalid-setting`.
 */
export function revocationStatement(
  key: { readonly fingerprint: string; readonly publicKey: PublicKeyText },
  reason: string,
  since?: string,
): Statement {
  if (since !== undefined && !isInstant(since)) {
    throw new SwitchboardError('invalid-setting', `"${printable(since, 60)}" is no instant, as 2026-01-31T12:00:00Z`);
  }
  const predicate = { reason: checkedReason(reason), ...(since === undefined ? {} : { since }) };
  const subject = [{ name: key.fingerprint, digest: { sha256: keyDigest(key.fingerprint).slice('sha256:'.length) } }];
  return statement(PREDICATES.revocation, subject, { ...predicate, publicKey: key.publicKey });
}

/** What a `publish` statement says. Errors: `invalid-signature` for one of another type, or that says something else. */
export function readPublish(verified: VerifiedStatement): { readonly name: string; readonly version: string } {
  return namedVersion(predicateOf(verified, PREDICATES.publish));
}

/** What a `yank` statement says. Errors: `invalid-signature`. */
export function readYank(verified: VerifiedStatement): {
  readonly name: string;
  readonly version: string;
  readonly reason: string;
} {
  const predicate = predicateOf(verified, PREDICATES.yank);
  return { ...namedVersion(predicate), reason: reasonOf(predicate) };
}

/** What a revocation says, which only the key itself can say. Errors: `invalid-signature`. */
export function readRevocation(verified: VerifiedStatement): {
  readonly fingerprint: string;
  readonly reason: string;
  readonly since?: string;
} {
  const predicate = predicateOf(verified, PREDICATES.revocation);
  const { signer, subjects } = verified;
  if (signer.kind !== 'key' || !subjects.includes(keyDigest(signer.fingerprint))) {
    throw broken('it revokes a key, and is not signed by that key');
  }
  const { since } = predicate;
  if (since !== undefined && (typeof since !== 'string' || !isInstant(since))) throw broken('since is no instant');
  return { fingerprint: signer.fingerprint, reason: reasonOf(predicate), ...(since === undefined ? {} : { since }) };
}

/** A key as the subject of a statement: the digest that its fingerprint is. Errors: `invalid-key`. */
export function keyDigest(fingerprint: string): Digest {
  const [, base64] = /^SHA256:([A-Za-z0-9+/]{43})$/.exec(fingerprint) ?? [];
  if (base64 === undefined) {
    throw new SwitchboardError('invalid-key', `"${printable(fingerprint, 80)}" is no fingerprint, as SHA256:…`);
  }
  return `sha256:${Uint8Array.fromBase64(`${base64}=`).toHex()}`;
}

function statement(
  predicateType: string,
  subject: Statement['subject'],
  predicate: Readonly<Record<string, unknown>>,
): Statement {
  return { _type: STATEMENT_TYPE, subject, predicateType, predicate };
}

function subjectsOf({ name, version, manifest, component }: SignedVersion): Statement['subject'] {
  parseReference(`${name}@${version}`);
  const named = [manifest, component].filter((digest) => digest !== undefined);
  if (named.length === 0) throw new SwitchboardError('internal', 'a statement without a subject');
  return named.map((digest) => ({ name: `${name}@${version}`, digest: { sha256: digest.slice('sha256:'.length) } }));
}

function predicateOf({ predicateType, predicate }: VerifiedStatement, wanted: string): Record<string, unknown> {
  if (predicateType === wanted) return predicate;
  throw broken(`it says ${printable(predicateType)}, not ${wanted}`);
}

function namedVersion({ name, version }: Readonly<Record<string, unknown>>): { name: string; version: string } {
  if (typeof name === 'string' && typeof version === 'string') {
    try {
      const parsed = parseReference(`${name}@${version}`);
      if (parsed.name === name && parsed.version === version) return { name, version };
    } catch {
      // Told below.
    }
  }
  throw broken('it does not say the name and the version of a component');
}

function reasonOf({ reason }: Readonly<Record<string, unknown>>): string {
  if (isReason(reason)) return reason;
  throw broken('it gives no reason');
}

function checkedReason(reason: string): string {
  if (isReason(reason)) return reason;
  throw new SwitchboardError('invalid-setting', `a reason has 1 to ${LONGEST_REASON} characters, on one line`);
}

const isReason = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.trim() !== '' &&
  value.length <= LONGEST_REASON &&
  value.isWellFormed() &&
  !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value);

const isInstant = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/.test(text) && !Number.isNaN(Date.parse(text));

const broken = (what: string): SwitchboardError => new SwitchboardError('invalid-signature', `the statement: ${what}`);
