/** `install` of what is in a registry. */
import { existsSync } from 'node:fs';
import { toSwitchboardError } from '#core/errors';
import type { Installation } from '#host/api';
import type { RegistryClient } from '#registry/client/client';
import type { Resolved } from '#registry/client/resolve';
import type { Context } from '../context.ts';
import type { PersonFlags } from '../person.ts';
import { safeLine } from '../safe.ts';
import { type Acceptance, checkAccept } from './admission.ts';
import { type ClientFlags, withClient } from './client-of.ts';
import { addToLock } from '#registry/client/lock';
import {
  type ArtifactInstall,
  installArtifact,
  installLocked,
  type LockedInstall,
  lockedOf,
  lockPath,
  rangeIn,
} from './install-artifact.ts';
import { createComponentScanner } from '../scan-ports.ts';
import { verifierOf } from './verifier.ts';

/** Flags of every verb that installs from registries. */
export interface TrustFlags extends PersonFlags {
  readonly allowUnsigned?: true | undefined;
  readonly accept?: readonly string[] | undefined;
}

interface Flags extends ClientFlags, TrustFlags {
  readonly as?: string | undefined;
  readonly save?: true;
  readonly lock?: string | undefined;
}

/** What an installation needs, by the flags of its verb. */
export async function installationOf(
  context: Context,
  client: RegistryClient,
  flags: TrustFlags,
  how: Pick<Acceptance, 'verb' | 'locked'>,
): Promise<ArtifactInstall> {
  const accept = checkAccept(flags.accept ?? []);
  const host = await context.attach();
  const { ownerTokenFile, yes } = flags;
  const scanner = how.locked ? undefined : await createComponentScanner();
  const acceptance: Acceptance = { accept, scanner, ownerTokenFile, yes, ...how };
  return {
    context,
    host,
    client,
    verifier: await verifierOf(context, host, { ...flags, locked: how.locked }),
    acceptance,
  };
}

/** Installs `oci://…` or `ns:name[@range]`, and adds it to the lock file where one is here or asked for. */
export async function installWord(context: Context, word: string, flags: Flags): Promise<Installation> {
  checkAccept(flags.accept ?? []);
  // Both take a moment, and neither needs the other.
  await context.begin();
  return withClient(context, flags, async (client) => {
    const first = await context.progress(`asking for ${safeLine(word)}`, client.resolve(word));
    const install = await installationOf(context, client, flags, { verb: 'install' });
    const { artifact, installed } = await installNewest(install, word, first, flags.as);
    const path = lockPath(flags.lock);
    const renamed = flags.as !== undefined;
    if (!renamed && (flags.save || flags.lock !== undefined || existsSync(path))) {
      addToLock(path, new Map([[artifact.name, lockedOf(artifact, rangeIn(word, artifact.version))]]));
    }
    return installed;
  });
}

/** A range goes past versions that were taken back, and says so; what was named is that or nothing. */
async function installNewest(
  install: ArtifactInstall,
  word: string,
  first: Resolved,
  as: string | undefined,
): Promise<{ readonly artifact: Resolved; readonly installed: Installation }> {
  const { context } = install;
  const passed = new Set<string>();
  for (let artifact = first; ; ) {
    const work = installArtifact(install, artifact, as);
    try {
      return { artifact, installed: await context.progress(`installing ${safeLine(artifact.reference)}`, work) };
    } catch (thrown) {
      const error = toSwitchboardError(thrown);
      if (error.code !== 'yanked-version') throw thrown;
      passed.add(artifact.version);
      const next = await nextVersion(install.client, word, artifact, passed, context.signal);
      if (!next) throw thrown;
      context.note(error.message);
      artifact = next;
    }
  }
}

const MOST_PASSED = 20;

async function nextVersion(
  client: RegistryClient,
  word: string,
  { place }: Resolved,
  passed: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Resolved | undefined> {
  if (word.startsWith('oci://') || passed.size > MOST_PASSED) return undefined;
  const { parseNamedComponent, formatArtifact, tagOfVersion } = await import('#registry/client/reference');
  const { versionsIn } = await import('#registry/client/resolve');
  const { satisfies, valid } = await import('semver');
  const { range } = parseNamedComponent(word);
  if (valid(range) !== null) return undefined;
  const versions = versionsIn(await client.open(place).tags(signal));
  const next = versions.find((one) => !passed.has(one) && satisfies(one, range));
  const { registry, repository } = place;
  return next === undefined
    ? undefined
    : client.resolve(formatArtifact({ registry, repository, tag: tagOfVersion(next) }));
}

/** Installs what the lock file holds. */
export async function installLockFile(
  context: Context,
  flags: Flags,
): Promise<{ readonly file: string; readonly installed: readonly LockedInstall[] }> {
  const file = lockPath(flags.lock);
  await context.begin();
  const installed = await withClient(context, flags, async (client) => {
    const open = () => installationOf(context, client, flags, { verb: 'install', locked: true });
    return context.progress(`installing what is in ${safeLine(file)}`, installLocked(open, context, file));
  });
  return { file, installed };
}
