/**
 * The host as programs and gateways see it. `createHost` gives one in this process; the control client
 * gives the same interface over the home's socket.
 */
import type {
  AccessDecision,
  AccessRequest,
  ApprovalItem,
  ApprovalRequest,
  CallContext,
  Caller,
  ComponentDescription,
  Digest,
  EventType,
  Grant,
  HostEvent,
  InstalledComponent,
  LimitChanges,
  LimitSources,
  LogRecord,
  Manifest,
  Permission,
  PermissionRequest,
  Principal,
  Profile,
  Schedule,
  StopSignal,
  StoreKind,
  StoreListing,
  StorePage,
  StoreUsage,
  TrustedPublisher,
  TrustedSigner,
  TrustState,
} from '#core';

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Arguments by parameter name, or in order. */
export type CallArguments = { readonly [name: string]: unknown } | readonly unknown[];

export interface CallOptions {
  /** An AbortSignal, or what a call needs of one. */
  readonly signal?: StopSignal | undefined;
  /** Run time in milliseconds; at most the component's own limit applies. */
  readonly timeout?: number | undefined;
  readonly principal?: Principal | undefined;
  readonly session?: string | undefined;
  /** Called with the component's own output and logs of this call, as they come. */
  readonly onLog?: ((record: LogRecord) => void) | undefined;
  /** What the caller offers to the component while it runs; nothing unless given. */
  readonly caller?: Caller | undefined;
  /**
   * Whose call it is, among all clients of the host: calls of one client share its turns in queues and its part of the
   * questions that may wait. Calls of the same principal unless given.
   */
  readonly client?: string | undefined;
  readonly traceId?: string | undefined;
  readonly parent?: Pick<CallContext, 'callId' | 'traceId' | 'depth'> | undefined;
}

/** Resource handles live in a session; closing it drops them. */
export interface Session {
  readonly id: string;
  call(component: string, fn: string, args?: CallArguments, options?: CallOptions): Promise<Json | undefined>;
  close(): Promise<void>;
}

export interface GrantOptions {
  readonly permissions: readonly Permission[];
  /** For whose calls; anyone's unless given. */
  readonly principal?: Grant['principal'] | undefined;
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number | undefined;
  /** For the next call only. */
  readonly once?: boolean | undefined;
  /** Although the manifest does not request it: counts for this version's manifest only. */
  readonly unrequested?: boolean | undefined;
  /** For the record. */
  readonly creator?: string | undefined;
}

/** What a component asks for and has. */
export interface ComponentPolicy {
  /** `ns:name@version`. */
  readonly component: string;
  readonly manifest: Manifest | undefined;
  /** What the manifest requests, each with the grants that serve it. */
  readonly requests: readonly { readonly request: PermissionRequest; readonly grants: readonly string[] }[];
  /** All grants of the name, those that do not count for this version too. */
  readonly grants: readonly (Grant & { readonly counts: boolean })[];
}

export type ApprovalDecision =
  | { readonly allow: false }
  | {
      readonly allow: true;
      readonly once?: boolean | undefined;
      readonly expiresAt?: number | undefined;
      /** Guest directory to host directory, for those the request left open. */
      readonly directories?: { readonly [guest: string]: string } | undefined;
    };

/** What applies to a version, and why. */
export type ComponentLimits = LimitSources;

/** What an installer knows beforehand. Anything else is refused before it is kept. */
export interface Expected {
  /** Errors where the bytes have another: `digest-mismatch`. */
  readonly digest: Digest;
  /** Whether a component that says its own name must say that of `as`. Errors: `invalid-artifact`. */
  readonly named: boolean;
}

/** Whom to trust, and for what. */
export interface TrustWanted {
  readonly publisher: string;
  /** Of a key only `publicKey` counts: its fingerprint is computed. */
  readonly signer: TrustedSigner;
  readonly namespaces: readonly string[];
}

