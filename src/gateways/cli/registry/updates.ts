/** What is newer in the registries than what is installed, and what was taken back of that. */
import { existsSync } from 'node:fs';
import { compare, gt, satisfies } from 'semver';
import type { InstalledComponent } from '#core';
import { SwitchboardError, toSwitchboardError } from '#core/errors';
import { parseReference } from '#core/reference';
import { addToLock, readLock } from '#registry/client/lock';
import {
  type ArtifactReference,
  formatArtifact,
  parseArtifactReference,
  tagOfVersion,
} from '#registry/client/reference';
import { type Resolved, versionsIn } from '#registry/client/resolve';
import { safeLine } from '../safe.ts';
import { type ArtifactInstall, installArtifact, lockedOf, lockPath } from './install-artifact.ts';

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
  /** Versions that were passed over because they were taken back, with the reason. */
  readonly passed: readonly Refused[];
  /** Why what is installed would not be installed today. */
  readonly installed: Refused | undefined;
  /** Why `to` may not be installed. */
  readonly refusal: SwitchboardError | undefined;
}

/** A version that was taken back, or whose key was revoked. */
export interface Refused {
  readonly version: string;
  readonly code: string;
  readonly message: string;
}

export interface UpdateFlags {
  readonly latest?: true;
  readonly lock?: string | undefined;
}

const MOST_PASSED = 20;
const NOTHING = { to: undefined, passed: [], installed: undefined, refusal: undefined } as const;

/**
 * Asks the registry of each component, by the place it was installed from; what was taken back is passed over. Errors:
 * `component-not-found`; those of registries where none could be asked.
 */
export async function findUpdates(
  install: ArtifactInstall,
  names: readonly string[],
  flags: UpdateFlags,
): Promise<readonly Update[]> {
  const { context, client, host } = install;
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
    const fits = (one: string): boolean => gt(one, version) && (flags.latest ? one === latest : satisfies(one, range));
    const newer = versions.filter(fits).toSorted((a, b) => compare(b, a));
    const found = await newestAllowed(install, place, newer);
    const kept = lock.get(name)?.range ?? `^${found.to?.version ?? version}`;
    const now = compare(latest, version) > 0 ? latest : version;
    const standing = await standingOf(install, installed, place);
    return { name, from: version, latest: now, range: kept, installed: standing, ...found };
  };
  const updates: Update[] = [];
  for (const [name, from] of asked) {
    updates.push(
      await find(name, from).catch((error: unknown) => {
        // One registry that is away says nothing of the others.
        if (!(error instanceof SwitchboardError) || error.code === 'cancelled') throw error;
        const { version } = from.installed;
        return { ...NOTHING, name, from: version, latest: version, range: '', failed: error };
      }),
    );
  }
  const [first] = updates;
  if (first?.failed && updates.every(({ failed }) => failed)) throw first.failed;
  return updates;
}

/** The first of these versions that was not taken back. */
async function newestAllowed(
  install: ArtifactInstall,
  { registry, repository }: ArtifactReference,
  versions: readonly string[],
): Promise<Pick<Update, 'to' | 'passed' | 'refusal'>> {
  const passed: Refused[] = [];
  for (const version of versions.slice(0, MOST_PASSED)) {
    const tag = tagOfVersion(version);
    const to = await install.client.resolve(formatArtifact({ registry, repository, tag }));
    const refusal = await refusalOf(install, to);
    if (refusal?.code !== 'yanked-version') return { to, passed, refusal };
    passed.push({ version, code: refusal.code, message: refusal.message });
  }
  return { to: undefined, passed, refusal: undefined };
}

/** What is said today of what is installed. What says nothing of it, as a registry that has it no longer, changes nothing. */
async function standingOf(
  install: ArtifactInstall,
  { version }: InstalledComponent,
  place: ArtifactReference,
): Promise<Refused | undefined> {
  if (place.digest === undefined) return undefined;
  try {
    const refusal = await refusalOf(install, await install.client.resolve(formatArtifact(place)));
    if (refusal && ['yanked-version', 'revoked-key'].includes(refusal.code)) {
      return { version, code: refusal.code, message: refusal.message };
    }
  } catch (thrown) {
    if (toSwitchboardError(thrown).code !== 'version-not-found') throw thrown;
  }
  return undefined;
}

/** Why an artifact may not be installed. Errors: those of the registry. */
async function refusalOf(
  { verifier, context }: ArtifactInstall,
  artifact: Resolved,
): Promise<SwitchboardError | undefined> {
  try {
    const decision = await verifier.verify(artifact, context.signal);
    return decision.allow ? undefined : toSwitchboardError(decision.refusal);
  } catch (thrown) {
    const error = toSwitchboardError(thrown);
    if (error.class === 'denied' || error.code === 'too-large') return error;
    throw thrown;
  }
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

/** What became of updates. */
export interface Outcome {
  readonly done: readonly string[];
  /** What waits for a person, or may not be installed, by the component's name. */
  readonly stopped: ReadonlyMap<string, SwitchboardError>;
}

/** Installs them one after the other; what is held back holds back nothing else. The lock file follows, where there is one. */
export async function installUpdates(
  install: ArtifactInstall,
  updates: readonly Update[],
  flags: UpdateFlags,
): Promise<Outcome> {
  const { context } = install;
  const path = lockPath(flags.lock);
  const done: string[] = [];
  const stopped = new Map<string, SwitchboardError>();
  for (const { name, to, range, refusal } of updates) {
    if (!to) continue;
    if (refusal) {
      stopped.set(name, refusal);
      continue;
    }
    // Under its own name it must also say that name itself.
    const as = name === to.name ? undefined : `${name}@${to.version}`;
    const work = installArtifact(install, to, as);
    try {
      await context.progress(`installing ${safeLine(to.reference)}`, work);
    } catch (thrown) {
      const error = toSwitchboardError(thrown);
      // What one registry gives is no reason to leave what others have.
      if (!(thrown instanceof SwitchboardError) || error.code === 'cancelled') throw thrown;
      stopped.set(name, error);
      continue;
    }
    if (flags.lock !== undefined || existsSync(path)) addToLock(path, new Map([[name, lockedOf(to, range)]]));
    done.push(`${name}@${to.version}`);
  }
  return { done, stopped };
}
