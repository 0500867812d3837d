/** What was signed, and by whom, as those see it who decide whether it is trusted. */
import type { Digest } from './reference.ts';

/** A digest that statements name subjects by: others sign npm packages by sha512. */
export type SubjectDigest = Digest | `sha512:${string}`;

/** The media type of a bundle, and the artifact type of the referrer that has one. */
export const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** A public key of a publisher, as it is written everywhere: the DER of its SubjectPublicKeyInfo in base64 on one line. */
export type PublicKeyText = string;

/** Who signed: a key, or a name that an identity provider vouched for at that moment (sigstore calls it keyless). */
export type Signer =
  | {
      readonly kind: 'key';
      /** `SHA256:` and base64 without padding, of the DER of the SubjectPublicKeyInfo; what people compare. */
      readonly fingerprint: string;
      readonly publicKey: PublicKeyText;
    }
  | { readonly kind: 'identity'; readonly issuer: string; readonly subject: string };

/** One in-toto statement whose signature holds. https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
export interface VerifiedStatement {
  readonly signer: Signer;
  /** Digests that the statement is about. */
  readonly subjects: readonly SubjectDigest[];
  readonly predicateType: string;
  /** An object, without duplicate members; what is in it is the signer's word. `statements.ts` reads Switchboard's own. */
  readonly predicate: Readonly<Record<string, unknown>>;
}

/** Keys a bundle may be signed with, by fingerprint, and the trust root of identities. */
export interface SignatureRoots {
  readonly keys: readonly PublicKeyText[];
  /** A sigstore `TrustedRoot` (JSON), where the owner gave one. Without it no identity is believed. */
  readonly trustedRoot?: unknown;
}

/**
 * What can be said of a signer that nobody vouched for. Where the statement names its public key and the signature holds
 * under it, that key: whoever holds it signed this, and that is all that is known.
 */
export interface UnknownSigner {
  /** As the bundle has it, printable; anybody can write it. */
  readonly hint: string;
  readonly publicKey?: PublicKeyText;
  readonly fingerprint?: string;
}

/** Reads sigstore bundles. What does not hold is an error, never a weaker answer. */
export interface SignatureVerifier {
  /**
   * Verifies one bundle (JSON, at most 1 MiB). A bundle names its key by a hint only, which anybody can write: a key counts
   * when it is in `roots` and the signature holds under it. Errors: `invalid-signature` (does not hold, malformed, of
   * another digest than `subject`), `unknown-signer` (no given key or root fits) whose `data` is an `UnknownSigner`,
   * `invalid-key` (a key or the trust root cannot be read).
   */
  verify(bundle: Uint8Array, subject: SubjectDigest, roots: SignatureRoots): Promise<VerifiedStatement>;
}

/** Types of predicates that are Switchboard's own; each is an address of docs/signing.md's section. */
export const PREDICATES = {
  /** A publisher says: this is what I published as `predicate.name` and `predicate.version`. */
  publish: 'https://switchboard.dev/attestation/publish/v1',
  /** A publisher takes a version back: `predicate.reason`. */
  yank: 'https://switchboard.dev/attestation/yank/v1',
  /** A key says that it must not be believed any more, from `predicate.since`: `predicate.reason`. */
  revocation: 'https://switchboard.dev/attestation/key-revocation/v1',
} as const;

/** Something a scan found. */
export interface Finding {
  /** Stable, as `scan/embedded-secret`; docs/scan.md has one section for each. */
  readonly rule: string;
  readonly severity: 'high' | 'medium' | 'low';
  readonly message: string;
  /** Where: a section, a function, a package. Stranger's text is printable. */
  readonly place: string;
}

/** What a scan read, and found. */
export interface ScanResult {
  readonly findings: readonly Finding[];
  /** Checks that could not be made, and why: "not looked up" is never "nothing found". */
  readonly incomplete: readonly string[];
}

/** Reads a component without running it. Called at publish, and before an artifact is installed. */
export interface Scanner {
  scan(bytes: Uint8Array, sbom: Uint8Array | undefined, signal?: AbortSignal): Promise<ScanResult>;
}
