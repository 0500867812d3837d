/** Turns type definitions and the bodies of instance types into the graph of `model.ts`. */
import type { Alias, Decl, Def, Desc, FuncDef, ValType } from './ast.ts';
import { at, makeNode, newScope } from './model.ts';
import type { Budget, Extern, FuncType, Instance, Node, Scope, Ty, TypeItem } from './model.ts';
import { invalid } from './reader.ts';

/** A value type of a scope. */
export function valueType(scope: Scope, type: ValType, offset: number): Ty {
  if (type === 'error-context') return makeNode({ kind: 'unsupported', what: 'error-context' }, []);
  if (typeof type === 'string') return type;
  const item = at(scope.types, type, 'type', offset);
  if (item.sort !== 'value') throw invalid(`type ${type} is not a value type`, offset);
  return item.type;
}

/** The resource at a type index. */
function resourceAt(scope: Scope, index: number, offset: number): Node {
  const item = at(scope.types, index, 'type', offset);
  if (item.sort !== 'resource') throw invalid(`type ${index} is not a resource`, offset);
  return item.node;
}

/** The function type at a type index. */
export function funcAt(scope: Scope, index: number, offset: number): FuncType {
  const item = at(scope.types, index, 'type', offset);
  if (item.sort !== 'func') throw invalid(`type ${index} is not a function type`, offset);
  return item.type;
}

/** Evaluates one definition. */
export function define(scope: Scope, def: Def, offset: number, budget: Budget): TypeItem {
  const get = (type: ValType) => valueType(scope, type, offset);
  const maybe = (type: ValType | undefined) => (type === undefined ? undefined : get(type));
  const value = (type: Ty): TypeItem => ({ sort: 'value', type });
  budget.spend();
  switch (def.kind) {
    case 'alias':
      return value(get(def.type));
    case 'list':
    case 'option': {
      const type = get(def.type);
      return value(makeNode({ kind: def.kind, type }, [type]));
    }
    case 'stream':
    case 'future': {
      const type = maybe(def.type);
      return value(makeNode({ kind: def.kind, type }, [type]));
    }
    case 'tuple': {
      budget.spend(def.types.length);
      const types = def.types.map(get);
      return value(makeNode({ kind: 'tuple', types }, types));
    }
    case 'record': {
      budget.spend(def.fields.length);
      const fields = def.fields.map((f) => ({ name: f.name, type: get(f.type) }));
      return value(
        makeNode(
          { kind: 'record', fields },
          fields.map((f) => f.type),
        ),
      );
    }
    case 'variant': {
      budget.spend(def.cases.length);
      const cases = def.cases.map((c) => ({ name: c.name, type: maybe(c.type) }));
      return value(
        makeNode(
          { kind: 'variant', cases },
          cases.map((c) => c.type),
        ),
      );
    }
    case 'enum':
    case 'flags':
      return value(makeNode({ kind: def.kind, labels: def.labels }, []));
    case 'result': {
      const [ok, err] = [maybe(def.ok), maybe(def.err)];
      return value(makeNode({ kind: 'result', ok, err }, [ok, err]));
    }
    case 'own':
    case 'borrow':
      return value(makeNode({ kind: def.kind, resource: resourceAt(scope, def.resource, offset) }, []));
    case 'unsupported':
      return value(makeNode({ kind: 'unsupported', what: def.what }, []));
    case 'resource':
      return { sort: 'resource', node: makeNode({ kind: 'resource' }, []) };
    case 'func':
      return { sort: 'func', type: defineFunc(scope, def, offset, budget) };
    case 'instance':
    case 'component':
      return { sort: def.kind, decls: def.decls, scope };
  }
}

function defineFunc(scope: Scope, def: FuncDef, offset: number, budget: Budget): FuncType {
  budget.spend(def.params.length);
  const params = def.params.map((p) => ({ name: p.name, type: valueType(scope, p.type, offset) }));
  const result = def.result === undefined ? undefined : valueType(scope, def.result, offset);
  return { async: def.async, params, result };
}

/**
 * Names a type as it is exported. The first name stays: a `use` in another interface, or a second alias,
 * refers to the same type. An unnamed value type is copied, as one definition may be exported twice.
 */
export function nameType(item: TypeItem, name: string, owner: string | undefined): TypeItem {
  if (item.sort === 'resource') {
    item.node.name ??= name;
    item.node.interface ??= owner;
    return item;
  }
  if (item.sort !== 'value' || typeof item.type === 'string' || item.type.name !== undefined) return item;
  return { sort: 'value', type: { ...item.type, name, interface: owner } };
}

/** The members of an instance type, made anew: each import of it has resources of its own. */
export function evaluateInstance(
  type: TypeItem & { readonly sort: 'instance' | 'component' },
  owner: string | undefined,
  supplied: Instance | undefined,
  offset: number,
  budget: Budget,
): Instance {
  return budget.nested(offset, () => {
    const scope = newScope(type.scope);
    const members: Instance = new Map();
    for (const decl of type.decls) evaluateDecl(scope, decl, members, owner, supplied, budget);
    return members;
  });
}

