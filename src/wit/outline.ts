import type { Item } from './ast.ts';
import { guarded } from './guard.ts';
import { parseComponent } from './parse.ts';

/** The skeleton of a component: what it is put together of. */
export interface ComponentOutline {
  /** Nested components, at any depth. */
  readonly components: number;
  readonly modules: number;
  /** How deep components nest; 1 where there is one. */
  readonly depth: number;
}

/** Reads the outline; runs nothing. Throws what `decodeComponent` throws. */
export function outlineOf(bytes: Uint8Array): ComponentOutline {
  return guarded(() => {
    const { items, modules } = parseComponent(bytes);
    return { modules: modules.length, ...nesting(items) };
  });
}

function nesting(items: readonly Item[]): { readonly components: number; readonly depth: number } {
  let components = 0;
  let depth = 1;
  for (const item of items) {
    if (item.kind !== 'component') continue;
    const inner = nesting(item.items);
    components += 1 + inner.components;
    depth = Math.max(depth, 1 + inner.depth);
  }
  return { components, depth };
}
