/** What a component may import, seen from the engine. `src/services` implements it; it runs in the cell. */
import type { LogLevel } from './events.ts';
import type { Denial, PolicySnapshot } from './permission.ts';
import type { ComponentTypes } from './wit-types.ts';

/**
 * Which directory it is, whatever its name. Rounded numbers: two may be taken for the same, one is never taken for another.
 */
export const identityOf = ({ dev, ino }: { readonly dev: number; readonly ino: number }): string => `${dev}:${ino}`;

/** The host's own home and the directories it lies in, as `identityOf` has them. */
export interface OwnDirectories {
  readonly home: string;
  readonly above: readonly string[];
}

/** What a service knows of the instance it serves. One per instance; the call it serves changes. */
export interface ServiceEnv {
  /** Sends a record to the component's log; counts its bytes, and throws when the call's transfer limit is passed. */
  log(
    stream: 'log' | 'stdout' | 'stderr',
    level: LogLevel,
    message: string,
    fields?: { readonly [name: string]: string },
  ): void;
  /** Tells the caller how far the running call is: the latest at most 20 times a second, and what is left at its end. */
  progress(report: { readonly progress: number; readonly total?: number; readonly message?: string }): void;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Nanoseconds, never going back. */
  monotonic(): bigint;
  /** At most 65,536 bytes at once. */
  random(length: number): Uint8Array;
  /**
   * Asks the host, as the running call: for what must not live in the cell (secrets, audit, other components).
   * Only from a suspending import. The host finds the call context by the call; the guest cannot forge one.
   */
  ask(service: string, payload: unknown): Promise<unknown>;
  /** Aborted when the running call is cancelled, times out or its instance is discarded; waits must end with it. */
  signal(): AbortSignal;
  /** What the component was granted; the same for the instance's life. */
  readonly policy: PolicySnapshot;
  /** Asked for the addresses of names, `address` or `address:port`; the system's resolver where undefined. */
  readonly nameServers?: readonly string[] | undefined;
  /** A port of this machine that stands for the whole network, for tests: what the policy lets through goes there. */
  readonly fakeNetwork?: number | undefined;
  /** What no grant gives. Undefined where there is no home. */
  readonly own?: OwnDirectories | undefined;
  /** Records a refusal with the running call: an audit event, and what the caller is told. The first 100 of a call. */
  denied(denial: Denial): void;
  /** Bytes brought to the guest from elsewhere. Throws `transfer-limit` when the call's limit is passed. */
  charge(bytes: number): void;
  /** What the component imports and exports: an interface that had several forms is offered in the one it was built with. */
  readonly types: ComponentTypes;
  /** Bytes lifted from the guest that nothing holds any more (written to a file, sent): counted no longer. */
  refund(bytes: number): void;
  /** Called when the instance has ended, however it did: what it holds open must be closed. */
  onEnd(work: () => void): void;
  /** Ends the instance: throws what the engine knows as `component-exited`. */
  exit(status: number): never;
}

/** One imported interface as jco's generated code wants it: camelCase functions and PascalCase resource classes. */
export type ServiceInterface = { readonly [member: string]: unknown };

/** Builds the interfaces of one instance, keyed by interface id without version, as in `wasi:io/poll`. */
export type CreateServices = (env: ServiceEnv) => { readonly [interfaceId: string]: ServiceInterface };

/** A set of services as the composition root hands it to the engine. */
export interface ServiceSet {
  /**
   * Reads what a component with these imports needs, given as the keys of `CreateServices`. Called once in a cell, before
   * `create`, which then offers that, and perhaps more.
   */
  readonly load: (imports: readonly string[]) => Promise<void>;
  readonly create: CreateServices;
  /** Imports that may return a promise, as `wasi:io/poll#[method]pollable.block`: calls of them suspend the instance. */
  readonly suspending: readonly string[];
  /** Further ones, of components that import the interface they are listed under: only with it there is what to wait for. */
  readonly suspendingWith?: { readonly [interfaceId: string]: readonly string[] };
  /**
   * Imports that are done with their one list of bytes when they return or settle, as
   * `wasi:io/streams#[method]output-stream.write`: they are given the guest's memory itself and not a copy.
   */
  readonly borrowing?: readonly string[];
  /**
   * Functions of the interfaces of WASI 0.3, by interface as in `wasi:cli/stdout@0.3`. A component may ask for a later
   * one of the same interface; it is refused by name before it is kept.
   */
  readonly later?: { readonly [interfaceId: string]: readonly string[] };
  /** Changes whenever the set or its meaning does; a part of the engine's cache key. */
  readonly version: string;
}
