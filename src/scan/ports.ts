/** What a scan needs of other rooms; gateways wire it. */
import type { ComponentDescription } from '#core/ports';

/** A component as its bytes describe it; nothing of it was run. */
export interface ReadComponent {
  readonly bytes: Uint8Array;
  readonly description: ComponentDescription;
  /** `component.toml`, inside the component or beside it: as it stands there, not made printable. */
  readonly manifestText?: string | undefined;
  /** The WIT that the component says it was built from. */
  readonly witText?: string | undefined;
  /** What that WIT exports; absent where it has none or cannot be read. */
  readonly declared?: DeclaredExports | undefined;
  readonly outline: Outline;
}

/** Exports as WIT text declares them: ids of interfaces and names of functions, each with its functions' parameters. */
export interface DeclaredExports {
  readonly functions: DeclaredFunctions;
  /** By id (`ns:pkg/name@1.0.0`) or plain name; an interface whose text is not there has no functions and is not compared. */
  readonly interfaces: ReadonlyMap<string, DeclaredFunctions | undefined>;
}

/** Names of parameters by the binary's name of the function, `[method]r.m` among them. */
export type DeclaredFunctions = ReadonlyMap<string, readonly string[]>;

/** The skeleton of a component. */
export interface Outline {
  /** Nested components, at any depth. */
  readonly components: number;
  readonly modules: number;
  /** How deep components nest; 1 where there is one. */
  readonly depth: number;
}

export interface ScanPorts {
  /** Reads a file or bytes. Errors: those of reading and decoding. */
  read(source: string | Uint8Array, signal?: AbortSignal): Promise<ReadComponent>;
  /**
   * What the npm registry knows of packages by version: the answer of its bulk endpoint as it came. Absent: nobody is to be
   * asked. Whatever it fails with makes the scan incomplete.
   */
  advisories?(packages: Readonly<Record<string, readonly string[]>>, signal?: AbortSignal): Promise<unknown>;
}
