/** What crosses rooms. Each port has an embedded backend; test/contracts/ holds every backend to it. */
import type { DescribedFunction } from './functions.ts';
import type { Limits } from './limits.ts';
import type { Profile } from './narrowing.ts';
import type { LogRecord } from './events.ts';
import type { ApprovalRequest, Grant, Manifest } from './permission.ts';
import type { Requirement } from './policy.ts';
import type { ComponentName, Digest, Reference } from './reference.ts';
import type { ComponentTypes } from './wit-types.ts';

/** Time, injectable so that tests need not wait. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from an arbitrary origin, never going back. */
  monotonic(): number;
}

/** Randomness, injectable so that golden tests are stable. */
export interface Random {
  bytes(length: number): Uint8Array;
}

/**
 * Named points where a test makes something fail. `hit` does nothing in production; in a test it may
 * throw (a full disk) or end the process (a crash) at a name such as `cache.before-rename`.
 */
export interface FaultPoints {
  hit(point: string): void;
}

/** What is kept of a component so that listing and describing it reads no wasm. All JSON. */
export interface ComponentDescription {
  readonly digest: Digest;
  readonly size: number;
  readonly docs: string;
  readonly types: ComponentTypes;
  readonly functions: readonly DescribedFunction[];
  readonly requirements: readonly Requirement[];
  readonly manifest?: Manifest | undefined;
}

/** One installed version. */
export interface InstalledComponent {
  readonly name: ComponentName;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly installedAt: number;
  /** Where it came from, for the record: a path, or `bundled`. */
  readonly source: string;
  readonly description: ComponentDescription;
}

/**
 * Installed components and their limits. Writes are durable when the promise settles and all-or-nothing
 * across a crash: the bytes are on disk before the row that names them.
 * Errors: `version-exists` (same name and version, other digest), `disk-full`, `home-unusable`.
 */
export interface ComponentStore {
  /** Adds a version; adding the same bytes again under the same name is no change and returns false. */
  add(component: InstalledComponent, bytes: Uint8Array): Promise<boolean>;
  /**
   * Replaces what is kept of an installed version besides its bytes: description and source. False if there is no such
   * version with these bytes.
   */
  redescribe(component: InstalledComponent): Promise<boolean>;
  /** The version named, or the newest by semver precedence (releases before pre-releases). */
  get(reference: Reference): Promise<InstalledComponent | undefined>;
  /** By name, then newest first. */
  list(): Promise<readonly InstalledComponent[]>;
  /** Removes a version, or all of a name; the bytes go when nothing names them. Returns what was removed. */
  remove(reference: Reference): Promise<readonly InstalledComponent[]>;
  /** The bytes of a digest; fails with `database-corrupt` if they no longer match it. */
  bytes(digest: Digest): Promise<Uint8Array>;
  limits(name: ComponentName): Promise<Partial<Limits>>;
  /** Replaces the limits that the owner set for a name. */
  setLimits(name: ComponentName, limits: Partial<Limits>): Promise<void>;
}

/** Components' logs, bounded in size; the oldest go first. */
export interface LogStore {
  /** Buffered; a lost tail after a crash is accepted. */
  append(record: LogRecord): void;
  /** The last `last` records, oldest first, of one component name or of all. */
  read(options: { readonly component?: string; readonly last: number }): Promise<readonly LogRecord[]>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** The bearer token of the HTTP gateway: 256 random bits, base64url; made when first asked for. */
export interface TokenStore {
  token(): Promise<string>;
  rotate(): Promise<string>;
}

/** Grants. Durable when the promise settles. */
export interface GrantStore {
  add(grants: readonly Grant[]): Promise<void>;
  /** Those of a component, or all, oldest first; expired ones too. */
  list(subject?: ComponentName): Promise<readonly Grant[]>;
  /** Removes those that exist and returns them. */
  remove(ids: readonly string[]): Promise<readonly Grant[]>;
}

/** Requests for permission that wait for a person, and those decided lately. */
export interface ApprovalStore {
  /** Keeps it. At most 100 are open per component and 1,000 in all: one more fails with `busy`. */
  file(request: ApprovalRequest): Promise<void>;
  get(id: string): Promise<ApprovalRequest | undefined>;
  /** Newest first. */
  list(state?: ApprovalRequest['state']): Promise<readonly ApprovalRequest[]>;
  /** Decides an open one; undefined if it was not open. Decided ones are kept, the last 1,000. */
  decide(
    id: string,
    state: Exclude<ApprovalRequest['state'], 'open'>,
    at: number,
  ): Promise<ApprovalRequest | undefined>;
}

/** Named narrowings, by name. At most 100: one more fails with `invalid-setting`. */
export interface ProfileStore {
  list(): Promise<readonly Profile[]>;
  /** Adds it, or replaces the one of that name. */
  set(profile: Profile): Promise<void>;
  /** False if there was none. */
  remove(name: string): Promise<boolean>;
}

/** Secrets, encrypted at rest. Values are UTF-8 text of at most 64 KiB; names match `^[A-Za-z_][A-Za-z0-9_.-]{0,63}$`. */
export interface SecretStore {
  /** Errors: `invalid-setting`, `secrets-locked`, `disk-full`. */
  set(name: string, value: string): Promise<void>;
  /** Undefined if there is none. Errors: `secrets-locked` (a passphrase is needed), `database-corrupt`. */
  get(name: string): Promise<string | undefined>;
  /** Names and times only. */
  list(): Promise<readonly { readonly name: string; readonly changedAt: number }[]>;
  remove(name: string): Promise<boolean>;
}
