/** Whose components may be installed from registries, and what is kept of how each came to be installed. All JSON. */
import { SwitchboardError } from './errors.ts';
import { type ComponentName, type Digest, parseReference, printable } from './reference.ts';
import type { PublicKeyText } from './signature.ts';

/** Who is trusted: a key, or a name that a provider of identities vouches for under a trust root of the owner's choice. */
export type TrustedSigner =
  | { readonly kind: 'key'; readonly fingerprint: string; readonly publicKey: PublicKeyText }
  | {
      readonly kind: 'identity';
      readonly issuer: string;
      readonly subject: string;
      /** A sigstore `TrustedRoot`. */
      readonly trustedRoot: unknown;
    };

/** A signer of a publisher, and what is believed of it. */
export interface TrustedPublisher {
  /** As the owner calls it: letters, digits and . _ -. */
  readonly publisher: string;
  readonly signer: TrustedSigner;
  /** `acme:*`, `acme:clip` or `*:*`. */
  readonly namespaces: readonly string[];
  /** Milliseconds since the epoch. */
  readonly addedAt: number;
  /** `owner`: in this home. `key`: by a statement that the key itself signed. Nothing of it is believed any more. */
  readonly revoked?: { readonly at: number; readonly reason: string; readonly by: 'owner' | 'key' } | undefined;
}

/** A version whose publisher took it back, as it was seen in a registry. */
export interface YankNotice {
  readonly component: ComponentName;
  readonly version: string;
  readonly manifest: Digest;
  /** Who said so, as `signerText` has it: it counts while that signer is trusted for the component. */
  readonly signer: string;
  readonly reason: string;
  readonly at: number;
}

/** An update that waits for a person. */
export interface HeldUpdate {
  readonly component: ComponentName;
  readonly from: string;
  readonly version: string;
  readonly manifest: Digest;
  /** What it asks for that the version before does not, a line each. */
  readonly differences: readonly string[];
  readonly at: number;
}

export interface TrustState {
  readonly publishers: readonly TrustedPublisher[];
  readonly yanked: readonly YankNotice[];
  readonly held: readonly HeldUpdate[];
}

export const NO_TRUST: TrustState = { publishers: [], yanked: [], held: [] };

/** Bounds of what a home keeps; of notices the oldest go first. */
export const TRUST_BOUNDS = { publishers: 1_000, yanked: 1_000, held: 1_000, root: 1024 * 1024, reason: 500 } as const;

/** Trust of a home. Durable when the promise settles. */
export interface TrustStore {
  read(): Promise<TrustState>;
  /** Replaces what `change` was given by what it gives; one at a time. */
  change(change: (state: TrustState) => TrustState): Promise<TrustState>;
}

