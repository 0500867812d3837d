/** Bounds on what clients send and on what the registry keeps. Bytes and counts. */
export interface RegistryLimits {
  /** Of one blob. */
  readonly blob: number;
  /** Of all blobs and manifests together, with the uploads under way. */
  readonly total: number;
  readonly repositories: number;
  /** In one repository. */
  readonly tags: number;
  readonly manifests: number;
  /** Uploads under way, of one account and of all. */
  readonly uploadsOfOne: number;
  readonly uploads: number;
  /** An upload that nobody touches is gone after so many milliseconds. */
  readonly uploadMs: number;
  /** A connection on which nothing moves is ended after so many milliseconds. */
  readonly idleMs: number;
  readonly connections: number;
  /** From one address that is not this machine. */
  readonly connectionsOfOne: number;
  /** An upload slower than so many bytes in a window is refused. */
  readonly slowest: number;
  readonly windowMs: number;
  /** How young what nothing names may be when it is collected, milliseconds. */
  readonly graceMs: number;
}

export const REGISTRY_LIMITS: RegistryLimits = {
  blob: 1024 ** 3,
  total: 64 * 1024 ** 3,
  repositories: 10_000,
  tags: 10_000,
  manifests: 50_000,
  uploadsOfOne: 64,
  uploads: 512,
  uploadMs: 24 * 3_600_000,
  idleMs: 60_000,
  connections: 1_024,
  connectionsOfOne: 256,
  slowest: 16_384,
  windowMs: 30_000,
  graceMs: 3_600_000,
};
