/** What a registry gives, as those judge it who decide whether it may be installed. */
import type { ComponentName, Digest } from './reference.ts';

/** Something that refers to an artifact: a signature, an SBOM, a README. Told by the registry, believed by nobody. */
export interface ArtifactReferrer {
  readonly digest: string;
  readonly artifactType: string;
  /** Bytes of its manifest. */
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  /**
   * Its one layer, checked against its digest; of at most `most` bytes, else 16 MiB. Errors: `too-large`, before anything of
   * it is fetched; `invalid-artifact`; those of the registry.
   */
  read(most?: number): Promise<{ readonly mediaType: string; readonly bytes: Uint8Array }>;
}

/** One version of a component, as a registry offers it. */
export interface Artifact {
  /** `oci://host/namespace/name:version`. */
  readonly reference: string;
  /** As the reference has them; what the component says of itself is checked when it is installed. */
  readonly name: ComponentName;
  readonly version: string;
  /** Of the manifest: what signatures are of, what a lock file holds, what a moved tag changes. */
  readonly manifest: Digest;
  /** Of the component's bytes, and how many. */
  readonly digest: Digest;
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** What refers to the manifest, of one kind where it is given; at most 1,000. */
  referrers(artifactType?: string): Promise<readonly ArtifactReferrer[]>;
  /** The component's bytes, which are fetched when first asked for and have the digest. */
  bytes(): Promise<Uint8Array>;
}

/** Whether an artifact may be installed. `refusal` is thrown as it is; `record` is kept with what is installed. */
export type ArtifactDecision =
  | { readonly allow: true; readonly record?: string | undefined }
  | { readonly allow: false; readonly refusal: Error };

/** Called with each artifact after its tag was resolved and before anything of it is installed. */
export interface ArtifactVerifier {
  verify(artifact: Artifact, signal?: AbortSignal): Promise<ArtifactDecision>;
}