/** What was seen in a registry. It only takes away, or says what waits. */
export type TrustNote =
  | {
      readonly kind: 'yanked';
      readonly component: string;
      readonly version: string;
      readonly manifest: Digest;
      /** Who took it back, as `signerText` has it. */
      readonly signer: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'held';
      readonly component: string;
      readonly from: string;
      readonly version: string;
      readonly manifest: Digest;
      readonly differences: readonly string[];
    }
  /** It is installed, or gone. */
  | { readonly kind: 'settled'; readonly manifest: Digest };

/** What `install` did. */
export interface Installation extends InstalledComponent {
  /** `same`: it was there like that. `changed`: these bytes were there, but said otherwise what they are or request. */
  readonly outcome: 'installed' | 'same' | 'changed';
  /** Where the manifest is another: the grants of the name that it ended, and those it brought back, for this version. */
  readonly manifestChange?: { readonly lost: readonly Grant[]; readonly regained: readonly Grant[] } | undefined;
}

/** A store as its owner names it: `namespace:name`, or `*` for the shared ones. */
export interface NamedStore {
  readonly owner: string;
  readonly kind: StoreKind;
  readonly name: string;
}

/** A key of a store, a store, or all of them. */
export type StorePart =
  | { readonly name: string; readonly key?: string | undefined }
  | { readonly name?: undefined; readonly key?: undefined };

export interface HostStatus {
  readonly pid: number;
  readonly version: string;
  readonly home: string;
  readonly startedAt: number;
  readonly components: number;
  readonly cells: number;
  readonly instances: number;
  readonly callsRunning: number;
  readonly callsWaiting: number;
  readonly callsMade: number;
  readonly sessions: number;
  /** Calls under way that components arranged for. */
  readonly schedulesRunning: number;
  /** Resident memory of the process, bytes. */
  readonly rss: number;
}

