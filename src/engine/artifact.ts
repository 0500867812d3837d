/** What the engine keeps of a component: patched JavaScript and its core modules. One file in the cache. */
import { createHash } from 'node:crypto';

/** One core module and how often one instance of the component instantiates it. */
export interface CoreModule {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly instances: number;
}

export interface Artifact {
  /** An expression that evaluates to jco's `instantiate`. */
  readonly code: string;
  readonly modules: readonly CoreModule[];
  /** Whether an import can suspend: then exports return promises. */
  readonly suspends: boolean;
}

/** Raised when the meaning of an artifact, of the patches or of the protocol changes: old entries are then never read. */
export const ENGINE_ABI = 6;

const MAGIC = 'SWBART01';
const SUM = 32;

interface Header {
  readonly code: number;
  readonly suspends: boolean;
  readonly modules: readonly { readonly name: string; readonly size: number; readonly instances: number }[];
}

/** Packs an artifact: magic, sha256 of all that follows, header length, header, code, modules. */
export function packArtifact(artifact: Artifact): Buffer {
  const code = Buffer.from(artifact.code);
  const header: Header = {
    code: code.length,
    suspends: artifact.suspends,
    modules: artifact.modules.map((m) => ({ name: m.name, size: m.bytes.length, instances: m.instances })),
  };
  const head = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const body = Buffer.concat([length, head, code, ...artifact.modules.map((m) => m.bytes)]);
  return Buffer.concat([Buffer.from(MAGIC), createHash('sha256').update(body).digest(), body]);
}

/** Unpacks; undefined if a byte is not as it was written. The cache is code: nothing of it runs unchecked. */
export function unpackArtifact(packed: Buffer): Artifact | undefined {
  if (packed.length < MAGIC.length + SUM + 4 || packed.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
  const body = packed.subarray(MAGIC.length + SUM);
  const sum = createHash('sha256').update(body).digest();
  if (!sum.equals(packed.subarray(MAGIC.length, MAGIC.length + SUM))) return undefined;
  const headEnd = 4 + body.readUInt32LE(0);
  const header = JSON.parse(body.toString('utf8', 4, headEnd)) as Header;
  let at = headEnd + header.code;
  const modules = header.modules.map((m) => {
    const bytes = new Uint8Array(body.subarray(at, at + m.size));
    at += m.size;
    return { name: m.name, bytes, instances: m.instances };
  });
  return { code: body.toString('utf8', headEnd, headEnd + header.code), suspends: header.suspends, modules };
}
