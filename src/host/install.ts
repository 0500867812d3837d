import {
  type Clock,
  type ComponentStore,
  formatReference,
  type InstalledComponent,
  parseReference,
  printable,
  readTrustRecord,
  type Reference,
  SwitchboardError,
  type TrustRecord,
} from '#core';
import type { Engine } from '#engine';
import type { Catalog } from './catalog.ts';
import type { Expected, Installation } from './api.ts';
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
    readonly expect?: Expected | undefined;
    readonly record?: string | undefined;
  },
): Promise<Installation> {
  const described = await describeSource(source, options.signal);
  const { bytes, description } = described;
  const { name, version } = referenceFor(described, options.as);
  if (options.expect) checkExpected(described, `${name}@${version}`, options.expect);
  const component: InstalledComponent = {
    name,
    version,
    installedAt: ports.clock.now(),
    source: options.origin ?? described.origin,
    description,
    ...(options.record === undefined ? {} : { record: checkedRecord(options.record) }),
  };
  await ports.engine.prepare(description, () => Promise.resolve(bytes), options.signal);
  if (!(await ports.components.add(component, bytes, typeof source === 'string' ? source : undefined)))
    return ports.permissions.redescribe(component);
  ports.catalog.refresh();
  ports.events.emit({
    type: 'component.installed',
    component: formatReference(component),
    digest: description.digest,
    ...howItCame(component),
  });
  return { ...((await ports.components.get({ name, version })) ?? component), outcome: 'installed' };
}

const LONGEST_RECORD = 64 * 1024;

function checkedRecord(record: string): string {
  if (record.length <= LONGEST_RECORD && readTrustRecord(record)) return record;
  throw new SwitchboardError('invalid-setting', 'that is no record of how a component came');
}

/** For the audit: whose signature counted, or that none did. */
export function howItCame({ source, record }: Pick<InstalledComponent, 'source' | 'record'>): {
  readonly origin?: string;
  readonly signer?: string;
  readonly unsigned?: true;
  readonly accepted?: TrustRecord['accepted'];
} {
  const kept = readTrustRecord(record);
  if (!kept) return {};
  return {
    origin: source,
    accepted: kept.accepted,
    ...(kept.signed ? { signer: `${kept.signed.publisher} ${kept.signed.signer}` } : { unsigned: true as const }),
  };
}

function checkExpected({ description }: DescribedSource, wanted: string, { digest, named }: Expected): void {
  if (description.digest !== digest) {
    throw new SwitchboardError('digest-mismatch', `the component is ${description.digest}, not ${digest} as expected`);
  }
  const own = description.types.package;
  if (!named || own === undefined || own === wanted) return;
  // A name without a version says nothing against one.
  if (!own.includes('@') && wanted.startsWith(`${own}@`)) return;
  throw new SwitchboardError('invalid-artifact', `the component says that it is ${printable(own)}, not ${wanted}`, {
    fix: 'if that is what you want, name it yourself with --as',
  });
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
