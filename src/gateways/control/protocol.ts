/**
 * The control protocol: how a verb, an MCP client's pipe or another program reaches the host process of
 * a home, over a unix socket that only the owner can open.
 *
 * A message is one line of JSON, at most `MAX_LINE` bytes. A message with a `bytes` member is followed
 * at once by that many raw bytes (a component being installed), at most `MAX_ATTACHMENT`.
 *
 * 1. The client sends `hello`; the host answers `welcome`, or `closing` with the reason and hangs up.
 *    Nothing else is read before it. A connection that says no `hello` within `HELLO_MS` is closed.
 * 2. The client sends `request`s, each with an `id` of its own; many may be under way. Each is answered by
 *    exactly one `result` or `error` with that id, in any order; before it may come `log`s of that id, and to a caller
 *    that offers it `progress` and `ask`s. An `ask` is answered by `answer` with its number, unless `ask-over` comes first.
 * 3. `cancel` aborts the request of that id; it is still answered, usually with the error `cancelled`.
 * 4. `subscribe` starts `event`s on this connection, `unsubscribe` ends them.
 * 5. After the `result` of `mcp-stdio` the connection is a plain byte pipe to an MCP server.
 *    `mcp-lent` serves streams that the client handed over when it started the host, and is answered at their end.
 * 6. When either side hangs up, every request of the connection is aborted, its sessions are closed and
 *    its HTTP listener stops. The host says `closing` first where it can.
 *
 * A line that is not such a message ends the connection, and only that one.
 */
import type {
  AccessDecision,
  AccessRequest,
  ApprovalItem,
  ApprovalRequest,
  AskKind,
  CallContext,
  ComponentDescription,
  ErrorBody,
  Grant,
  HostEvent,
  InstalledComponent,
  LimitChanges,
  LogRecord,
  Principal,
  ProgressReport,
} from '#core';
import type { Rate } from '../mcp/rate-limit.ts';
import type { Narrowing } from '#core/narrowing';
import type { HttpAddress } from './http-gate.ts';
import type { ProfileRequests } from './profile-methods.ts';
import type { ScheduleRequests } from './schedule-methods.ts';
import type { StoreRequests } from './store-methods.ts';
import type {
  Expected,
  ApprovalDecision,
  CallArguments,
  ComponentLimits,
  ComponentPolicy,
  GrantOptions,
  HostStatus,
  Installation,
  Json,
} from '#host/api';

/** Raised with every change that an older peer would misunderstand. */
export const PROTOCOL = 2;
/** Longest line either side accepts, in bytes. */
export const MAX_LINE = 64 * 1024 * 1024;
/** Most raw bytes after a message. */
export const MAX_ATTACHMENT = 256 * 1024 * 1024;
/** Requests under way on one connection; one more is answered `busy`. */
export const MAX_REQUESTS = 4096;
/** How long a new connection may take to say `hello`. */
export const HELLO_MS = 5_000;
/** Unread bytes of one client above which logs and events that are not decisions are dropped, and counted. */
export const SOFT_BACKLOG = 4 * 1024 * 1024;
/** Unread bytes above which a subscriber is disconnected: a decision is never dropped silently. */
export const HARD_BACKLOG = 64 * 1024 * 1024;

export interface CallParams {
  readonly component: string;
  readonly function: string;
  readonly arguments?: CallArguments | undefined;
  readonly timeout?: number | undefined;
  /** A session opened on this connection. */
  readonly session?: string | undefined;
  readonly principal?: Principal | undefined;
  readonly traceId?: string | undefined;
  readonly parent?: Pick<CallContext, 'callId' | 'traceId' | 'depth'> | undefined;
  /** Whether the component's output and logs are wanted as `log` messages. */
  readonly logs?: boolean | undefined;
  /** What the client's caller can be told and asked: then `progress` and `ask` messages may come. */
  readonly caller?: CallerOffer | undefined;
}

export interface CallerOffer {
  readonly progress?: boolean;
  readonly elicit?: readonly ('form' | 'url')[];
  readonly sample?: boolean;
}

/** What the host tells and asks the caller of a request. */
export type AskedMessage =
  | { readonly t: 'progress'; readonly id: number; readonly report: ProgressReport }
  | { readonly t: 'ask'; readonly id: number; readonly ask: number; readonly kind: AskKind; readonly request: object }
  | { readonly t: 'ask-over'; readonly id: number; readonly ask: number };

/** Arguments as text, read by the types of the parameters: one word for each, or one JSON document. */
export type TextArguments = { readonly words: readonly string[] } | { readonly json: string };

/** A call as a command line makes it: reading the text where the types are saves a round trip. */
export type CallTextParams = Omit<CallParams, 'arguments'> & {
  readonly words?: readonly string[] | undefined;
  readonly json?: string | undefined;
};

/** Who holds the HTTP listener: the data of `already-serving`. */
export interface HttpHolder {
  readonly pid: number;
  readonly url: string;
}

interface Proven {
  readonly person?: 'terminal' | undefined;
  readonly ownerToken?: string | undefined;
}

