/** Leaves out functions whose answer nobody could do anything with. */
import { isNamed, type NamedType, type ResourceType, type Shape, type WrappedFunction } from '../model.ts';

/** The resources that a value of the shape holds. */
export function resourcesIn(
  shape: Shape,
  found = new Set<ResourceType>(),
  seen = new Set<NamedType>(),
): Set<ResourceType> {
  const inner = (of: Shape): unknown => resourcesIn(of, found, seen);
  if (isNamed(shape)) {
    const { type } = shape;
    if (type.kind === 'resource') found.add(type);
    else if (!seen.has(type)) {
      seen.add(type);
      if (type.kind === 'record') for (const one of type.fields) inner(one.shape);
      else if (type.kind === 'variant') for (const one of type.cases) if (one.shape !== undefined) inner(one.shape);
    }
  } else if (shape.kind === 'list' || shape.kind === 'option' || shape.kind === 'promise') inner(shape.of);
  else if (shape.kind === 'map') void [inner(shape.key), inner(shape.value)];
  else if (shape.kind === 'tuple') for (const one of shape.items) inner(one);
  return found;
}

export interface Useless {
  readonly fn: WrappedFunction;
  readonly resource: ResourceType;
}

/**
 * Takes away functions that answer with a resource without any member that no function takes, and so on: a resource may
 * lose its last member by it. What was taken away is returned.
 */
export function dropUseless(functions: WrappedFunction[], resources: readonly ResourceType[]): Useless[] {
  const dropped: Useless[] = [];
  for (let before = -1; before !== dropped.length; ) {
    before = dropped.length;
    const all = [...functions, ...resources.flatMap(({ members }) => members)];
    const taken = new Set(
      all.flatMap(({ params }) =>
        params.flatMap(({ shape, dropped: gone }) => (gone === true ? [] : [...resourcesIn(shape)])),
      ),
    );
    const useless = (fn: WrappedFunction): boolean => {
      const resource = [...resourcesIn(fn.result)].find(
        (one) => one.members.every(({ access }) => access !== undefined) && !taken.has(one),
      );
      if (resource !== undefined) dropped.push({ fn, resource });
      return resource !== undefined;
    };
    functions.splice(0, functions.length, ...functions.filter((fn) => !useless(fn)));
    for (const one of resources) one.members = one.members.filter((fn) => !useless(fn));
  }
  return dropped;
}

/** What a value of the shape cannot be made without. */
function neededBy(shape: Shape, seen: readonly NamedType[] = []): ResourceType[] {
  if (isNamed(shape)) {
    const { type } = shape;
    if (type.kind === 'resource') return [type];
    if (seen.includes(type)) return [];
    const within = [...seen, type];
    if (type.kind === 'record') return type.fields.flatMap((one) => neededBy(one.shape, within));
    if (type.kind === 'enum') return [];
    const cases = type.cases.map((one) => (one.shape === undefined ? [] : neededBy(one.shape, within)));
    return cases.find((needs) => needs.length === 0) ?? cases[0] ?? [];
  }
  if (shape.kind === 'list' || shape.kind === 'promise') return neededBy(shape.of, seen);
  return shape.kind === 'tuple' ? shape.items.flatMap((one) => neededBy(one, seen)) : [];
}

interface Lost {
  /** Those that do not work. */
  readonly gone: ReadonlySet<WrappedFunction>;
  /** Those of them that miss something of the platform: others of their kind likely do, whatever their types promise. */
  readonly homeless: ReadonlySet<WrappedFunction>;
  /** Those that answered with a value. */
  readonly seen: ReadonlySet<WrappedFunction>;
}

/**
 * Those that nobody can call without what is gone, as nothing else makes a value that they need. Of kinds of which a maker
 * misses the platform, only what was seen to make one does.
 */
export function strandedBy(
  functions: readonly WrappedFunction[],
  resources: readonly ResourceType[],
  { gone, homeless, seen }: Lost,
): Useless[] {
  const all = new Map<WrappedFunction, ResourceType[]>();
  const add = (fn: WrappedFunction, owner: ResourceType[]): void => {
    const given = fn.params.filter((one) => one.dropped !== true && !one.optional);
    all.set(fn, [...owner, ...given.flatMap(({ shape }) => neededBy(shape))]);
  };
  for (const fn of functions) add(fn, []);
  for (const one of resources) for (const fn of one.members) add(fn, fn.access === undefined ? [one] : []);
  const doubtful = new Set([...homeless].flatMap((fn) => [...resourcesIn(fn.result)]));
  const before = usable(all, (fn) => resourcesIn(fn.result));
  const after = usable(all, (fn) => {
    const makes = gone.has(fn) ? [] : [...resourcesIn(fn.result)];
    return seen.has(fn) ? makes : makes.filter((one) => !doubtful.has(one));
  });
  return [...before.found].flatMap((fn) => {
    const resource = all.get(fn)?.find((one) => !after.made.has(one));
    return gone.has(fn) || resource === undefined ? [] : [{ fn, resource }];
  });
}

/** What can be called, each with a value of every kind that it needs, and the kinds that come of it. */
function usable(
  all: ReadonlyMap<WrappedFunction, readonly ResourceType[]>,
  makes: (fn: WrappedFunction) => Iterable<ResourceType>,
): { readonly found: Set<WrappedFunction>; readonly made: Set<ResourceType> } {
  const made = new Set<ResourceType>();
  const found = new Set<WrappedFunction>();
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const [fn, needs] of all) {
      if (found.has(fn) || !needs.every((one) => made.has(one))) continue;
      found.add(fn);
      for (const one of makes(fn)) made.add(one);
    }
  }
  return { found, made };
}