function evaluateDecl(
  scope: Scope,
  decl: Decl,
  members: Instance,
  owner: string | undefined,
  supplied: Instance | undefined,
  budget: Budget,
): void {
  budget.spend();
  if (decl.kind === 'type') {
    scope.types.push(define(scope, decl.def, decl.at, budget));
  } else if (decl.kind === 'alias') {
    evaluateAlias(scope, decl);
  } else {
    const extern = evaluateDesc(scope, decl.name, decl.desc, owner, supplied?.get(decl.name), decl.at, budget);
    enter(scope, extern);
    if (decl.kind === 'declare') add(members, decl.name, extern, decl.at);
  }
}

/**
 * What an import or a type ascription stands for. With `supplied` it is bound to an actual definition,
 * whose types take the place of the declared ones, so that a resource stays one resource.
 */
export function evaluateDesc(
  scope: Scope,
  name: string,
  desc: Desc,
  owner: string | undefined,
  supplied: Extern | undefined,
  offset: number,
  budget: Budget,
): Extern {
  switch (desc.sort) {
    case 'func':
      return { sort: 'func', type: funcAt(scope, desc.type, offset) };
    case 'type':
      return { sort: 'type', item: evaluateBound(scope, name, desc.eq, owner, supplied, offset) };
    case 'instance': {
      const type = at(scope.types, desc.type, 'type', offset);
      if (type.sort !== 'instance') throw invalid(`type ${desc.type} is not an instance type`, offset);
      const actual = supplied?.sort === 'instance' ? supplied.instance : undefined;
      return { sort: 'instance', instance: evaluateInstance(type, owner ?? name, actual, offset, budget) };
    }
    case 'component':
      return { sort: 'component', closure: supplied?.sort === 'component' ? supplied.closure : undefined };
    case 'module':
      return { sort: 'module' };
    case 'value':
      throw invalid('values are not supported', offset);
  }
}

function evaluateBound(
  scope: Scope,
  name: string,
  eq: number | undefined,
  owner: string | undefined,
  supplied: Extern | undefined,
  offset: number,
): TypeItem {
  const actual = supplied?.sort === 'type' ? supplied.item : undefined;
  if (eq === undefined) {
    if (actual !== undefined && actual.sort !== 'resource') throw invalid(`"${name}" is not a resource`, offset);
    return nameType(actual ?? { sort: 'resource', node: makeNode({ kind: 'resource' }, []) }, name, owner);
  }
  const declared = at(scope.types, eq, 'type', offset);
  const bound = actual?.sort === declared.sort && isNamed(actual) ? actual : declared;
  return nameType(bound, name, owner);
}

function isNamed(item: TypeItem): boolean {
  if (item.sort === 'resource') return true;
  return item.sort === 'value' && typeof item.type === 'object' && item.type.name !== undefined;
}

/** Adds a member, refusing a second one of the same name. */
export function add(members: Instance, name: string, extern: Extern, offset: number): void {
  if (members.has(name)) throw invalid(`"${name}" occurs twice`, offset);
  members.set(name, extern);
}

/** Gives a definition the next index of its sort. */
export function enter(scope: Scope, extern: Extern): void {
  if (extern.sort === 'func') scope.funcs.push(extern.type);
  else if (extern.sort === 'type') scope.types.push(extern.item);
  else if (extern.sort === 'instance') scope.instances.push(extern.instance);
  else if (extern.sort === 'component') scope.components.push(extern.closure);
}

/** Evaluates an alias; core definitions have no index space here, as no type depends on them. */
export function evaluateAlias(scope: Scope, alias: Alias): void {
  if (alias.sort === 'core' || alias.target === 'core-export') return;
  if (alias.target === 'export') {
    const found = at(scope.instances, alias.instance, 'instance', alias.at).get(alias.name);
    if (found === undefined) throw invalid(`an instance has no "${alias.name}"`, alias.at);
    if (found.sort !== alias.sort) throw invalid(`"${alias.name}" is not a ${alias.sort}`, alias.at);
    return enter(scope, found);
  }
  let outer: Scope | undefined = scope;
  for (let i = 0; i < alias.count && outer !== undefined; i++) outer = outer.parent;
  if (outer === undefined) throw invalid('an alias reaches beyond the outermost component', alias.at);
  if (alias.sort === 'type') scope.types.push(at(outer.types, alias.index, 'type', alias.at));
  else if (alias.sort === 'component') scope.components.push(at(outer.components, alias.index, 'component', alias.at));
  else if (alias.sort !== 'module') throw invalid(`an outer alias of a ${alias.sort}`, alias.at);
}