/** Methods about permissions; those with `Proven` need a person. */
export interface PermissionRequests {
  readonly grant: { params: { component: string } & GrantOptions & Proven; result: readonly Grant[] };
  readonly revoke: { params: { component: string; ids?: readonly string[] | undefined }; result: readonly Grant[] };
  readonly policy: { params: { component: string }; result: ComponentPolicy };
  readonly 'check-access': {
    params: { component: string; access: AccessRequest; principal?: Principal['kind'] | undefined };
    result: AccessDecision;
  };
  readonly 'request-permission': {
    params: {
      component: string;
      permissions: readonly ApprovalItem[];
      reason: string;
      principal?: Principal | undefined;
    };
    result: ApprovalRequest;
  };
  readonly approvals: { params: { state?: ApprovalRequest['state'] | undefined }; result: readonly ApprovalRequest[] };
  readonly 'decide-approval': { params: { id: string } & ApprovalDecision & Proven; result: readonly Grant[] };
  readonly 'set-secret': { params: { name: string; value: string } & Proven; result: undefined };
  readonly 'list-secrets': {
    params: object;
    result: readonly { readonly name: string; readonly changedAt: number }[];
  };
  readonly 'remove-secret': { params: { name: string }; result: boolean };
  readonly 'unlock-secrets': { params: { passphrase: string } & Proven; result: undefined };
  readonly 'protect-secrets': { params: { passphrase?: string | undefined } & Proven; result: undefined };
  readonly 'check-owner': { params: { token: string }; result: boolean };
  readonly 'create-owner-token': { params: Proven; result: string };
  readonly 'remove-owner-token': { params: object; result: boolean };
  readonly 'has-owner-token': { params: object; result: boolean };
}

/** Every method: what it takes and what it answers. A `source` is an absolute path; without it the bytes follow. */
export interface Methods extends PermissionRequests, ProfileRequests, ScheduleRequests, StoreRequests {
  readonly inspect: { params: { source?: string | undefined }; result: ComponentDescription };
  readonly install: {
    params: {
      source?: string | undefined;
      as?: string | undefined;
      origin?: string | undefined;
      expect?: Expected | undefined;
    };
    result: Installation;
  };
  readonly uninstall: { params: { reference: string }; result: readonly InstalledComponent[] };
  readonly list: { params: object; result: readonly InstalledComponent[] };
  readonly info: { params: { reference: string }; result: InstalledComponent };
  readonly call: { params: CallParams; result: Json | undefined };
  readonly 'call-text': { params: CallTextParams; result: Json | undefined };
  readonly 'open-session': { params: { principal?: Principal | undefined }; result: { id: string } };
  readonly 'close-session': { params: { session: string }; result: undefined };
  readonly limits: { params: { component: string }; result: ComponentLimits };
  readonly 'set-limits': { params: { component: string; limits: LimitChanges }; result: ComponentLimits };
  readonly logs: {
    params: { component?: string | undefined; last?: number | undefined };
    result: readonly LogRecord[];
  };
  readonly token: { params: object; result: string };
  readonly 'rotate-token': { params: object; result: string };
  readonly status: { params: object; result: HostStatus };
  /** Opens the home's one HTTP listener, owned by this connection. Errors: `already-serving`, `port-taken`. */
  readonly 'serve-http': { params: HttpAddress; result: { url: string } };
  /** Closes the listener this connection opened. */
  readonly 'stop-http': { params: object; result: undefined };
  readonly 'mcp-stdio': {
    params: { narrowing?: Narrowing | undefined; rate?: Rate | undefined };
    result: undefined;
  };
  readonly 'mcp-lent': {
    params: { key: string; narrowing?: Narrowing | undefined; rate?: Rate | undefined };
    result: undefined;
  };
}

export type Method = keyof Methods;

export type Request = {
  [M in Method]: {
    readonly t: 'request';
    readonly id: number;
    readonly method: M;
    readonly params: Methods[M]['params'];
    readonly bytes?: number;
  };
}[Method];

export type ClientMessage =
  | {
      readonly t: 'hello';
      readonly protocol: number;
      readonly version: string;
      /** The client's process, named to others where it holds something. */
      readonly pid: number;
    }
  | Request
  | { readonly t: 'cancel'; readonly id: number }
  | {
      readonly t: 'answer';
      readonly id: number;
      readonly ask: number;
      readonly value?: unknown;
      readonly failed?: true;
    }
  | { readonly t: 'subscribe' }
  | { readonly t: 'unsubscribe' };

export type HostMessage =
  | AskedMessage
  | {
      readonly t: 'welcome';
      readonly protocol: number;
      readonly version: string;
      readonly pid: number;
      readonly home: string;
    }
  | { readonly t: 'result'; readonly id: number; readonly value?: unknown }
  | { readonly t: 'error'; readonly id: number; readonly error: ErrorBody }
  | { readonly t: 'log'; readonly id: number; readonly record: LogRecord }
  | { readonly t: 'event'; readonly event: HostEvent }
  | { readonly t: 'closing'; readonly error: ErrorBody };
