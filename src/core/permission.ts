/** What a component may be given: what its manifest requests, what its owner grants, what then applies. All JSON. */
import type { CallPattern } from './call-pattern.ts';
import type { Principal } from './context.ts';
import type { ComponentName, Digest } from './reference.ts';
import type { StoreKind, StorePermission } from './stores.ts';

export type FsMode = 'ro' | 'rw';

/**
 * One permission as an owner grants it.
 * `fs`: the host directory (absolute) appears to the guest under `guest` (absolute, `/data`).
 * `net`: outgoing HTTP to a host: a name, `*.name` (names below it), `*` (any public host), an address or a CIDR
 * block; `port` a number, `*` for any, absent for 80 and 443. A name gives no private address: that needs a grant of
 * the address. `localhost` gives loopback.
 * `env`: one variable with its value. `secret`: one secret by name; its value is in the secret store.
 * `kv`, `blob`: a store of that name.
 * `elicit`: to ask the caller's person while it runs. `sample`: to have the caller's model answer it.
 * `call`: to call functions of other components, which do what those were granted. `schedule`: to have itself called later.
 */
export type Permission =
  | { readonly kind: 'fs'; readonly host: string; readonly guest: string; readonly mode: FsMode }
  | { readonly kind: 'net'; readonly host: string; readonly port?: number | '*' }
  | { readonly kind: 'env'; readonly name: string; readonly value: string }
  | { readonly kind: 'secret'; readonly name: string }
  | StorePermission
  | { readonly kind: 'elicit' }
  | { readonly kind: 'sample' }
  | ({ readonly kind: 'call' } & CallPattern)
  | { readonly kind: 'schedule' };

/** What a component may ask of whoever called it. */
export type AskKind = 'elicit' | 'sample';

/** One permission as a manifest requests it: the owner chooses the host directory and the value. */
export type PermissionRequest = { readonly reason: string } & (
  | { readonly kind: 'fs'; readonly guest: string; readonly mode: FsMode }
  | { readonly kind: 'net'; readonly host: string; readonly port?: number | '*' }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'secret'; readonly name: string }
  | { readonly kind: StoreKind; readonly name: string; readonly mode: FsMode }
  | { readonly kind: 'elicit' }
  | { readonly kind: 'sample' }
  | ({ readonly kind: 'call' } & CallPattern)
  | { readonly kind: 'schedule' }
);

/** What the owner gave. Installing gives nothing. */
export interface Grant {
  /** `g_` and 16 characters of base64url. */
  readonly id: string;
  /** For whose calls it counts; a client's label is never trusted. */
  readonly principal: 'anyone' | Principal['kind'];
  readonly subject: ComponentName;
  readonly permission: Permission;
  /** Of the manifest it was given under; of the component's bytes where it has none. */
  readonly manifest: Digest;
  /** Counts only under that manifest: what no manifest requested, or the component has none. */
  readonly bound: boolean;
  /** For the record: how it came to be, as in `owner` or `approval r_…`. */
  readonly creator: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly expiresAt?: number;
  /** For one call; gone when that call begins. */
  readonly once?: boolean;
}

/** What applies to the instances of one component for one kind of principal. Never changed: a change makes another. */
export interface PolicySnapshot {
  /** Digest of the rest. */
  readonly version: string;
  readonly fs: readonly { readonly guest: string; readonly host: string; readonly mode: FsMode }[];
  readonly net: readonly { readonly host: string; readonly port?: number | '*' }[];
  readonly env: readonly (readonly [name: string, value: string])[];
  /** Names of secrets it may ask the host for. */
  readonly secrets: readonly string[];
  /** Stores by kind and name, the one granted last of each. */
  readonly stores: readonly StorePermission[];
  /** What it may ask of its caller. */
  readonly asks: readonly AskKind[];
  /** What it may call of other components, and see of them. */
  readonly calls: readonly CallPattern[];
  /** Whether it may arrange later calls of itself, and they are made. */
  readonly schedule: boolean;
  /** What its manifest requests, granted or not: for denials that say what is missing. */
  readonly requests: readonly PermissionRequest[];
}

/** Nothing. */
export const NO_PERMISSIONS: PolicySnapshot = {
  version: 'none',
  fs: [],
  net: [],
  env: [],
  secrets: [],
  stores: [],
  asks: [],
  calls: [],
  schedule: false,
  requests: [],
};

/** One refused access, for the record and for the person who could allow it. */
export interface Denial {
  readonly capability: 'fs' | 'net' | 'env' | 'secret' | 'sockets' | 'call' | 'schedule' | StoreKind | AskKind;
  /** What was tried, printable: `write /data/a.txt`, `GET https://example.com:443`, `secret API_KEY`. */
  readonly what: string;
  /** Why it was refused, one sentence. */
  readonly reason: string;
  /** The permission that is missing; absent if none would allow it. */
  readonly item?: MissingItem;
  /** `item` as arguments of `switchboard grant <component>`, as in `--net example.com:443`. */
  readonly grant?: string;
}

/** One permission that was missing: of a variable its name. */
export type MissingItem =
  | Exclude<ApprovalItem, { readonly kind: 'env' }>
  | { readonly kind: 'env'; readonly name: string };

/** What somebody asked the owner for. It gives nothing; a person decides. */
export interface ApprovalRequest {
  /** `r_` and 16 characters of base64url. */
  readonly id: string;
  readonly subject: ComponentName;
  readonly permissions: readonly ApprovalItem[];
  /** Said by whoever asked: not trusted, shown as a quotation. */
  readonly reason: string;
  readonly principal: Principal;
  readonly filedAt: number;
  /** `granted`: everything in it was granted by other ways, so there is nothing left to decide. */
  readonly state: 'open' | 'allowed' | 'denied' | 'granted';
  readonly decidedAt?: number;
}

/** `fs` without a host directory: the person who allows it names one. */
export type ApprovalItem = Permission | { readonly kind: 'fs'; readonly guest: string; readonly mode: FsMode };

/** What `component.toml` says. */
export interface Manifest {
  /** Of its text. */
  readonly digest: Digest;
  readonly description?: string;
  readonly permissions: readonly PermissionRequest[];
  /** The limits it names, as text (`128MiB`). Those tighter than the default apply, unless the owner set others. */
  readonly limits: { readonly [name: string]: string | number };
}
