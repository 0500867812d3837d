/** What a component is made of, against what it says and what toolchains make. */
import type { ComponentDescription, WitFunction } from '#core';
import { isToolchainExport } from '#core/functions';
import { printable } from '#core/reference';
import type { DeclaredFunctions, Outline, ReadComponent } from './ports.ts';
import type { Found } from './rules.ts';
import { type Part, placeOf } from './sections.ts';

const MOST_TOLD = 20;

/** Findings of `scan/hidden-export`: what is exported, and is not in the WIT that the component carries; and the reverse. */
export function exportFindings({ description, declared }: ReadComponent): readonly Found[] {
  const found: Found[] = [];
  const tell = (severity: Found['severity'], message: string, place: string): void =>
    void found.push({ rule: 'scan/hidden-export', severity, message, place: printable(place) });
  if (!declared) return found;
  const { types } = description;
  const compare = (functions: readonly WitFunction[], known: DeclaredFunctions, of: string): void => {
    for (const fn of functions.filter((one) => !isToolchainExport(one))) {
      const params = known.get(fn.name);
      if (!params)
        tell(
          'medium',
          `${of} does not show this function`,
          fn.interface === undefined ? `export ${fn.name}` : `export ${fn.interface}, ${fn.name}`,
        );
      else if (params.join() !== namesOf(fn).join()) {
        tell('medium', `${of} shows other parameters: ${params.join(', ') || 'none'}`, `export ${fn.name}`);
      }
    }
    const real = new Set(functions.map(({ name }) => name));
    for (const name of known.keys())
      if (!real.has(name)) tell('low', `${of} shows it, and it is not there`, `export ${name}`);
  };
  compare(types.exportedFunctions, declared.functions, 'its WIT');
  for (const { id, functions } of types.exports) {
    if (functions.every((fn) => isToolchainExport(fn))) continue;
    if (!declared.interfaces.has(id)) tell('medium', 'its WIT does not show this interface', `export ${id}`);
    const known = declared.interfaces.get(id);
    if (known) compare(functions, known, 'its WIT');
  }
  return found.slice(0, MOST_TOLD);
}

/** A method's first parameter is `self`, which WIT does not write. */
const namesOf = ({ kind, params }: WitFunction): readonly string[] =>
  (kind === 'method' ? params.slice(1) : params).map(({ name }) => name);

/** Modules that toolchains add to tie others together have start functions; they are no larger than this, in bytes of code. */
const LINKING = 256;

/** Findings of `scan/start-function`. */
export function startFindings(parts: readonly Part[]): readonly Found[] {
  const code = new Map(
    parts.filter(({ kind }) => kind === 'code').map(({ owner, start, end }) => [owner, end - start]),
  );
  return parts
    .filter(({ kind, owner }) => kind === 'start' && (code.get(owner) ?? 0) > LINKING)
    .slice(0, MOST_TOLD)
    .map((part) => ({
      rule: 'scan/start-function',
      severity: 'low',
      message: 'a start function runs before anything is called; limits and permissions hold for it',
      place: part.owner,
    }));
}

/** Python's components have a module for each library; others have fewer than ten. */
const MOST_MODULES = 64;
/** JavaScript's have 23 with nothing but adapters in them, four deep. */
const MOST_COMPONENTS = 48;
const DEEPEST = 6;

/** Findings of `scan/nested-parts`: many parts, deep ones, and modules that lie in data or custom sections. */
export function nestedFindings(
  { modules, components, depth }: Outline,
  parts: readonly Part[],
  bytes: Uint8Array,
): readonly Found[] {
  const found: Found[] = [];
  const tell = (severity: Found['severity'], message: string, place: string): void =>
    void found.push({ rule: 'scan/nested-parts', severity, message, place });
  if (modules > MOST_MODULES) tell('low', `${modules} core modules`, 'the component');
  if (components > MOST_COMPONENTS) tell('low', `${components} nested components`, 'the component');
  if (depth > DEEPEST) tell('low', `components nest ${depth} deep`, 'the component');
  for (const part of parts) {
    if (part.kind !== 'data' && part.kind !== 'custom') continue;
    if (found.length >= MOST_TOLD) break;
    const kind = moduleIn(Buffer.from(bytes.buffer, bytes.byteOffset + part.start, part.end - part.start));
    if (kind !== undefined) tell('medium', `a WebAssembly ${kind} lies there as data`, placeOf(part));
  }
  return found;
}

const MAGIC = Buffer.from([0, 0x61, 0x73, 0x6d]);

function moduleIn(data: Buffer): string | undefined {
  for (let at = data.indexOf(MAGIC); at >= 0; at = data.indexOf(MAGIC, at + 4)) {
    const [version, , layer, last] = data.subarray(at + 4, at + 8);
    // The four bytes alone are in every tool that reads modules; a header with sections behind it is a module.
    if (last !== 0 || at + 16 > data.length) continue;
    const [id = 255, length = 0] = data.subarray(at + 8, at + 10);
    if (length === 0) continue;
    if (layer === 0 && version === 1 && id <= 13) return 'module';
    if (layer === 1 && version === 0x0d && id <= 12) return 'component';
  }
  return undefined;
}

/** Names of everything that can be called or seen, with what stands at them; long ones can carry sentences. */
export function namesIn({ types, functions }: ComponentDescription): readonly string[] {
  const names = new Set<string>();
  for (const { id } of [...types.imports, ...types.exports]) names.add(id);
  for (const { name, params } of functions) for (const one of [name, ...params]) names.add(one);
  for (const entry of types.types) {
    if (entry.name !== undefined) names.add(entry.name);
    for (const { name } of itemsOf(entry)) names.add(name);
  }
  return [...names].filter((name) => name.length >= 24);
}

const itemsOf = (entry: ComponentDescription['types']['types'][number]): readonly { readonly name: string }[] => {
  if (entry.kind === 'record') return entry.fields;
  if (entry.kind === 'variant' || entry.kind === 'enum') return entry.cases;
  return entry.kind === 'flags' ? entry.flags : [];
};
