/** What a tool can do besides computing, by what is granted to its component now: the truth behind its annotations. */
import { toSwitchboardError } from '#core/errors';
import { snapshotOf } from '#core/grants';
import type { Permission } from '#core/permission';
import type { InstalledComponent } from '#core/ports';
import type { Host } from '#host/api';
import { type Effects, NO_EFFECTS } from './tools.ts';

/** Kinds of grants that change what `effectsOf` says. */
export const HAS_EFFECTS: ReadonlySet<Permission['kind']> = new Set<Permission['kind']>([
  'fs',
  'net',
  'kv',
  'blob',
  'call',
  'schedule',
]);

/** Asks for the policy only where the component imports something that can be granted. */
export async function effectsOf(host: Host, { name, version, description }: InstalledComponent): Promise<Effects> {
  const imports = (capability: string): boolean =>
    description.requirements.some((r) => r.capability === capability && r.access === 'grantable');
  const [files, network] = [imports('filesystem'), imports('http')];
  const [others, later] = [imports('calls'), imports('schedule')];
  const kept = (['kv', 'blob'] as const).filter(imports);
  if (!files && !network && !others && !later && kept.length === 0) return NO_EFFECTS;
  try {
    const { grants } = await host.policy(`${name}@${version}`);
    const { fs, net, stores, calls, schedule } = snapshotOf(description, grants, 'mcp', Date.now(), () => '');
    // What it calls does what that was granted, now or later.
    const reaches = others && calls.length > 0;
    const keeps = stores.some(({ kind, mode }) => mode === 'rw' && kept.includes(kind));
    return {
      files: (files && fs.some(({ mode }) => mode === 'rw')) || keeps || reaches || (later && schedule),
      network: (network && net.length > 0) || reaches,
    };
  } catch (error) {
    // Uninstalled since it was listed: the event about it makes this table a thing of the past.
    if (toSwitchboardError(error).code === 'component-not-found') return NO_EFFECTS;
    throw error;
  }
}
