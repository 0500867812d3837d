/** Steps over core types where a component embeds them, checking the names they carry. */
import { SwitchboardError } from '#core/errors';
import { checkCoreName } from './names.ts';
import { invalid } from './reader.ts';
import type { Reader } from './reader.ts';

/** Steps over one core value type, references to types included. */
export function skipCoreValType(r: Reader): void {
  const code = r.u8();
  if (code === 0x63 || code === 0x64) r.s33();
}

function skipFuncType(r: Reader): void {
  for (let vectors = 0; vectors < 2; vectors++) {
    const count = r.count();
    for (let i = 0; i < count; i++) skipCoreValType(r);
  }
}

/** Limits of a memory or table. A maximum that is absent is undefined. */
export interface CoreLimits {
  readonly min: bigint;
  readonly max: bigint | undefined;
  readonly shared: boolean;
  readonly wide: boolean;
  /** log2 of the page size where it is not 64 KiB. */
  readonly pageSize: number | undefined;
}

/** Reads the limits of a memory or table. */
export function readLimits(r: Reader): CoreLimits {
  const at = r.pos;
  const flags = r.u8();
  if (flags > 0x0f) throw invalid(`unknown limits 0x${flags.toString(16)}`, at);
  const min = r.u64();
  const max = flags & 1 ? r.u64() : undefined;
  const pageSize = flags & 8 ? r.u32() : undefined;
  return { min, max, shared: (flags & 2) !== 0, wide: (flags & 4) !== 0, pageSize };
}

/** Steps over the description of a core import; `kind` is its first byte. */
export function skipCoreDesc(r: Reader): void {
  const at = r.pos;
  const kind = r.u8();
  if (kind === 0x00) r.u32();
  else if (kind === 0x01) {
    skipCoreValType(r);
    readLimits(r);
  } else if (kind === 0x02) readLimits(r);
  else if (kind === 0x03) {
    skipCoreValType(r);
    r.u8();
  } else if (kind === 0x04) {
    r.u8();
    r.u32();
  } else throw invalid(`unknown core import kind 0x${kind.toString(16)}`, at);
}

/** Steps over one `core:type`. Only function and module types occur in components of today's toolchains. */
export function skipCoreType(r: Reader, depth: number): void {
  const code = r.u8();
  if (code === 0x60) return skipFuncType(r);
  if (code !== 0x50 || depth > 1) {
    throw new SwitchboardError(
      'unsupported-component',
      `the component declares a core type of kind 0x${code.toString(16)}, which is not supported`,
    );
  }
  const count = r.count();
  for (let i = 0; i < count; i++) skipModuleDecl(r, depth);
}

function skipModuleDecl(r: Reader, depth: number): void {
  const at = r.pos;
  const code = r.u8();
  if (code === 0x00) {
    checkCoreName('a core import', r.name());
    checkCoreName('a core import', r.name());
    skipCoreDesc(r);
  } else if (code === 0x01) skipCoreType(r, depth + 1);
  else if (code === 0x02) {
    r.u8();
    if (r.u8() !== 0x01) throw invalid('unknown core alias', at);
    r.u32();
    r.u32();
  } else if (code === 0x03) {
    checkCoreName('a core export', r.name());
    skipCoreDesc(r);
  } else throw invalid(`unknown core declaration 0x${code.toString(16)}`, at);
}
