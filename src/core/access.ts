import type { Denial } from './permission.ts';

/** One access that a component tries, as the services name it. */
export type AccessRequest =
  /** `path` is the guest's, absolute and normal (no `.`, `..`, doubled `/`). */
  | { readonly kind: 'fs'; readonly path: string; readonly write: boolean }
  /** Before anything is resolved. `host` in lower case, an IPv6 address without brackets. */
  | { readonly kind: 'net'; readonly host: string; readonly port: number }
  /** Each address that `host` resolved to, before it is connected to. */
  | { readonly kind: 'address'; readonly host: string; readonly address: string; readonly port: number }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'secret'; readonly name: string };

export type AccessDecision = { readonly allowed: true } | { readonly allowed: false; readonly denial: Denial };
