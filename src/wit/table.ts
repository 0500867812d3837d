/** Turns the evaluated graph into core's table of types, keeping what functions reach. */
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import type { ComponentTypes, TypeEntry, TypeRef, TypeShape, WitFunction, WitInterface } from '#core/wit-types';
import type { Evaluated } from './evaluate.ts';
import type { Budget, FuncType, Instance, Node, Ty } from './model.ts';
import { isConcurrent, refuseConcurrent } from './concurrent.ts';
import { checkDistinct } from './names.ts';

interface Table {
  readonly entries: TypeEntry[];
  readonly index: Map<Node, number>;
  readonly budget: Budget;
}

/** Builds `ComponentTypes`. Throws `unsupported-component` where a function or a built-in needs what nothing here runs. */
export function buildTypes(evaluated: Evaluated, budget: Budget): ComponentTypes {
  const table: Table = { entries: [], index: new Map(), budget };
  const imports = surface(table, evaluated.imports);
  const exports = surface(table, evaluated.exports);
  for (const fn of [...exports.functions, ...exports.interfaces.flatMap((e) => e.functions)]) refuseThenable(fn);
  if (evaluated.refused !== undefined) {
    throw new SwitchboardError(
      'unsupported-component',
      `the component uses the built-in ${evaluated.refused}, which is not supported`,
    );
  }
  const types: ComponentTypes = {
    types: table.entries,
    imports: imports.interfaces,
    importedFunctions: imports.functions,
    exports: exports.interfaces,
    exportedFunctions: exports.functions,
  };
  refuseConcurrent(types);
  return evaluated.tasks || isConcurrent(types) ? { ...types, concurrent: true } : types;
}

/**
 * A world-level function or a method `then` would make the instance or the resource a thenable: wherever
 * JavaScript awaits it, it would call into the guest, unasked and with functions of the host.
 */
function refuseThenable(fn: WitFunction): void {
  const isThen = fn.kind === 'method' ? fn.name.endsWith('.then') : fn.interface === undefined && fn.name === 'then';
  if (!isThen) return;
  throw new SwitchboardError(
    'unsupported-component',
    `the component exports \`${fn.name}\`, which JavaScript would take for a promise; that name is not supported`,
  );
}

interface Surface {
  readonly interfaces: readonly WitInterface[];
  readonly functions: readonly WitFunction[];
}

function surface(table: Table, members: Instance): Surface {
  const interfaces: WitInterface[] = [];
  for (const [name, extern] of members) {
    if (extern.sort === 'instance') {
      interfaces.push({ id: name, functions: functionsOf(table, extern.instance, name) });
    } else if (extern.sort === 'component' || extern.sort === 'module') {
      throw new SwitchboardError('unsupported-component', `the component exports the ${extern.sort} "${name}"`);
    }
  }
  return { interfaces, functions: functionsOf(table, members, undefined) };
}

function functionsOf(table: Table, members: Instance, owner: string | undefined): WitFunction[] {
  const functions: WitFunction[] = [];
  for (const [name, extern] of members) {
    if (extern.sort === 'func') functions.push(buildFunction(table, name, extern.type, owner));
    else if (extern.sort === 'instance' && owner !== undefined) {
      throw new SwitchboardError('unsupported-component', `interface "${owner}" has the interface "${name}" inside`);
    }
  }
  checkDistinct(
    'functions',
    functions.filter((fn) => fn.kind === 'function').map((fn) => fn.name),
  );
  return functions;
}

function buildFunction(table: Table, name: string, type: FuncType, owner: string | undefined): WitFunction {
  const where = { name, owner };
  table.budget.spend(1 + type.params.length);
  const m = /^\[(constructor|method|static)\]([^.]*)/.exec(name);
  const kind = (m?.[1] ?? 'function') as WitFunction['kind'];
  return {
    ...(owner === undefined ? {} : { interface: owner }),
    name,
    kind,
    ...(m?.[2] === undefined ? {} : { resource: m[2] }),
    params: type.params.map((p) => ({ name: p.name, type: refer(table, p.type, where) })),
    ...(type.result === undefined ? {} : { result: refer(table, type.result, where) }),
    ...(type.async ? { async: true } : {}),
  };
}

interface Where {
  readonly name: string;
  readonly owner: string | undefined;
}

function later(what: string, { name, owner }: Where): SwitchboardError {
  const inInterface = owner === undefined ? 'in its world' : `in interface \`${printable(owner)}\``;
  return new SwitchboardError(
    'unsupported-component',
    `the component uses ${what} in function \`${printable(name)}\` ${inInterface}; it is not supported`,
  );
}

function refer(table: Table, type: Ty, where: Where): TypeRef {
  if (typeof type === 'string') return type;
  const known = table.index.get(type);
  if (known !== undefined) return known;
  table.budget.spend();
  const shape = convert(table, type, where);
  const index = table.entries.length;
  table.index.set(type, index);
  table.entries.push({
    ...shape,
    ...(type.name === undefined ? {} : { name: type.name }),
    ...(type.interface === undefined ? {} : { interface: type.interface }),
  });
  return index;
}

function convert(table: Table, { shape }: Node, where: Where): TypeShape {
  const ref = (type: Ty) => refer(table, type, where);
  switch (shape.kind) {
    case 'list':
      return { kind: 'list', element: ref(shape.type) };
    case 'option':
      return { kind: 'option', some: ref(shape.type) };
    case 'stream':
    case 'future':
      return { kind: shape.kind, ...(shape.type === undefined ? {} : { element: ref(shape.type) }) };
    case 'tuple':
      table.budget.spend(shape.types.length);
      return { kind: 'tuple', items: shape.types.map(ref) };
    case 'record':
      table.budget.spend(shape.fields.length);
      return { kind: 'record', fields: shape.fields.map((f) => ({ name: f.name, type: ref(f.type) })) };
    case 'variant':
      table.budget.spend(shape.cases.length);
      return {
        kind: 'variant',
        cases: shape.cases.map((c) => ({ name: c.name, ...(c.type === undefined ? {} : { type: ref(c.type) }) })),
      };
    case 'enum':
      table.budget.spend(shape.labels.length);
      return { kind: 'enum', cases: shape.labels.map((name) => ({ name })) };
    case 'flags':
      table.budget.spend(shape.labels.length);
      return { kind: 'flags', flags: shape.labels.map((name) => ({ name })) };
    case 'result':
      return {
        kind: 'result',
        ...(shape.ok === undefined ? {} : { ok: ref(shape.ok) }),
        ...(shape.err === undefined ? {} : { err: ref(shape.err) }),
      };
    case 'own':
    case 'borrow':
      return { kind: shape.kind, resource: refer(table, shape.resource, where) as number };
    case 'resource':
      return { kind: 'resource' };
    case 'unsupported':
      throw later(shape.what, where);
  }
}
