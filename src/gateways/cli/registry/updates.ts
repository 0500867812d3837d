/** What is newer in the registries than what is installed. */
import { existsSync } from 'node:fs';
import { compare, gt, maxSatisfying } from 'semver';
import type { InstalledComponent } from '#core';
import { SwitchboardError } from '#core/errors';
import { parseReference } from '#core/reference';
import type { RegistryClient } from '#registry/client/client';
import { addToLock, readLock } from '#registry/client/lock';
import {
  type ArtifactReference,
  formatArtifact,
  parseArtifactReference,
  tagOfVersion,
} from '#registry/client/reference';
import { type Resolved, versionsIn } from '#registry/client/resolve';
import type { Context } from '../context.ts';
import { safeLine } from '../safe.ts';
import { installArtifact, lockedOf, lockPath } from './install-artifact.ts';
import { verifierOf } from './verifier.ts';

export interface Update {
  readonly name: string;
  /** The newest that is installed. */
  readonly from: string;
  /** What it would become; undefined where it is the newest that fits. */
  readonly to: Resolved | undefined;
  /** The newest there is, whether it fits or not. */
  readonly latest: string;
  readonly range: string;
  /** Why its registry could not be asked. */
  readonly failed?: SwitchboardError | undefined;
}

export interface UpdateFlags {
  readonly latest?: true;
  readonly lock?: string | undefined;
}

/**
 * Asks the registry of each component, by the place it was installed from. Errors: `component-not-found`; those of
 * registries where none could be asked.
 */
export async function findUpdates(
  context: Context,
  client: RegistryClient,
  names: readonly string[],
  flags: UpdateFlags,
): Promise<readonly Update[]> {
  const host = await context.attach();
  const lock = readLock(lockPath(flags.lock));
  const newest = newestOf(await host.list());
  const wanted = names.map((name) => parseReference(name).name);
  for (const name of wanted) {
    if (newest.has(name)) continue;
    throw new SwitchboardError('component-not-found', `${name} is not installed from a registry`, {
      fix: `switchboard install ${name}`,
    });
  }
  const asked = [...newest].filter(([name]) => wanted.length === 0 || wanted.includes(name));
  const find = async (name: string, { installed, place }: FromRegistry): Promise<Update> => {
    const { version } = installed;
    const versions = versionsIn(await client.open(place).tags(context.signal));
    const latest = versions[0] ?? version;
    const range = flags.latest ? '*' : (lock.get(name)?.range ?? `^${version}`);
    const best = flags.latest ? latest : maxSatisfying(versions, range);
    const newer = best !== null && gt(best, version);
    const tag = newer ? tagOfVersion(best) : '';
    const { registry, repository } = place;
    const to = newer ? await client.resolve(formatArtifact({ registry, repository, tag })) : undefined;
    const kept = lock.get(name)?.range ?? `^${to?.version ?? version}`;
    return { name, from: version, to, latest: compare(latest, version) > 0 ? latest : version, range: kept };
  };
  const updates: Update[] = [];
  for (const [name, from] of asked) {
    updates.push(
      await find(name, from).catch((error: unknown) => {
        // One registry that is away says nothing of the others.
        if (!(error instanceof SwitchboardError) || error.code === 'cancelled') throw error;
        const { version } = from.installed;
        return { name, from: version, to: undefined, latest: version, range: '', failed: error };
      }),
    );
  }
  const [first] = updates;
  if (first?.failed && updates.every(({ failed }) => failed)) throw first.failed;
  return updates;
}

interface FromRegistry {
  readonly installed: InstalledComponent;
  readonly place: ArtifactReference;
}

/** Those that came from registries: the newest version of each name, and its place. */
function newestOf(all: readonly InstalledComponent[]): Map<string, FromRegistry> {
  const newest = new Map<string, FromRegistry>();
  for (const installed of all) {
    if (!installed.source.startsWith('oci://') || newest.has(installed.name)) continue;
    newest.set(installed.name, { installed, place: parseArtifactReference(installed.source) });
  }
  return newest;
}

/** Installs them one after the other; what is held back holds back nothing before it. The lock file follows, where there is one. */
export async function installUpdates(
  context: Context,
  client: RegistryClient,
  updates: readonly Update[],
  flags: UpdateFlags,
): Promise<readonly string[]> {
  const host = await context.attach();
  const verifier = await verifierOf(context);
  const path = lockPath(flags.lock);
  const done: string[] = [];
  for (const { name, to, range } of updates) {
    if (!to) continue;
    const work = installArtifact({ context, host, client, verifier }, to, `${name}@${to.version}`);
    await context.progress(`installing ${safeLine(to.reference)}`, work);
    if (flags.lock !== undefined || existsSync(path)) addToLock(path, new Map([[name, lockedOf(to, range)]]));
    done.push(`${name}@${to.version}`);
  }
  return done;
}
