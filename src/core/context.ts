import type { Digest } from './reference.ts';

/** Who a call is made for. `owner` holds the home; `schedule` is the time a component arranged to be called at. */
export interface Principal {
  readonly kind: 'owner' | 'mcp' | 'program' | 'schedule';
  /** A label for the record, as the client gave it: never trusted for a decision. */
  readonly label: string;
}

/**
 * Travels with every call, every host call it makes and every event about it. Plain JSON: it crosses
 * to the cell. The ledger, accounts and rollouts hang on it.
 */
export interface CallContext {
  readonly callId: string;
  /** W3C trace id: 32 hex digits, shared by a call and all the calls it causes. */
  readonly traceId: string;
  readonly principal: Principal;
  readonly session?: string;
  /** `ns:name@version`. */
  readonly component: string;
  readonly digest: Digest;
  readonly function: string;
  /** Run time allowed once the guest starts, in milliseconds; the clock of it starts with the run. */
  readonly timeoutMs: number;
  /** Wall-clock instant (ms since the epoch) past which the call as a whole, queue included, is given up. */
  readonly deadline: number;
  /** The call this one was made from, if any. */
  readonly parent?: string;
  /** 0 for a call from outside. */
  readonly depth: number;
}

/** Every kind of principal. */
export const PRINCIPAL_KINDS: readonly Principal['kind'][] = ['owner', 'mcp', 'program', 'schedule'];

/** What a call needs of an `AbortSignal`; a gateway that makes one for every call may pass something lighter. */
export interface StopSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
