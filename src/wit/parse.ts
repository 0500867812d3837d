/** Reads a component's sections (Binary.md, "Component Definitions") into a list of items. */
import { SwitchboardError } from '#core/errors';
import type { Item, SortIndex } from './ast.ts';
import { scanModule } from './core-module.ts';
import type { CoreModule } from './core-module.ts';
import { checkCoreName, checkExtern } from './names.ts';
import { parseCanon } from './parse-canon.ts';
import { skipCoreType } from './parse-core-types.ts';
import { DEEPEST_NESTING, parseAlias, parseDef, parseDesc, parseExternName, parseSort } from './parse-types.ts';
import { checkPreamble } from './preamble.ts';
import { invalid, Reader } from './reader.ts';

/** A custom section of the outermost component. */
export interface CustomSection {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What a whole file holds. */
export interface ParsedComponent {
  readonly items: readonly Item[];
  readonly modules: readonly CoreModule[];
  readonly custom: readonly CustomSection[];
}

/** Reads a component and everything inside it, checking every name on the way. */
export function parseComponent(bytes: Uint8Array): ParsedComponent {
  checkPreamble(bytes);
  const modules: CoreModule[] = [];
  const custom: CustomSection[] = [];
  const items = parseBody(new Reader(bytes, 8), 0, modules, custom);
  return { items, modules, custom };
}

function parseBody(r: Reader, depth: number, modules: CoreModule[], custom: CustomSection[] | undefined): Item[] {
  if (depth > DEEPEST_NESTING) throw invalid(`components nest deeper than ${DEEPEST_NESTING}`, r.pos);
  const items: Item[] = [];
  while (!r.done) {
    const at = r.pos;
    const id = r.u8();
    const s = r.sub(r.u32());
    if (id === 0) {
      const name = s.name();
      custom?.push({ name, bytes: s.bytes.subarray(s.pos, s.end) });
    } else if (id === 1) {
      modules.push(scanModule(s));
      items.push({ kind: 'module', at });
    } else if (id === 4) {
      items.push(parseNested(s, depth + 1, modules));
    } else {
      parseSection(id, s, items, at);
      s.finish(`section ${id}`);
    }
  }
  return items;
}

function parseNested(s: Reader, depth: number, modules: CoreModule[]): Item {
  const at = s.pos;
  checkPreamble(s.bytes.subarray(s.pos, s.end), s.pos);
  s.skip(8);
  return { kind: 'component', at, items: parseBody(s, depth, modules, undefined) };
}

function parseSection(id: number, s: Reader, items: Item[], at: number): void {
  const each = (read: () => Item | undefined) => {
    const count = s.count();
    for (let i = 0; i < count; i++) {
      const item = read();
      if (item !== undefined) items.push(item);
    }
  };
  switch (id) {
    case 2:
      return each(() => coreInstance(s));
    case 3:
      return each(() => {
        skipCoreType(s, 0);
        return undefined;
      });
    case 5:
      return each(() => instance(s));
    case 6:
      return each(() => parseAlias(s));
    case 7:
      return each(() => ({ kind: 'type', at: s.pos, def: parseDef(s, 0) }));
    case 8:
      return each(() => parseCanon(s));
    case 10:
      return each(() => ({ kind: 'import', at: s.pos, name: parseExternName(s, 'an import'), desc: parseDesc(s) }));
    case 11:
      return each(() => exported(s));
    case 9:
    case 12:
      throw new SwitchboardError(
        'unsupported-component',
        'the component uses values or a start function, which are not supported',
      );
    default:
      throw invalid(`unknown section ${id}`, at);
  }
}

function sortIndex(s: Reader, name: string): SortIndex {
  return { name, sort: parseSort(s), index: s.u32() };
}

function instance(s: Reader): Item {
  const at = s.pos;
  const form = s.u8();
  if (form === 0x00) {
    const component = s.u32();
    const args = s.list(() => sortIndex(s, checkExtern('an argument', s.name())), 3);
    return { kind: 'instantiate', at, component, args };
  }
  if (form !== 0x01) throw invalid(`unknown instance form 0x${form.toString(16)}`, at);
  return { kind: 'bundle', at, exports: s.list(() => sortIndex(s, parseExternName(s, 'an export')), 4) };
}

function coreInstance(s: Reader): undefined {
  const at = s.pos;
  const form = s.u8();
  if (form > 0x01) throw invalid(`unknown core instance form 0x${form.toString(16)}`, at);
  if (form === 0x00) s.u32();
  const count = s.count();
  for (let i = 0; i < count; i++) {
    checkCoreName('a core instance member', s.name());
    s.u8();
    s.u32();
  }
  return undefined;
}

function exported(s: Reader): Item {
  const at = s.pos;
  const named = sortIndex(s, parseExternName(s, 'an export'));
  const flag = s.u8();
  if (flag > 1) throw invalid(`unknown option flag 0x${flag.toString(16)}`, s.pos - 1);
  return { kind: 'export', at, ...named, desc: flag === 1 ? parseDesc(s) : undefined };
}