/** Every method fails with a `SwitchboardError`. */
export interface Host {
  readonly home: string;
  /** Reads a component without running any of it. */
  inspect(
    source: string | Uint8Array,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<ComponentDescription>;
  /**
   * Installs a file or bytes. Without `as` the name comes from the component's own package name. Grants nothing. Bytes
   * that are there under that name already, with another manifest or documentation beside them, are described anew:
   * grants count as they do for another version, running calls that lose something are cut.
   */
  install(
    source: string | Uint8Array,
    options?: {
      readonly as?: string | undefined;
      readonly signal?: AbortSignal | undefined;
      readonly origin?: string | undefined;
      readonly expect?: Expected | undefined;
      /** Kept with it: how it came, a `TrustRecord` as text, at most 64 KiB. */
      readonly record?: string | undefined;
    },
  ): Promise<Installation>;
  uninstall(reference: string): Promise<readonly InstalledComponent[]>;
  list(): Promise<readonly InstalledComponent[]>;
  info(reference: string): Promise<InstalledComponent>;
  /** THE call path: authorize, route, run, record. Resolves to the result's JSON, undefined where there is none. */
  call(component: string, fn: string, args?: CallArguments, options?: CallOptions): Promise<Json | undefined>;
  session(options?: { readonly principal?: Principal | undefined }): Promise<Session>;
  limits(component: string): Promise<ComponentLimits>;
  /**
   * Sets the limits given, for all versions of the name, and leaves the others; null takes one back. Running cells of
   * the component are retired.
   */
  setLimits(component: string, limits: LimitChanges): Promise<ComponentLimits>;
  logs(options?: {
    readonly component?: string | undefined;
    readonly last?: number | undefined;
  }): Promise<readonly LogRecord[]>;
  /** Calls back for every event (of these types, where given) from now on until the returned function is called. */
  subscribe(listener: (event: HostEvent) => void, types?: readonly EventType[]): () => void;
  token(): Promise<string>;
  rotateToken(): Promise<string>;
  status(): Promise<HostStatus>;
  /**
   * Gives a component permissions, for the versions whose manifest requests them. Errors: `component-not-found`,
   * `not-requested` (a manifest that does not ask for it, unless `unrequested`), `invalid-setting`, `secret-not-found`.
   * Open requests of which everything is granted by now, for the calls of whoever asked, are closed as `granted`.
   */
  grant(component: string, options: GrantOptions): Promise<readonly Grant[]>;
  /** Takes grants back: these, or all of the component. Cuts what uses them. Returns those that are gone. */
  revoke(component: string, ids?: readonly string[]): Promise<readonly Grant[]>;
  policy(component: string): Promise<ComponentPolicy>;
  /** What the policy would say to one access. */
  checkAccess(component: string, access: AccessRequest, principal?: Principal['kind']): Promise<AccessDecision>;
  /** Files a request for the owner and gives nothing. Errors: `component-not-found`, `not-requested`, `busy`. */
  requestPermission(
    component: string,
    permissions: readonly ApprovalItem[],
    reason: string,
    principal?: Principal,
  ): Promise<ApprovalRequest>;
  approvals(state?: ApprovalRequest['state']): Promise<readonly ApprovalRequest[]>;
  /** Errors: `grant-not-found`, `invalid-setting` (a directory is asked for and none was named). */
  decideApproval(id: string, decision: ApprovalDecision): Promise<readonly Grant[]>;
  setSecret(name: string, value: string): Promise<void>;
  listSecrets(): Promise<readonly { readonly name: string; readonly changedAt: number }[]>;
  removeSecret(name: string): Promise<boolean>;
  /** Opens secrets that a passphrase protects, for the life of this host. Errors: `secrets-locked`. */
  unlockSecrets(passphrase: string): Promise<void>;
  /** Keeps secrets under this passphrase from now on; without one, under a key in the home. */
  protectSecrets(passphrase?: string): Promise<void>;
  /** Whether this is the owner token: it stands for the person where there is no terminal. */
  checkOwner(token: string): Promise<boolean>;
  /** A new owner token; it is shown once, and the one before counts no longer. */
  createOwnerToken(): Promise<string>;
  removeOwnerToken(): Promise<boolean>;
  hasOwnerToken(): Promise<boolean>;
  /** Named narrowings of what MCP clients are offered, by name. */
  profiles(): Promise<readonly Profile[]>;
  /** Adds one, or replaces the one of that name: connections that use it follow. Errors: `invalid-setting`. */
  setProfile(profile: Profile): Promise<void>;
  /** False if there was none. Connections that use it are offered nothing from then on. */
  removeProfile(name: string): Promise<boolean>;
  /** Calls that components arranged for later, the next due first; of one component, or of all. */
  schedules(component?: string): Promise<readonly Schedule[]>;
  /** Ends one. Errors: `schedule-not-found`. */
  removeSchedule(component: string, name: string): Promise<Schedule>;
  /** What components keep, by owner and name: of one component, of the shared stores (`*`), or all. */
  stores(owner?: string): Promise<readonly StoreUsage[]>;
  /** Keys of a store, or names of its blobs. */
  storeKeys(store: NamedStore, listing: StoreListing): Promise<StorePage>;
  /** Removes one key, or a whole store of an owner, or all its stores of that kind. How many keys that were. */
  clearStores(store: Omit<NamedStore, 'name'> & StorePart): Promise<number>;
  /** Whose components may be installed from registries, and what was seen of them. */
  trust(): Promise<TrustState>;
  /** Trusts a signer of a publisher for namespaces, besides those it is trusted for. Errors: `invalid-setting`, `revoked-key`. */
  addTrust(wanted: TrustWanted): Promise<TrustedPublisher>;
  /** By fingerprint, key or subject. Those that are gone, revoked ones too. */
  removeTrust(publisher: string, signer: string): Promise<readonly TrustedPublisher[]>;
  /** Nothing that it signed is believed any more, as whoever's it is trusted; named by one publisher, or by any. Those revoked now. */
  revokeTrust(
    publisher: string | undefined,
    signer: string,
    why: { readonly reason: string; readonly by: 'owner' | 'key' },
  ): Promise<readonly TrustedPublisher[]>;
  noteTrust(note: TrustNote): Promise<void>;
  /** Ends running calls with `host-closed` and frees everything. Idempotent. */
  close(): Promise<void>;
}
