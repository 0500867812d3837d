/** Reads of an embedded core module what limits and safe names depend on; its code is left to V8. */
import { checkCoreName } from './names.ts';
import { readLimits, skipCoreValType } from './parse-core-types.ts';
import type { CoreLimits } from './parse-core-types.ts';
import { invalid } from './reader.ts';
import type { Reader } from './reader.ts';

/** A memory (in pages) or table (in elements) of a core module. */
export interface CoreExtent {
  readonly imported: boolean;
  readonly min: bigint;
  /** Absent where the module declares none. */
  readonly max?: bigint;
  readonly shared: boolean;
  /** Addressed with 64 bits. */
  readonly wide: boolean;
  /** Bytes of a page; 65,536 unless the custom-page-sizes proposal is used. Of a table: 1. */
  readonly unit: number;
}

/** A core module as a range of the component's bytes. */
export interface CoreModule {
  readonly start: number;
  readonly end: number;
  readonly memories: readonly CoreExtent[];
  readonly tables: readonly CoreExtent[];
  /** Whether every type is a plain function type: none of the GC proposal. */
  readonly onlyFunctionTypes: boolean;
}

/** Where a limits field stands, for a rewrite. */
export interface LimitsSite {
  readonly kind: 'memory' | 'table';
  readonly imported: boolean;
  readonly start: number;
  readonly end: number;
  readonly limits: CoreLimits;
}

/** A section of a core module: its content is from `start` to `end`, its id byte at `header`. */
export interface SectionRange {
  readonly id: number;
  readonly header: number;
  readonly start: number;
  readonly end: number;
}

/** The sections of a core module with the limits found in them. */
export interface ModuleScan {
  readonly sections: readonly SectionRange[];
  readonly sites: readonly LimitsSite[];
  readonly onlyFunctionTypes: boolean;
}

/** Scans a module between the reader's bounds, and checks the names that jco writes into string literals. */
export function scanSections(r: Reader): ModuleScan {
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  for (const byte of header) if (r.u8() !== byte) throw invalid('a core module has a bad header', r.pos - 1);
  const sections: SectionRange[] = [];
  const sites: LimitsSite[] = [];
  let onlyFunctionTypes = true;
  while (!r.done) {
    const at = r.pos;
    const id = r.u8();
    const s = r.sub(r.u32());
    sections.push({ id, header: at, start: s.pos, end: s.end });
    if (id === 1) onlyFunctionTypes &&= scanTypes(s);
    else if (id === 2) scanImports(s, sites);
    else if (id === 4) scanTables(s, sites);
    else if (id === 5) eachLimits(s, 'memory', sites);
    else if (id === 7) scanExports(s);
    else if (id > 13) throw invalid(`a core module has unknown section ${id}`, at);
  }
  return { sections, sites, onlyFunctionTypes };
}

/** `scanSections` as other rooms see it. */
export function scanModule(r: Reader): CoreModule {
  const { pos: start, end } = r;
  const { sites, onlyFunctionTypes } = scanSections(r);
  const of = (kind: LimitsSite['kind']) => sites.filter((site) => site.kind === kind).map(extent);
  return { start, end, memories: of('memory'), tables: of('table'), onlyFunctionTypes };
}

function extent(site: LimitsSite): CoreExtent {
  const { min, max, shared, wide, pageSize } = site.limits;
  return {
    imported: site.imported,
    min,
    ...(max === undefined ? {} : { max }),
    shared,
    wide,
    unit: site.kind === 'table' ? 1 : 2 ** Math.min(pageSize ?? 16, 52),
  };
}

function scanTypes(s: Reader): boolean {
  const count = s.count();
  for (let i = 0; i < count; i++) {
    if (s.u8() !== 0x60) return false;
    for (let vectors = 0; vectors < 2; vectors++) {
      const types = s.count();
      for (let t = 0; t < types; t++) skipCoreValType(s);
    }
  }
  return true;
}

function site(s: Reader, kind: LimitsSite['kind'], imported: boolean): LimitsSite {
  const start = s.pos;
  const limits = readLimits(s);
  return { kind, imported, start, end: s.pos, limits };
}

function scanImports(s: Reader, sites: LimitsSite[]): void {
  const count = s.count(3);
  for (let i = 0; i < count; i++) {
    checkCoreName('a core import', s.name());
    checkCoreName('a core import', s.name());
    const at = s.pos;
    const kind = s.u8();
    if (kind === 0x00) s.u32();
    else if (kind === 0x01) {
      skipCoreValType(s);
      sites.push(site(s, 'table', true));
    } else if (kind === 0x02) sites.push(site(s, 'memory', true));
    else if (kind === 0x03) {
      skipCoreValType(s);
      s.u8();
    } else if (kind === 0x04) {
      s.u8();
      s.u32();
    } else throw invalid(`unknown core import kind 0x${kind.toString(16)}`, at);
  }
  s.finish('a core import section');
}

function scanTables(s: Reader, sites: LimitsSite[]): void {
  const count = s.count(2);
  for (let i = 0; i < count; i++) {
    const initialised = s.peek() === 0x40;
    if (initialised) s.skip(2);
    skipCoreValType(s);
    sites.push(site(s, 'table', false));
    if (initialised) skipConstant(s);
  }
  s.finish('a core table section');
}

function skipConstant(s: Reader): void {
  for (;;) {
    const at = s.pos;
    const code = s.u8();
    if (code === 0x0b) return;
    if (code === 0x41 || code === 0x42 || code === 0x23 || code === 0xd0 || code === 0xd2) s.skipLeb();
    else if (code === 0x43) s.skip(4);
    else if (code === 0x44) s.skip(8);
    else if (code === 0xfb) {
      if (s.u32() !== 0x1c) throw invalid('unknown constant instruction 0xfb', at);
    } else if (![0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e].includes(code)) {
      throw invalid(`unknown constant instruction 0x${code.toString(16)}`, at);
    }
  }
}

function eachLimits(s: Reader, kind: LimitsSite['kind'], sites: LimitsSite[]): void {
  const count = s.count(2);
  for (let i = 0; i < count; i++) sites.push(site(s, kind, false));
  s.finish(`a core ${kind} section`);
}

function scanExports(s: Reader): void {
  const count = s.count(3);
  for (let i = 0; i < count; i++) {
    checkCoreName('a core export', s.name());
    s.u8();
    s.u32();
  }
  s.finish('a core export section');
}
