/** From a registry into a home: resolve, have it decided, bring, install, lock. */
import { resolve as resolvePath } from 'node:path';
import { SwitchboardError } from '#core/errors';
import type { InstalledComponent } from '#core';
import { parseReference } from '#core/reference';
import type { Host, Installation } from '#host/api';
import type { RegistryClient } from '#registry/client/client';
import { type Locked, readLock } from '#registry/client/lock';
import type { Resolved } from '#registry/client/resolve';
import type { Context } from '../context.ts';
import { safeLine } from '../safe.ts';
import { type Acceptance, admit, warnUnsigned } from './admission.ts';
import type { KeepingVerifier } from './verifier.ts';

export const LOCK_FILE = 'switchboard.lock';

/** What an installation from a registry needs. */
export interface ArtifactInstall {
  readonly context: Context;
  readonly host: Host;
  readonly client: RegistryClient;
  readonly verifier: KeepingVerifier;
  readonly acceptance: Acceptance;
}

/** Where an installed component came from, as it is recorded: the reference and the manifest's digest. */
export const originOf = ({ reference, manifest }: Pick<Resolved, 'reference' | 'manifest'>): string =>
  `${reference}@${manifest}`;

/**
 * Installs one artifact. `as` gives it another name than the registry has it under. Errors: what the verifier refuses
 * with, `not-accepted`, `update-held`, `invalid-artifact` (it says that it is another component), `version-exists`, those of the registry and of install.
 */
export async function installArtifact(
  install: ArtifactInstall,
  artifact: Resolved,
  as?: string,
): Promise<Installation> {
  const { context, host, client, verifier } = install;
  const { path, record } = await client.acquire(artifact, verifier, (received, total) =>
    context.showProgress({ progress: received, total }),
  );
  const wanted = as === undefined ? undefined : parseReference(as);
  const { name = artifact.name, version = artifact.version } = wanted ?? {};
  const { judgementIn } = await import('#trust/judge');
  const judgement = judgementIn(record);
  const admitted = judgement && (await admit(install, { artifact, path, judgement, name, version }));
  const installed = await host.install(path, {
    as: `${name}@${version}`,
    origin: originOf(artifact),
    expect: { digest: artifact.digest, named: as === undefined },
    record: admitted && JSON.stringify(admitted),
    signal: context.signal,
  });
  await verifier.settled();
  if (judgement && !judgement.signed) warnUnsigned(context, artifact);
  return installed;
}

/** The entry of a lock file for what was resolved. */
export const lockedOf = (artifact: Resolved, range: string): Locked => ({
  version: artifact.version,
  range,
  source: artifact.reference,
  manifest: artifact.manifest,
  digest: artifact.digest,
  size: artifact.size,
});

/** What was asked for, as a range: `acme:clip@^1.2` is `^1.2`; a tag or an exact version is itself. */
export function rangeIn(word: string, version: string): string {
  if (word.startsWith('oci://')) return version;
  const at = word.indexOf('@');
  return at < 0 ? `^${version}` : word.slice(at + 1);
}

export const lockPath = (file: string | undefined): string => resolvePath(file ?? LOCK_FILE);

/** Installs at once; more of them wait for each other in the host anyway. */
const AT_ONCE = 4;

export interface LockedInstall {
  readonly component: string;
  readonly outcome: Installation['outcome'];
}

/**
 * Installs what a lock file holds and nothing else: by the digests, from the cache where they are there. What is installed
 * with the same bytes already is left; what asks for more than the version that is here is held as an update is, after all
 * else was installed. Errors: `lock-mismatch` (no file, or the registry has other content under the
 * digest's name), those of `installArtifact`.
 */
export async function installLocked(
  open: () => Promise<ArtifactInstall>,
  context: Context,
  file: string,
): Promise<readonly LockedInstall[]> {
  const lock = readLock(file);
  if (lock.size === 0) {
    throw new SwitchboardError('lock-mismatch', `${safeLine(file)} is not there, or holds nothing`, {
      fix: 'switchboard install <component> --save',
    });
  }
  const host = await context.attach();
  const there = new Map((await host.list()).map((one) => [`${one.name}@${one.version}`, one]));
  const missing = [...lock].filter(([name, entry]) => !isThere(there.get(`${name}@${entry.version}`), name, entry));
  const done = new Map<string, LockedInstall>();
  if (missing.length > 0) {
    const install = await open();
    const names = new Set([...there.values()].map(({ name }) => name));
    const work = async (entries: Iterable<(typeof missing)[number]>): Promise<void> => {
      for (const [name, entry] of entries) {
        const { outcome } = await installEntry(install, name, entry);
        done.set(name, { component: `${name}@${entry.version}`, outcome });
      }
    };
    const fresh = missing.filter(([name]) => !names.has(name)).values();
    await Promise.all(Array.from({ length: AT_ONCE }, () => work(fresh)));
    // These may ask for more than the version that is here: a person answers one question at a time.
    await work(missing.filter(([name]) => names.has(name)));
  }
  return [...lock].map(
    ([name, { version }]) => done.get(name) ?? { component: `${name}@${version}`, outcome: 'same' as const },
  );
}

function isThere(installed: InstalledComponent | undefined, name: string, { digest, version }: Locked): boolean {
  if (!installed) return false;
  if (installed.description.digest === digest) return true;
  throw new SwitchboardError(
    'version-exists',
    `${name}@${version} is installed with other bytes than the lock file has`,
    {
      fix: `switchboard uninstall ${name}@${version}`,
    },
  );
}

async function installEntry(install: ArtifactInstall, name: string, entry: Locked): Promise<Installation> {
  const { parseArtifactReference, formatArtifact } = await import('#registry/client/reference');
  const place = parseArtifactReference(entry.source);
  const artifact = await install.client.resolve(formatArtifact({ ...place, digest: entry.manifest }));
  if (artifact.digest !== entry.digest || artifact.name !== name || artifact.version !== entry.version) {
    throw new SwitchboardError('lock-mismatch', `${safeLine(entry.source)} is not what the lock file says of ${name}`);
  }
  return installArtifact(install, artifact);
}
