import {
  type Clock,
  type ComponentStore,
  formatReference,
  type InstalledComponent,
  parseReference,
  type Reference,
  SwitchboardError,
} from '#core';
import type { Engine } from '#engine';
import type { Catalog } from './catalog.ts';
import type { Installation } from './api.ts';
import type { EventHub } from './events.ts';
import type { Permissions } from './permissions.ts';
import { type DescribedSource, describeSource } from './source.ts';

export interface InstallPorts {
  readonly components: ComponentStore;
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly events: EventHub;
  readonly clock: Clock;
  readonly permissions: Pick<Permissions, 'redescribe'>;
}

/**
 * Reads, checks, transpiles into the cache and keeps a component; runs none of it and grants nothing. The same bytes
 * under the same name again are no change, unless what lies beside them says otherwise than before what they request or
 * do: that is then what counts. Errors: those of reading and decoding, `import-unavailable`,
 * `invalid-reference` (no name or version known), `version-exists`, `disk-full`.
 */
export async function installComponent(
  ports: InstallPorts,
  source: string | Uint8Array,
  options: {
    readonly as?: string | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly origin?: string | undefined;
  },
): Promise<Installation> {
  const described = await describeSource(source, options.signal);
  const { bytes, description } = described;
  const { name, version } = referenceFor(described, options.as);
  const component: InstalledComponent = {
    name,
    version,
    installedAt: ports.clock.now(),
    source: options.origin ?? described.origin,
    description,
  };
  await ports.engine.prepare(description, () => Promise.resolve(bytes), options.signal);
  if (!(await ports.components.add(component, bytes))) return ports.permissions.redescribe(component);
  ports.catalog.refresh();
  ports.events.emit({
    type: 'component.installed',
    component: formatReference(component),
    digest: description.digest,
  });
  return { ...((await ports.components.get({ name, version })) ?? component), outcome: 'installed' };
}

function referenceFor(described: DescribedSource, as: string | undefined): Required<Reference> {
  const own = described.description.types.package;
  const text = as ?? own;
  const fix = `switchboard install ${described.origin} --as namespace:name@1.0.0`;
  if (text === undefined) {
    throw new SwitchboardError('invalid-reference', 'the component does not say its name; give it one', { fix });
  }
  const { name, version } = parseReference(text);
  const known = version ?? (own?.startsWith(`${name}@`) ? parseReference(own).version : undefined);
  if (known === undefined) {
    throw new SwitchboardError('invalid-reference', `${name} needs a version, as in ${name}@1.0.0`, { fix });
  }
  return { name, version: known };
}
