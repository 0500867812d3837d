import { checkLimits, type ComponentStore, DEFAULT_LIMITS, type Limits, parseReference } from '#core';
import type { Engine } from '#engine';
import type { ComponentLimits } from './api.ts';
import type { Catalog } from './catalog.ts';
import type { EventHub } from './events.ts';

/** The limits of an installed component. Errors: `component-not-found`. */
export async function limitsOf(store: ComponentStore, catalog: Catalog, component: string): Promise<ComponentLimits> {
  const { installed } = await catalog.entry(component);
  const set = await store.limits(installed.name);
  return { effective: { ...DEFAULT_LIMITS, ...set }, set };
}

/**
 * Changes the limits given, for all versions of the name; one set to its default is no longer set. Calls under way
 * finish under the old limits. Errors: `invalid-setting`, `component-not-found`.
 */
export async function setLimits(
  ports: {
    readonly components: ComponentStore;
    readonly catalog: Catalog;
    readonly engine: Engine;
    readonly events: EventHub;
  },
  component: string,
  given: Partial<Limits>,
): Promise<ComponentLimits> {
  const { installed } = await ports.catalog.entry(component);
  const { name } = parseReference(installed.name);
  const wanted = { ...(await ports.components.limits(name)), ...checkLimits(given) };
  const set = Object.fromEntries(
    Object.entries(wanted).filter(([key, value]) => DEFAULT_LIMITS[key as keyof Limits] !== value),
  ) as Partial<Limits>;
  await ports.components.setLimits(name, set);
  ports.catalog.refresh();
  ports.engine.retire((key) => key.startsWith(`${name}@`));
  ports.events.emit({ type: 'limits.changed', component: name, limits: set });
  return { effective: { ...DEFAULT_LIMITS, ...set }, set };
}
