/** What the development kit needs of other rooms; gateways wire it. */
import type { ComponentTypes } from '#core/wit-types';
import type { Grant, Manifest, Permission } from '#core/permission';
import type { LogRecord } from '#core/events';
import type { LimitChanges } from '#core/limits';

/** Reading and writing components; `src/wit` and the manifest reader of `src/host`. */
export interface ComponentFormat {
  /** Errors: those of decoding. */
  decode(component: Uint8Array): ComponentTypes;
  injectDocs(component: Uint8Array, wit: string): Uint8Array;
  injectPackage(component: Uint8Array, name: string): Uint8Array;
  injectManifest(component: Uint8Array, text: string): Uint8Array;
  injectWit(component: Uint8Array, text: string): Uint8Array;
  /** Errors: `invalid-manifest`. */
  parseManifest(text: string): Promise<Manifest>;
}

export interface DevkitPorts {
  readonly format: ComponentFormat;
  /** Environment of compilers: that of whoever asked. */
  readonly environment: NodeJS.ProcessEnv;
  /** Of Switchboard: another may build other bytes. */
  readonly version: string;
  /** Where compilers are installed that Switchboard brings when first needed. */
  readonly toolchains: string;
  /** The directory with `host.wit` and `mcp.wit`. */
  readonly ownWit: string;
  /** Tells a person what takes long. */
  readonly say: (line: string) => void;
}

/** What tests and benches need of a host; `Host` of `src/host` is one. */
export interface DevkitHost {
  install(source: Uint8Array, options: { readonly as: string; readonly origin: string }): Promise<unknown>;
  call(
    component: string,
    fn: string,
    args: { readonly [name: string]: unknown } | readonly unknown[],
    options: {
      readonly session?: string | undefined;
      readonly onLog?: ((record: LogRecord) => void) | undefined;
      readonly timeout?: number | undefined;
    },
  ): Promise<unknown>;
  session(): Promise<{ readonly id: string; close(): Promise<void> }>;
  grant(
    component: string,
    options: { readonly permissions: readonly Permission[]; readonly creator: string },
  ): Promise<readonly Grant[]>;
  setSecret(name: string, value: string): Promise<void>;
  setLimits(component: string, limits: LimitChanges): Promise<unknown>;
  close(): Promise<void>;
}
