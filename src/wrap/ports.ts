/** What wrapping needs of other rooms; gateways wire it. */
import type { Compiler } from './derive/program.ts';

export interface WrapPorts {
  /** Runs npm; resolves to what it wrote on stdout. Errors: `build-failed` with what it said, `toolchain-missing`, `cancelled`. */
  npm(args: readonly string[], cwd: string): Promise<string>;
  /** The compiler that reads declarations. Errors: `toolchain-missing`. */
  compiler(): Promise<Compiler>;
  /** Builds a project. Errors: `build-failed`. */
  build(dir: string, include: readonly string[]): Promise<BuiltLibrary>;
  /** A component in a host of its own without any permission, for one round of calls. */
  open(bytes: Uint8Array, reference: string): Promise<ProvingHost>;
  readonly say: (line: string) => void;
}

export interface BuiltLibrary {
  readonly bytes: Uint8Array;
  /** The component's file. */
  readonly out: string;
  /** Modules that the library asks for and that a sandbox does not have. */
  readonly absent: readonly string[];
  /** Ids of the interfaces that the component imports. */
  readonly imports: readonly string[];
}

export interface ProvingHost {
  /** Errors: what calls fail with. */
  call(fn: string, args: readonly unknown[]): Promise<unknown>;
  /** A new session: handles of the one before are gone. */
  renew(): Promise<void>;
  close(): Promise<void>;
}
