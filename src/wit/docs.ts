/** Documentation of a component: where it is found and how it gets onto the decoded types. */
import { friendlyName, interfaceShortName } from '#core/functions';
import type { Case, ComponentTypes, Field, Label, TypeEntry, WitFunction, WitInterface } from '#core/wit-types';
import { concat } from './bytes.ts';
import type { CustomSection } from './parse.ts';

type Named<T> = { readonly [name: string]: T };

export interface TypeDocs {
  readonly docs?: string;
  /** Docs of fields, cases and flags. */
  readonly items?: Named<string>;
}

export interface InterfaceDocs {
  readonly docs?: string;
  /** By the binary's names, `[method]r.m` among them. */
  readonly funcs?: Named<string>;
  readonly types?: Named<TypeDocs>;
}

export interface WorldDocs extends InterfaceDocs {
  readonly interfaces?: Named<InterfaceDocs>;
}

/** Docs of one WIT package. */
export interface Docs {
  readonly docs?: string;
  /** `ns:name` or `ns:name@version`, where it is known: then only its own interfaces are meant. */
  readonly package?: string;
  readonly worlds?: Named<WorldDocs>;
  readonly interfaces?: Named<InterfaceDocs>;
}

const LARGEST_DOCS = 4 * 1024 * 1024;
const LONGEST_DOC = 16_384;

/** The custom section our own builds write; its content is that of `package-docs`. */
export const DOCS_SECTION = 'switchboard-docs';

/** Docs of a component's custom sections: ours, else `package-docs` (wit-parser's metadata.rs, versions 0 and 1). Bad ones are ignored. */
export function docsOf(custom: readonly CustomSection[]): Docs {
  const named = (name: string) => custom.findLast((section) => section.name === name);
  const found = named(DOCS_SECTION) ?? named('package-docs');
  if (found === undefined || found.bytes.length > LARGEST_DOCS) return {};
  const version = found.bytes[0];
  if (version !== 0 && version !== 1) return {};
  try {
    return readDocs(JSON.parse(new TextDecoder().decode(found.bytes.subarray(1))));
  } catch {
    return {};
  }
}

/** Docs in wit-parser's `package-docs` form, version 1. */
export function encodePackageDocs(docs: Docs): Uint8Array {
  const { package: _, ...rest } = docs;
  const plain = JSON.stringify(rest, (key, value) => (key === 'funcs' ? wrapAll(value as Named<string>) : value));
  return concat([[1], new TextEncoder().encode(plain)]);
}

function wrapAll(funcs: Named<string>): Named<{ docs: string }> {
  return Object.fromEntries(Object.entries(funcs).map(([name, docs]) => [name, { docs }]));
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): { docs?: string } {
  if (typeof value !== 'string') return {};
  const docs = value.slice(0, LONGEST_DOC).trim();
  return docs === '' ? {} : { docs };
}

function map<T>(value: unknown, read: (item: unknown) => T | undefined): Named<T> {
  const out: { [name: string]: T } = Object.create(null) as { [name: string]: T };
  if (!isObject(value)) return out;
  for (const [name, item] of Object.entries(value)) {
    const found = read(item);
    if (found !== undefined) out[name] = found;
  }
  return out;
}

const readString = (value: unknown) => text(isObject(value) ? value['docs'] : value).docs;

function readInterface(value: unknown): InterfaceDocs {
  if (!isObject(value)) return {};
  return {
    ...text(value['docs']),
    funcs: map(value['funcs'], readString),
    types: map(value['types'], (t) =>
      isObject(t) ? { ...text(t['docs']), items: map(t['items'], readString) } : undefined,
    ),
  };
}

function readWorld(value: unknown): WorldDocs {
  if (!isObject(value)) return {};
  const base = readInterface(value);
  return {
    ...base,
    funcs: { ...base.funcs, ...map(value['func_exports'], readString) },
    interfaces: { ...map(value['interfaces'], readInterface), ...map(value['interface_exports'], readInterface) },
  };
}

function readDocs(value: unknown): Docs {
  if (!isObject(value)) return {};
  return {
    ...text(value['docs']),
    worlds: map(value['worlds'], readWorld),
    interfaces: map(value['interfaces'], readInterface),
  };
}

