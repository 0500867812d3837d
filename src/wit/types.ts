/** Questions about entries of a component's type table. */
import type { ComponentTypes, Primitive, TypeEntry, TypeRef, WitFunction } from '#core/wit-types';

/** The entry a reference stands for, or the primitive's name. A bad index means a table that was not ours. */
export function resolve(types: ComponentTypes, ref: TypeRef): TypeEntry | Primitive {
  if (typeof ref === 'string') return ref;
  const entry = types.types[ref];
  if (entry === undefined) throw new RangeError(`no type ${ref}`);
  return entry;
}

/** Whether a type is an `option`: as a payload it makes the outer option's JSON and JavaScript forms tagged. */
export function isOption(types: ComponentTypes, ref: TypeRef): boolean {
  return typeof ref === 'number' && types.types[ref]?.kind === 'option';
}

/** The types a type is made of. */
export function partsOf(entry: TypeEntry): readonly TypeRef[] {
  switch (entry.kind) {
    case 'list':
      return [entry.element];
    case 'stream':
    case 'future':
      return entry.element === undefined ? [] : [entry.element];
    case 'tuple':
      return entry.items;
    case 'record':
      return entry.fields.map((f) => f.type);
    case 'variant':
      return entry.cases.flatMap((c) => (c.type === undefined ? [] : [c.type]));
    case 'option':
      return [entry.some];
    case 'result':
      return [entry.ok, entry.err].filter((t) => t !== undefined);
    default:
      return [];
  }
}

/** How often each table entry is referred to from `roots`, each entry entered once. */
export function countUses(types: ComponentTypes, roots: readonly TypeRef[]): Map<number, number> {
  const uses = new Map<number, number>();
  const visit = (ref: TypeRef) => {
    if (typeof ref === 'string') return;
    const seen = uses.get(ref) ?? 0;
    uses.set(ref, seen + 1);
    const entry = types.types[ref];
    if (seen === 0 && entry !== undefined) for (const part of partsOf(entry)) visit(part);
  };
  for (const root of roots) visit(root);
  return uses;
}

/** A function's parameter types and result type. */
export function rootsOf(fn: WitFunction): readonly TypeRef[] {
  return [...fn.params.map((p) => p.type), ...(fn.result === undefined ? [] : [fn.result])];
}

/** Whether handles of resources cross when the function is called. */
export function hasResource(types: ComponentTypes, fn: WitFunction): boolean {
  for (const index of countUses(types, rootsOf(fn)).keys()) {
    const kind = types.types[index]?.kind;
    if (kind === 'own' || kind === 'borrow') return true;
  }
  return false;
}

/** The success type of a function: of a top-level `result<T, E>` it is T. */
export function successOf(types: ComponentTypes, fn: WitFunction): TypeRef | undefined {
  if (fn.result === undefined) return undefined;
  const entry = resolve(types, fn.result);
  return typeof entry === 'object' && entry.kind === 'result' ? entry.ok : fn.result;
}

/** A type's WIT name, written out where it has none; cut where it grows beyond what a person reads. */
export function typeText(types: ComponentTypes, ref: TypeRef): string {
  const budget = { left: 200 };
  return write(types, ref, budget);
}

function write(types: ComponentTypes, ref: TypeRef, budget: { left: number }): string {
  const entry = resolve(types, ref);
  if (typeof entry === 'string') return entry;
  if (entry.name !== undefined) return entry.name;
  if (budget.left-- <= 0) return '…';
  const sub = (part: TypeRef) => write(types, part, budget);
  switch (entry.kind) {
    case 'list':
      return `list<${sub(entry.element)}>`;
    case 'stream':
    case 'future':
      return entry.element === undefined ? entry.kind : `${entry.kind}<${sub(entry.element)}>`;
    case 'option':
      return `option<${sub(entry.some)}>`;
    case 'tuple':
      return `tuple<${shortened(entry.items, sub)}>`;
    case 'result':
      if (entry.err === undefined) return entry.ok === undefined ? 'result' : `result<${sub(entry.ok)}>`;
      return `result<${entry.ok === undefined ? '_' : sub(entry.ok)}, ${sub(entry.err)}>`;
    case 'own':
      return types.types[entry.resource]?.name ?? 'resource';
    case 'borrow':
      return `borrow<${types.types[entry.resource]?.name ?? 'resource'}>`;
    case 'record':
      return `record { ${shortened(entry.fields, (f) => `${f.name}: ${sub(f.type)}`)} }`;
    case 'variant':
      return `variant { ${shortened(entry.cases, (c) => (c.type === undefined ? c.name : `${c.name}(${sub(c.type)})`))} }`;
    case 'enum':
      return `enum { ${shortened(entry.cases, (c) => c.name)} }`;
    case 'flags':
      return `flags { ${shortened(entry.flags, (f) => f.name)} }`;
    case 'resource':
      return 'resource';
  }
}

function shortened<T>(items: readonly T[], text: (item: T) => string): string {
  const shown = items.slice(0, 20).map(text).join(', ');
  return items.length > 20 ? `${shown}, …` : shown;
}

/** A function as WIT writes it: `analyze: func(text: string) -> result<stats, string>`. */
export function witSignature(types: ComponentTypes, fn: WitFunction): string {
  const own = fn.kind === 'method' ? fn.params.slice(1) : fn.params;
  const params = `(${own.map((p) => `${p.name}: ${typeText(types, p.type)}`).join(', ')})`;
  const result = fn.result === undefined ? '' : ` -> ${typeText(types, fn.result)}`;
  if (fn.kind === 'constructor') {
    return `${fn.resource ?? ''}: constructor${params}${result.startsWith(' -> result') ? result : ''}`;
  }
  const name = fn.name.replace(/^\[(?:method|static)\]/, '');
  return `${name}: ${fn.kind === 'static' ? 'static ' : ''}${fn.async ? 'async ' : ''}func${params}${result}`;
}
