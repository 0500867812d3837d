import {
  type ComponentName,
  type ComponentStore,
  formatReference,
  type InstalledComponent,
  parseReference,
  SwitchboardError,
} from '#core';
import type { Engine } from '#engine';
import type { Catalog } from './catalog.ts';
import type { EventHub } from './events.ts';
import type { Permissions } from './permissions.ts';

export interface UninstallPorts {
  readonly components: ComponentStore;
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly events: EventHub;
  readonly permissions: Pick<Permissions, 'revoke' | 'forgetIfGone'>;
  /** Removes what is kept of a component by its name. */
  readonly forget: (name: ComponentName) => Promise<void>;
}

/**
 * Removes a version or all of a name. What belongs to the name goes before its last version does, so that a host that
 * ends in the middle leaves nothing to whatever takes the name later; and once more after, as calls that were running
 * may have written meanwhile. Errors: `component-not-found`, those of the home.
 */
export async function uninstallComponent(ports: UninstallPorts, text: string): Promise<readonly InstalledComponent[]> {
  const { components, engine, catalog, events, permissions, forget } = ports;
  const reference = parseReference(text);
  const { name, version } = reference;
  const versions = (await components.list()).filter((one) => one.name === name);
  const going = versions.filter((one) => version === undefined || one.version === version);
  if (going.length === 0) throw new SwitchboardError('component-not-found', `${text} is not installed`);
  if (going.length === versions.length) {
    await permissions.revoke(name);
    await forget(name);
  }
  const removed = await components.remove(reference);
  catalog.refresh();
  for (const one of removed) {
    const component = formatReference(one);
    engine.retire((key) => key.startsWith(`${component} `));
    events.emit({ type: 'component.uninstalled', component, digest: one.description.digest });
  }
  await permissions.forgetIfGone(name);
  if (!(await catalog.isInstalled(name))) await forget(name);
  return removed;
}