/** The component's types with docs wherever `docs` has some; docs already there stay. */
export function applyDocs(types: ComponentTypes, docs: Docs): ComponentTypes {
  const find = finder(types, docs);
  const worlds = Object.values(docs.worlds ?? {});
  const ofInterface = (i: WitInterface): WitInterface => ({
    ...i,
    ...prefer(i.docs, find(i.id)?.docs),
    functions: i.functions.map((fn) => documented(fn, find(i.id)?.funcs)),
  });
  const worldFuncs: Named<string> = Object.assign({}, ...worlds.map((world) => world.funcs ?? {})) as Named<string>;
  return {
    ...types,
    types: types.types.map((entry) => documentedType(entry, docs, find)),
    imports: types.imports.map(ofInterface),
    exports: types.exports.map(ofInterface),
    importedFunctions: types.importedFunctions.map((fn) => documented(fn, worldFuncs)),
    exportedFunctions: types.exportedFunctions.map((fn) => documented(fn, worldFuncs)),
    ...prefer(types.docs, worlds.find((world) => world.docs !== undefined)?.docs ?? docs.docs),
  };
}

/** Finds an interface's docs by id. They are of one package: an interface of another that has the same short name is not meant. */
function finder(types: ComponentTypes, docs: Docs): (id: string) => InterfaceDocs | undefined {
  const own = docs.package ?? types.package;
  const inline: Named<InterfaceDocs> = Object.assign(
    {},
    ...Object.values(docs.worlds ?? {}).map((world) => world.interfaces ?? {}),
  ) as Named<InterfaceDocs>;
  return (id) => {
    if (!id.includes('/')) return at(inline, id);
    const owner = id.replace(/\/.*$/, '');
    if (own === undefined ? owner.startsWith('wasi:') : owner !== own.replace(/@.*$/, '')) return undefined;
    return at(docs.interfaces, interfaceShortName(id));
  };
}

function at<T>(map: Named<T> | undefined, key: string): T | undefined {
  return map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
}

function prefer(present: string | undefined, found: string | undefined): { docs?: string } {
  const docs = present ?? found;
  return docs === undefined ? {} : { docs };
}

function documented(fn: WitFunction, funcs: Named<string> | undefined): WitFunction {
  return { ...fn, ...prefer(fn.docs, at(funcs, fn.name)) };
}

function documentedType(entry: TypeEntry, docs: Docs, find: (id: string) => InterfaceDocs | undefined): TypeEntry {
  if (entry.name === undefined) return entry;
  const worldTypes = Object.values(docs.worlds ?? {}).map((world) => at(world.types, entry.name ?? ''));
  const found =
    entry.interface === undefined
      ? worldTypes.find((t) => t !== undefined)
      : at(find(entry.interface)?.types, entry.name);
  if (found === undefined) return entry;
  const items = <T extends Field | Case | Label>(list: readonly T[]): T[] =>
    list.map((item) => ({ ...item, ...prefer(item.docs, at(found.items, item.name)) }));
  const docsOfType = prefer(entry.docs, found.docs);
  switch (entry.kind) {
    case 'record':
      return { ...entry, ...docsOfType, fields: items(entry.fields) };
    case 'variant':
      return { ...entry, ...docsOfType, cases: items(entry.cases) };
    case 'enum':
      return { ...entry, ...docsOfType, cases: items(entry.cases) };
    case 'flags':
      return { ...entry, ...docsOfType, flags: items(entry.flags) };
    default:
      return { ...entry, ...docsOfType };
  }
}

/** Docs made of names, where nobody wrote any: `analyze-text(text)` is "analyze text: takes text". */
export function synthesizeDocs(fn: WitFunction): string {
  const words = friendlyName(fn).replaceAll(/[-.]/g, ' ');
  const own = fn.kind === 'method' ? fn.params.slice(1) : fn.params;
  const params = own.map((p) => p.name.replaceAll('-', ' '));
  return params.length === 0 ? words : `${words}: takes ${params.join(', ')}`;
}
