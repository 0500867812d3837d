/**
 * The host's one event stream. Versioned, numbered without gaps as emitted; a ledger and a dashboard
 * subscribe to it. All events are JSON.
 */
import type { CallContext } from './context.ts';
import type { ErrorCode } from './errors.ts';
import type { ApprovalRequest, AskKind, Denial, Grant } from './permission.ts';
import type { Decision } from './policy.ts';
import type { Digest } from './reference.ts';
import type { Schedule } from './schedule.ts';
import type { StoreKind } from './stores.ts';
import type { TrustRecord } from './trust.ts';

/** Raised when the meaning of an event changes; additions leave it. */
export const EVENT_VERSION = 1;

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** One record of a component's own output. */
export interface LogRecord {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly component: string;
  readonly callId?: string;
  /** Where it came from: the log interface, or what was written to an output stream. */
  readonly stream: 'log' | 'stdout' | 'stderr';
  readonly level: LogLevel;
  readonly message: string;
  readonly fields?: { readonly [name: string]: string };
}

/** `refused`: the person or client let no model answer. `unavailable`: it could not be asked, or the answer did not fit. */
export type AskOutcome = 'accepted' | 'declined' | 'cancelled' | 'answered' | 'refused' | 'unavailable';

export type EventBody =
  | { readonly type: 'host.started'; readonly pid: number }
  | { readonly type: 'host.stopping' }
  /** From a registry: `signer` whose signature counted, or `unsigned`; `accepted` by whom, as `TrustRecord` has it. */
  | {
      readonly type: 'component.installed';
      readonly component: string;
      readonly digest: Digest;
      readonly origin?: string;
      readonly signer?: string;
      readonly unsigned?: true;
      readonly accepted?: TrustRecord['accepted'];
    }
  /** The same bytes were installed again, described anew; `manifest` is what grants are bound to from now on. */
  | {
      readonly type: 'component.changed';
      readonly component: string;
      readonly digest: Digest;
      readonly manifest: Digest;
    }
  | { readonly type: 'component.uninstalled'; readonly component: string; readonly digest: Digest }
  | {
      readonly type: 'limits.changed';
      readonly component: string;
      readonly limits: { readonly [key: string]: unknown };
    }
  | { readonly type: 'token.rotated' }
  | {
      readonly type: 'trust.changed';
      readonly change: 'added' | 'removed' | 'revoked';
      readonly publisher: string;
      readonly signer: string;
      readonly reason?: string;
    }
  /** Set or removed. */
  | { readonly type: 'profile.changed'; readonly profile: string }
  | { readonly type: 'session.opened' | 'session.closed'; readonly session: string }
  | { readonly type: 'call.decided'; readonly context: CallContext; readonly decision: Decision }
  | {
      readonly type: 'call.finished';
      readonly context: CallContext;
      readonly outcome: 'ok' | ErrorCode;
      readonly queueMs: number;
      readonly runMs: number;
      /** Bytes lifted from the guest. */
      readonly transferred: number;
    }
  | { readonly type: 'access.denied'; readonly context: CallContext; readonly denial: Denial }
  /** A component asked its caller's person or model something that it may ask. What was said is in no event. */
  | {
      readonly type: 'caller.asked';
      readonly context: CallContext;
      readonly kind: AskKind;
      readonly outcome: AskOutcome;
      /** Milliseconds until the answer. */
      readonly ms: number;
    }
  | { readonly type: 'grant.created' | 'grant.revoked' | 'grant.expired'; readonly grant: Grant }
  | { readonly type: 'approval.filed' | 'approval.decided'; readonly request: ApprovalRequest }
  /** Names only. */
  | { readonly type: 'secret.set' | 'secret.removed'; readonly name: string }
  /** `schedule.due`: its time came, and how the call ended or why none was made; `missed` times came before it unheard. */
  | { readonly type: 'schedule.set' | 'schedule.removed'; readonly schedule: Omit<Schedule, 'arguments'> }
  | {
      readonly type: 'schedule.due';
      readonly component: string;
      readonly name: string;
      readonly function: string;
      readonly outcome: 'ok' | ErrorCode;
      readonly missed: number;
    }
  /** The owner removed values or blobs from a store; so many. */
  | {
      readonly type: 'store.removed';
      readonly kind: StoreKind;
      /** `*`: a shared one. */
      readonly owner: string;
      /** Without it: of all its stores of that kind. */
      readonly name?: string;
      readonly keys: number;
    }
  | { readonly type: 'log'; readonly record: LogRecord }
  | {
      readonly type: 'cell.started' | 'cell.stopped';
      readonly cell: number;
      readonly component: string;
      readonly reason: string;
    }
  | { readonly type: 'events.dropped'; readonly count: number };

export type EventType = EventBody['type'];

export type HostEvent = EventBody & {
  readonly v: typeof EVENT_VERSION;
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
};

/** Decisions are what a ledger must hold: they are never dropped, whatever a subscriber's bound. */
export function isDecision(event: EventBody): boolean {
  return (
    event.type === 'call.decided' ||
    event.type === 'call.finished' ||
    event.type === 'caller.asked' ||
    /^(component|limits|token|trust|profile|access|grant|approval|secret|schedule|store)\./.test(event.type)
  );
}
