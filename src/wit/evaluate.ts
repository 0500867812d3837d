/** Evaluates a component's definitions: index spaces, instantiations of nested components, exports. */
import { SwitchboardError } from '#core/errors';
import type { Item, SortIndex } from './ast.ts';
import { add, define, enter, evaluateAlias, evaluateDesc, funcAt, nameType } from './evaluate-types.ts';
import { at, newScope } from './model.ts';
import type { Budget, Closure, Extern, Instance, Scope } from './model.ts';
import { invalid } from './reader.ts';

/** The outermost component, evaluated. */
export interface Evaluated {
  readonly imports: Instance;
  readonly exports: Instance;
  /** Built-ins of WASI 0.3 were met; and the first that is refused, in words. */
  readonly tasks: boolean;
  readonly refused: string | undefined;
}

interface Frame {
  readonly scope: Scope;
  readonly imports: Instance;
  readonly exports: Instance;
  /** What the imports are bound to; absent for the outermost component. */
  readonly args: Instance | undefined;
  readonly budget: Budget;
  readonly later: { tasks: boolean; refused: string | undefined };
}

/** Evaluates the outermost component. Linear in what `budget` allows. */
export function evaluate(items: readonly Item[], budget: Budget): Evaluated {
  const frame: Frame = {
    scope: newScope(undefined),
    imports: new Map(),
    exports: new Map(),
    args: undefined,
    budget,
    later: { tasks: false, refused: undefined },
  };
  for (const item of items) evaluateItem(frame, item);
  return { imports: frame.imports, exports: frame.exports, ...frame.later };
}

function evaluateItem(frame: Frame, item: Item): void {
  const { scope, budget } = frame;
  budget.spend();
  switch (item.kind) {
    case 'type':
      scope.types.push(define(scope, item.def, item.at, budget));
      return;
    case 'alias':
      return evaluateAlias(scope, item);
    case 'component':
      scope.components.push({ items: item.items, scope });
      return;
    case 'module':
      return;
    case 'lift':
      if (item.async) frame.later.tasks = true;
      scope.funcs.push(funcAt(scope, item.type, item.at));
      return;
    case 'builtin':
      frame.later.tasks = true;
      frame.later.refused ??= item.what;
      return;
    case 'bundle':
      scope.instances.push(gather(scope, item.exports, item.at, budget));
      return;
    case 'instantiate':
      scope.instances.push(instantiate(frame, item.component, item.args, item.at));
      return;
    case 'import':
    case 'declare':
      return importItem(frame, item);
    case 'export':
      return exportItem(frame, item);
  }
}

function gather(scope: Scope, list: readonly SortIndex[], offset: number, budget: Budget): Instance {
  budget.spend(list.length);
  const members: Instance = new Map();
  for (const entry of list) add(members, entry.name, lookUp(scope, entry, offset), offset);
  return members;
}

function lookUp(scope: Scope, { sort, index }: SortIndex, offset: number): Extern {
  switch (sort) {
    case 'func':
      return { sort, type: at(scope.funcs, index, 'function', offset) };
    case 'type':
      return { sort, item: at(scope.types, index, 'type', offset) };
    case 'instance':
      return { sort, instance: at(scope.instances, index, 'instance', offset) };
    case 'component':
      return { sort, closure: at(scope.components, index, 'component', offset) };
    case 'module':
      return { sort };
    default:
      throw invalid(`a ${sort} cannot be passed on`, offset);
  }
}

function instantiate(frame: Frame, index: number, list: readonly SortIndex[], offset: number): Instance {
  const closure: Closure | undefined = at(frame.scope.components, index, 'component', offset);
  if (closure === undefined) throw unsupported('instantiates a component that it imports');
  const args = gather(frame.scope, list, offset, frame.budget);
  return frame.budget.nested(offset, () => {
    const inner: Frame = { ...frame, scope: newScope(closure.scope), imports: new Map(), exports: new Map(), args };
    for (const item of closure.items) evaluateItem(inner, item);
    return inner.exports;
  });
}

function unsupported(what: string): SwitchboardError {
  return new SwitchboardError('unsupported-component', `the component ${what}, which is not supported`);
}

function importItem(frame: Frame, item: Item & { kind: 'import' | 'declare' }): void {
  const { scope, budget, args } = frame;
  const { name, desc } = item;
  const owner = desc.sort === 'instance' ? name : undefined;
  if (args === undefined) {
    if (desc.sort === 'component' || desc.sort === 'module' || desc.sort === 'value') {
      throw unsupported(`imports the ${desc.sort} "${name}"`);
    }
    const extern = evaluateDesc(scope, name, desc, owner, undefined, item.at, budget);
    enter(scope, extern);
    return add(frame.imports, name, extern, item.at);
  }
  const actual = args.get(name);
  if (actual === undefined) throw invalid(`a nested component is not given "${name}"`, item.at);
  if (actual.sort !== desc.sort) throw invalid(`"${name}" is given a ${actual.sort}`, item.at);
  enter(scope, actual);
}

function exportItem(frame: Frame, item: Item & { kind: 'export' }): void {
  const { scope, budget } = frame;
  const { name, desc } = item;
  let extern = lookUp(scope, item, item.at);
  if (desc !== undefined) {
    if (desc.sort !== extern.sort) throw invalid(`"${name}" is exported as a ${desc.sort}`, item.at);
    extern = evaluateDesc(scope, name, desc, undefined, extern, item.at, budget);
  } else if (extern.sort === 'type') {
    extern = { sort: 'type', item: nameType(extern.item, name, undefined) };
  }
  if (frame.args === undefined) claim(name, extern);
  enter(scope, extern);
  add(frame.exports, name, extern, item.at);
}

/** Marks the types of an exported instance that no interface defines yet as this interface's own. */
function claim(name: string, extern: Extern): void {
  if (extern.sort !== 'instance') return;
  for (const [member, value] of extern.instance) {
    if (value.sort !== 'type') continue;
    const { item } = value;
    const node = item.sort === 'resource' ? item.node : item.sort === 'value' ? item.type : undefined;
    if (typeof node !== 'object') continue;
    if (node.name === undefined || node.interface === undefined) node.interface = name;
    node.name ??= member;
  }
}
