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
