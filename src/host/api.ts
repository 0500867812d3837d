/**
 * The host as programs and gateways see it. `createHost` gives one in this process; the control client
 * gives the same interface over the home's socket.
 */
import type {
  CallContext,
  ComponentDescription,
  EventType,
  HostEvent,
  InstalledComponent,
  Limits,
  LogRecord,
  Principal,
  StopSignal,
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
  readonly traceId?: string | undefined;
  readonly parent?: Pick<CallContext, 'callId' | 'traceId' | 'depth'> | undefined;
}

/** Resource handles live in a session; closing it drops them. */
export interface Session {
  readonly id: string;
  call(component: string, fn: string, args?: CallArguments, options?: CallOptions): Promise<Json | undefined>;
  close(): Promise<void>;
}

export interface ComponentLimits {
  /** What applies. */
  readonly effective: Limits;
  /** What the owner set. */
  readonly set: Partial<Limits>;
}

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
  /** Installs a file or bytes. Without `as` the name comes from the component's own package name. Grants nothing. */
  install(
    source: string | Uint8Array,
    options?: {
      readonly as?: string | undefined;
      readonly signal?: AbortSignal | undefined;
      readonly origin?: string | undefined;
    },
  ): Promise<InstalledComponent>;
  uninstall(reference: string): Promise<readonly InstalledComponent[]>;
  list(): Promise<readonly InstalledComponent[]>;
  info(reference: string): Promise<InstalledComponent>;
  /** THE call path: authorize, route, run, record. Resolves to the result's JSON, undefined where there is none. */
  call(component: string, fn: string, args?: CallArguments, options?: CallOptions): Promise<Json | undefined>;
  session(options?: { readonly principal?: Principal | undefined }): Promise<Session>;
  limits(component: string): Promise<ComponentLimits>;
  /** Sets the limits given, leaves the others. Running cells of the component are retired. */
  setLimits(component: string, limits: Partial<Limits>): Promise<ComponentLimits>;
  logs(options?: {
    readonly component?: string | undefined;
    readonly last?: number | undefined;
  }): Promise<readonly LogRecord[]>;
  /** Calls back for every event (of these types, where given) from now on until the returned function is called. */
  subscribe(listener: (event: HostEvent) => void, types?: readonly EventType[]): () => void;
  token(): Promise<string>;
  rotateToken(): Promise<string>;
  status(): Promise<HostStatus>;
  /** Ends running calls with `host-closed` and frees everything. Idempotent. */
  close(): Promise<void>;
}
