/** Finds what a module exports that can be called: functions, classes, and those inside namespaces and objects. */
import type * as TS from 'typescript-6';
import { baseName } from './package-name.ts';
import { type Deriver, isPublic, type Pending } from './deriver.ts';
import type { LibraryModule } from './index.ts';
import { resourceOf } from './resources.ts';

const DEEPEST = 2;

interface Walk {
  readonly d: Deriver;
  readonly from: string;
  readonly prefix: string;
  readonly seen: Set<TS.Symbol | TS.Node>;
  readonly names: Set<string>;
}

/** What there is to be read of a module becomes pending. */
export function collectExports(d: Deriver, module: TS.Symbol, { from, prefix }: LibraryModule): void {
  const walk: Walk = { d, from, prefix, seen: new Set(), names: new Set() };
  const assigned = module.exports?.get('export=' as TS.__String);
  const exported = d.checker.getExportsOfModule(module);
  const own = exported.filter((one) => one.name !== 'default' && one.name !== 'prototype');
  if (assigned !== undefined) collect(walk, resolved(d, assigned), [], baseName(from), 0);
  // What is exported by itself and in a namespace as well is called by its own name.
  const isSpace = (one: TS.Symbol): boolean => (resolved(d, one).flags & d.ts.SymbolFlags.ValueModule) !== 0;
  for (const symbol of [...own.filter((one) => !isSpace(one)), ...own.filter(isSpace)])
    collect(walk, resolved(d, symbol), [symbol.name], symbol.name, 0);
  const byDefault = exported.find((one) => one.name === 'default');
  if (byDefault !== undefined) collect(walk, resolved(d, byDefault), ['default'], defaultName(d, byDefault, from), 0);
}

function resolved(d: Deriver, symbol: TS.Symbol): TS.Symbol {
  return symbol.flags & d.ts.SymbolFlags.Alias ? d.checker.getAliasedSymbol(symbol) : symbol;
}

function defaultName(d: Deriver, symbol: TS.Symbol, from: string): string {
  const { name } = resolved(d, symbol);
  return name === 'default' || name.startsWith('_') || name.startsWith('export') || name.length < 2
    ? baseName(from)
    : name;
}

function collect(walk: Walk, symbol: TS.Symbol, path: readonly string[], name: string, depth: number): void {
  const { d } = walk;
  const { SymbolFlags } = d.ts;
  if (!(symbol.flags & SymbolFlags.Value) || walk.seen.has(symbol) || !isOffered(d, symbol, path)) return;
  walk.seen.add(symbol);
  if (symbol.flags & (SymbolFlags.RegularEnum | SymbolFlags.ConstEnum)) return;
  const type = d.checker.getTypeOfSymbolAtLocation(symbol, d.entry);
  const constructs = type.getConstructSignatures();
  const calls = type.getCallSignatures();
  const made = constructs.map((one) => one.getReturnType()).find((one) => one.flags & d.ts.TypeFlags.Object);
  const title =
    path.length === 0 || path.at(-1) === 'default' ? name : path.filter((part) => part !== 'default').join('.');
  const base = { d, symbol, path, title, name };
  if (made !== undefined && isOwnType(d, made)) collectClass(walk, { ...base, made, constructs });
  const instance = made?.symbol;
  const own = calls.filter((one) => instance === undefined || one.getReturnType().symbol !== instance);
  if (own.length > 0 && !isRepeated(walk, base)) d.pending.push(pendingOf(walk, base, own));
  if (depth >= DEEPEST) return;
  if (symbol.flags & SymbolFlags.ValueModule) {
    for (const inner of d.checker.getExportsOfModule(symbol)) {
      if (inner.name !== 'default')
        collect(walk, resolved(d, inner), [...path, inner.name], joined(path, name, inner.name), depth + 1);
    }
  }
  // A constant of a type with a name is a value of the library's, unless it is the library.
  const isSpace =
    calls.length > 0 || path.every((part) => part === 'default') || (type.symbol?.name ?? '__').startsWith('__');
  if (made === undefined && isSpace) collectMembers(walk, base, type, depth);
}

/** By the name it is exported under; `_` as the whole library is one like any other. */
function isOffered(d: Deriver, symbol: TS.Symbol, path: readonly string[]): boolean {
  return path.length === 0 || path.at(-1) === 'default' || isPublic(d, symbol);
}

