import {
  checkLimitChanges,
  checkLimits,
  type ComponentDescription,
  type ComponentStore,
  effectiveLimits,
  type LimitChanges,
  type Limits,
  manifestLimits,
  parseReference,
} from '#core';
import type { Engine } from '#engine';
import type { ComponentLimits } from './api.ts';
import type { Catalog } from './catalog.ts';
import type { EventHub } from './events.ts';

/** What applies to a version, by what its manifest says and what the owner set for its name. */
export const limitsFor = ({ manifest }: ComponentDescription, set: Partial<Limits>): ComponentLimits =>
  effectiveLimits(manifestLimits(manifest?.limits ?? {}), set);

/** The limits of an installed component. Errors: `component-not-found`. */
export async function limitsOf(store: ComponentStore, catalog: Catalog, component: string): Promise<ComponentLimits> {
  const { installed } = await catalog.entry(component);
  return limitsFor(installed.description, await store.limits(installed.name));
}

/**
 * Changes the limits given, for all versions of the name; null takes one back. Calls under way finish under the old
 * limits. Errors: `invalid-setting`, `component-not-found`.
 */
export async function setLimits(
  ports: {
    readonly components: ComponentStore;
    readonly catalog: Catalog;
    readonly engine: Engine;
    readonly events: EventHub;
  },
  component: string,
  given: LimitChanges,
): Promise<ComponentLimits> {
  const { installed } = await ports.catalog.entry(component);
  const { name } = parseReference(installed.name);
  const changes = checkLimitChanges(given);
  const wanted = Object.entries({ ...(await ports.components.limits(name)), ...changes });
  const set = checkLimits(Object.fromEntries(wanted.filter(([, value]) => value !== null)));
  await ports.components.setLimits(name, set);
  ports.catalog.refresh();
  ports.engine.retire((key) => key.startsWith(`${name}@`));
  const limits = limitsFor(installed.description, set);
  // What was taken back is told too: with the value it has now.
  const changed = Object.keys(changes).map((key) => [key, limits.effective[key as keyof Limits]]);
  ports.events.emit({ type: 'limits.changed', component: name, limits: { ...set, ...Object.fromEntries(changed) } });
  return limits;
}