/** How a component came from a registry into the home: kept with it, as JSON text. */
export interface TrustRecord {
  readonly manifest: Digest;
  /** Whose signature counted. Absent: it has none that counts, and a person said that it may be installed all the same. */
  readonly signed?: { readonly publisher: string; readonly signer: string } | undefined;
  /**
   * Who said that it may be installed: `asked`, a person at a terminal; `named`, whoever gave its digest; `locked`, the lock
   * file; `before`, it asks for nothing that the version before did not.
   */
  readonly accepted: 'asked' | 'named' | 'locked' | 'before';
  /** Rules and places of the severe findings that were accepted with it. */
  readonly findings: readonly string[];
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A kept record; undefined where there is none, or it is not as it was written. */
export function readTrustRecord(text: string | undefined): TrustRecord | undefined {
  if (text === undefined) return undefined;
  try {
    const { manifest, signed, accepted, findings, at } = JSON.parse(text) as Partial<TrustRecord>;
    const known = accepted !== undefined && ['asked', 'named', 'locked', 'before'].includes(accepted);
    if (typeof manifest !== 'string' || !known || typeof at !== 'number' || !Array.isArray(findings)) return undefined;
    if (signed !== undefined && (typeof signed.publisher !== 'string' || typeof signed.signer !== 'string')) {
      return undefined;
    }
    return { manifest, accepted, findings, at, ...(signed === undefined ? {} : { signed }) };
  } catch {
    return undefined;
  }
}

/** A signer as people compare it: the fingerprint of a key, or a name and who vouches for it. */
export function signerText(signer: { readonly kind: 'key'; readonly fingerprint: string } | Identity): string {
  return signer.kind === 'key'
    ? signer.fingerprint
    : `${printable(signer.subject)} (identity of ${printable(signer.issuer)})`;
}

interface Identity {
  readonly kind: 'identity';
  readonly issuer: string;
  readonly subject: string;
}

/** Whether one of the patterns is for the component. */
export function namespaceCovers(namespaces: readonly string[], name: ComponentName): boolean {
  const [namespace = ''] = name.split(':');
  return namespaces.some((one) => one === '*:*' || one === name || one === `${namespace}:*`);
}

/** `acme:*`, `acme:clip` or `*:*`. Errors: `invalid-setting`. */
export function checkNamespace(text: string): string {
  if (text === '*:*') return text;
  try {
    if (!text.includes('@')) parseReference(text.endsWith(':*') ? `${text.slice(0, -1)}x` : text);
    if (!text.includes('@')) return text;
  } catch {
    // Said below.
  }
  throw new SwitchboardError(
    'invalid-setting',
    `"${printable(text)}" is no namespace, as acme:*, acme:clip or, for every component, *:*`,
  );
}

const PUBLISHER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;
const KEY = /^[A-Za-z0-9+/]{20,4000}={0,2}$/;

/** What is kept of a publisher is this and nothing else. Errors: `invalid-setting`. */
export function checkPublisher(given: TrustedPublisher): TrustedPublisher {
  const { publisher, signer, namespaces, addedAt, revoked } = given;
  const invalid = (what: string): SwitchboardError => new SwitchboardError('invalid-setting', what);
  if (typeof publisher !== 'string' || !PUBLISHER.test(publisher)) {
    throw invalid('a publisher’s name is letters, digits and . _ -, at most 64');
  }
  if (!Array.isArray(namespaces) || namespaces.length === 0 || namespaces.length > 100) {
    throw invalid('a publisher has 1 to 100 namespaces');
  }
  if (typeof addedAt !== 'number') throw invalid('a publisher was added at a time');
  return {
    publisher,
    signer: checkSigner(signer),
    namespaces: namespaces.map((one) => checkNamespace(String(one))),
    addedAt,
    ...(revoked === undefined
      ? {}
      : {
          revoked: {
            at: Number(revoked.at),
            reason: checkReason(revoked.reason),
            by: revoked.by === 'key' ? 'key' : 'owner',
          },
        }),
  };
}

function checkSigner(signer: TrustedSigner): TrustedSigner {
  const invalid = (what: string): SwitchboardError => new SwitchboardError('invalid-setting', what);
  const { kind } = signer;
  if (kind === 'key') {
    const { fingerprint, publicKey } = signer;
    if (!FINGERPRINT.test(fingerprint) || !KEY.test(publicKey)) throw invalid('that is no public key');
    return { kind, fingerprint, publicKey };
  }
  const { issuer, subject, trustedRoot } = signer;
  const texts = [issuer, subject].every((text) => typeof text === 'string' && text !== '' && text.length <= 1_000);
  if (kind !== 'identity' || !texts) throw invalid('an identity has an issuer and a subject');
  if (typeof trustedRoot !== 'object' || trustedRoot === null) throw invalid('an identity has a trust root, in JSON');
  if (JSON.stringify(trustedRoot).length > TRUST_BOUNDS.root) throw invalid('the trust root is larger than 1 MiB');
  return { kind, issuer, subject, trustedRoot };
}

/** Of a stranger, perhaps: printable, and not endless. Errors: `invalid-setting`. */
export function checkReason(reason: unknown): string {
  if (typeof reason === 'string' && reason.trim() !== '') return printable(reason, TRUST_BOUNDS.reason);
  throw new SwitchboardError('invalid-setting', 'a reason is a text');
}

/** Whether two of them are the same signer. */
export function sameSigner(a: TrustedSigner, b: TrustedSigner): boolean {
  if (a.kind === 'key') return b.kind === 'key' && a.publicKey === b.publicKey;
  return b.kind === 'identity' && a.issuer === b.issuer && a.subject === b.subject;
}
