/** What crosses rooms. Each port has an embedded backend; test/contracts/ holds every backend to it. */
import type { DescribedFunction } from './functions.ts';
import type { Limits } from './limits.ts';
import type { Profile } from './narrowing.ts';
import type { LogRecord } from './events.ts';
import type { ApprovalRequest, Grant, Manifest } from './permission.ts';
import type { Requirement } from './policy.ts';
import type { ComponentName, Digest, Reference } from './reference.ts';
import type { Schedule } from './schedule.ts';
import type { StoreKind } from './stores.ts';
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
  /** For threads of their own, where no function gets to: the URL of a module that exports `faults`. */
  readonly module?: string;
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
  /**
   * Adds a version; adding the same bytes again under the same name is no change and returns false. `file` is where the
   * bytes were read from: a store that keeps them beside it may take that file rather than write another.
   */
  add(component: InstalledComponent, bytes: Uint8Array, file?: string): Promise<boolean>;
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

/** Calls that components arranged for later. Durable when the promise settles. */
export interface ScheduleStore {
  /** Adds it, or replaces the one of that component and name. With more than `most` of the component fails with `busy`. */
  set(schedule: Schedule, most: number): Promise<void>;
  /** Those of a component, or all, the next due first. */
  list(component?: ComponentName): Promise<readonly Schedule[]>;
  /** Of each component the one that is due longest at `now`, the longest due first; at most `most`. */
  due(now: number, most: number): Promise<readonly Schedule[]>;
  /** When the first is due; undefined where there is none. */
  next(): Promise<number | undefined>;
  /**
   * Takes one that is due, before it is run: it is next due at `next`, or gone where that is absent. False if it is not as
   * it was read: cancelled, replaced or taken by another host; then it is not to be run.
   */
  take(schedule: Schedule, next: number | undefined): Promise<boolean>;
  /** Keeps how a run ended, if the schedule is still there. */
  ran(component: ComponentName, name: string, last: NonNullable<Schedule['last']>): Promise<void>;
  /** Removes one, or all of a component; returns what is gone. */
  remove(component: ComponentName, name?: string): Promise<readonly Schedule[]>;
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

/** Where one store's data is: with a component's name, or under `*`, which is none, for the shared ones. */
export interface StorePlace {
  readonly owner: ComponentName;
  readonly name: string;
}

/** Of one store: bytes of keys and values together, and keys. */
export interface StoreQuota {
  readonly bytes: number;
  readonly keys: number;
}

/** What one store holds. */
export interface StoreUsage extends StorePlace, StoreQuota {
  readonly kind: StoreKind;
}

export interface KvWrite {
  /** Milliseconds after which the value is gone; forever without. */
  readonly ttl?: number | undefined;
  readonly quota: StoreQuota;
}

export interface StoreListing {
  readonly prefix: string;
  /** Keys that come after this one. */
  readonly after?: string | undefined;
  /** 1 to 1000. */
  readonly limit: number;
}

/** In the order of their UTF-8. `more`: there may be keys after the last. */
export interface StorePage {
  readonly keys: readonly string[];
  readonly more: boolean;
}

/**
 * Small values by key. A key is text of 1 to 1,024 bytes, a value at most 1 MiB. Writes are durable when the promise
 * settles and all-or-nothing across a crash. What expired is gone at once for every reader, and no part of a quota that
 * a write needs. Errors: `invalid-arguments`, `store-full` (nothing was changed), `disk-full`, `home-unusable`.
 */
export interface KvStore {
  get(place: StorePlace, key: string): Promise<Uint8Array | undefined>;
  exists(place: StorePlace, key: string): Promise<boolean>;
  /** Replaces value and time to live. */
  set(place: StorePlace, key: string, value: Uint8Array, write: KvWrite): Promise<void>;
  /** False if there was none. */
  delete(place: StorePlace, key: string): Promise<boolean>;
  /** Sets `value` (deletes without one) if the value is `expected` now (there is none, without one). Whether it did. */
  compareAndSet(
    place: StorePlace,
    key: string,
    expected: Uint8Array | undefined,
    value: Uint8Array | undefined,
    write: KvWrite,
  ): Promise<boolean>;
  /** Adds to a value that is decimal text, from 0 where there is none; keeps its time to live. Returns the sum, an s64. */
  increment(place: StorePlace, key: string, delta: bigint, quota: StoreQuota): Promise<bigint>;
  list(place: StorePlace, listing: StoreListing): Promise<StorePage>;
  /** What readers find there: nothing that expired. */
  usage(place: StorePlace): Promise<StoreQuota>;
  /** Every store that holds something, by owner and name. */
  stores(): Promise<readonly StoreUsage[]>;
  /** Removes everything in a store, or in all stores of an owner. How many keys that were. */
  clear(place: { readonly owner: StorePlace['owner']; readonly name?: string | undefined }): Promise<number>;
  close(): Promise<void>;
}

export interface BlobInfo {
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** A blob as it was when it was opened, also after it was replaced or removed. */
export interface BlobReader extends BlobInfo {
  /** At most `length` bytes from `offset` on; fewer, or none, at the end. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A blob on its way: nobody sees it before `finish`. */
export interface BlobWriter {
  /** Errors: `store-full`, `disk-full`. */
  write(bytes: Uint8Array): Promise<void>;
  /** Gives it a place and a name, replacing what is there, durably and at once. It is over, also when it fails. */
  finish(place: StorePlace, name: string, quota: StoreQuota): Promise<BlobInfo>;
  /** Idempotent, and nothing after `finish`. */
  abort(): Promise<void>;
}

/** Large values by name; names and errors are those of `KvStore`. */
export interface BlobStore {
  /**
   * `account`: what its writers that are under way hold, and what it replaced or removed that is still open, is at most
   * `most` bytes together.
   */
  create(account: string, most: number): Promise<BlobWriter>;
  open(place: StorePlace, name: string): Promise<BlobReader | undefined>;
  info(place: StorePlace, name: string): Promise<BlobInfo | undefined>;
  /** False if there was none. `account`: has its bytes while it is open; without one the store's owner has. */
  remove(place: StorePlace, name: string, account?: string): Promise<boolean>;
  list(place: StorePlace, listing: StoreListing): Promise<StorePage>;
  usage(place: StorePlace): Promise<StoreQuota>;
  stores(): Promise<readonly StoreUsage[]>;
  /** `account`: as of `remove`. */
  clear(
    place: { readonly owner: StorePlace['owner']; readonly name?: string | undefined },
    account?: string,
  ): Promise<number>;
  close(): Promise<void>;
}