function isOwnType(d: Deriver, type: TS.Type): boolean {
  const [declaration] = type.symbol?.declarations ?? [];
  return declaration !== undefined && !d.isForeign(declaration);
}

interface Found {
  readonly symbol: TS.Symbol;
  readonly path: readonly string[];
  readonly title: string;
  readonly name: string;
}

/** Properties of an exported object or function: `validator.isEmail`, `marked.parse`. */
function collectMembers(walk: Walk, { path, name }: Found, type: TS.Type, depth: number): void {
  const { d } = walk;
  if (!(type.flags & d.ts.TypeFlags.Object) || d.checker.isArrayType(type) || d.checker.isTupleType(type)) return;
  for (const property of d.checker.getPropertiesOfType(type)) {
    if (!isPublic(d, property) || property.name === 'default' || property.name === 'prototype') continue;
    const symbol = resolved(d, property);
    const of = d.checker.getTypeOfSymbolAtLocation(symbol, d.entry);
    const isCallable = of.getCallSignatures().length > 0 || of.getConstructSignatures().length > 0;
    const isPlainObject =
      !isCallable && depth + 1 < DEEPEST && symbol.flags & d.ts.SymbolFlags.Property && isOwnType(d, of);
    // The same function under the default export is no second one.
    if (walk.names.has(property.name) && path.every((part) => part === 'default')) continue;
    if (isCallable || isPlainObject) {
      collect(walk, symbol, [...path, property.name], joined(path, name, property.name), depth + 1);
    }
  }
}

/** Members of the main export have their own name; others that of what they are in before it. */
const joined = (path: readonly string[], outer: string, inner: string): string =>
  path.every((part) => part === 'default') ? inner : `${outer}-${inner}`;

function isRepeated(walk: Walk, { symbol, title }: Found): boolean {
  const declaration = symbol.valueDeclaration;
  if (declaration !== undefined && walk.seen.has(declaration)) return true;
  if (declaration !== undefined) walk.seen.add(declaration);
  walk.names.add(title);
  return false;
}

function pendingOf(walk: Walk, { symbol, path, title, name }: Found, signatures: readonly TS.Signature[]): Pending {
  const { d, from, prefix } = walk;
  return {
    title: `${prefix}${title}`,
    name,
    call: 'function',
    access: { from, path },
    symbol,
    signatures,
    place: d.placeOf(symbol.declarations?.[0]),
    counted: true,
  };
}

interface FoundClass extends Found {
  readonly made: TS.Type;
  readonly constructs: readonly TS.Signature[];
}

function collectClass(walk: Walk, found: FoundClass): void {
  const { d, from } = walk;
  const { symbol, path, title, made, constructs } = found;
  if (extendsError(d, made)) return;
  const base = { symbol, place: d.placeOf(symbol.declarations?.[0]), counted: true };
  const resource = resourceOf(d, made, true);
  if (typeof resource === 'string') {
    d.refusals.push({ what: title, place: base.place, reason: resource, loss: 'function' });
    return;
  }
  walk.names.add(title);
  const [declaration] = symbol.declarations ?? [];
  const isAbstract =
    declaration !== undefined && (d.ts.getCombinedModifierFlags(declaration) & d.ts.ModifierFlags.Abstract) !== 0;
  if (!isAbstract) {
    d.pending.push({
      ...base,
      title: `new ${title}`,
      name: 'create',
      call: 'construct',
      access: { from, path },
      signatures: constructs,
      resource,
    });
  }
  const type = d.checker.getTypeOfSymbolAtLocation(symbol, d.entry);
  for (const property of d.checker.getPropertiesOfType(type)) {
    if (!isPublic(d, property) || property.name === 'prototype') continue;
    const of = d.checker.getTypeOfSymbolAtLocation(property, d.entry);
    const signatures = of.getCallSignatures();
    if (signatures.length === 0 || of.getConstructSignatures().length > 0) continue;
    d.pending.push({
      ...base,
      title: `${title}.${property.name}`,
      name: property.name,
      call: 'function',
      access: { from, path: [...path, property.name] },
      symbol: property,
      signatures,
      resource,
      place: d.placeOf(property.declarations?.[0]),
    });
  }
}

/** Errors that a library throws are no tools of its. */
function extendsError(d: Deriver, type: TS.Type): boolean {
  const names = new Set(d.checker.getPropertiesOfType(type).map(({ name }) => name));
  return names.has('message') && names.has('name') && names.has('stack');
}
