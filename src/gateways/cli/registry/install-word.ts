/** `install` of what is in a registry. */
import { existsSync } from 'node:fs';
import type { Installation } from '#host/api';
import type { Context } from '../context.ts';
import { safeLine } from '../safe.ts';
import { type ClientFlags, withClient } from './client-of.ts';
import { addToLock } from '#registry/client/lock';
import { installArtifact, installLocked, type LockedInstall, lockedOf, lockPath, rangeIn } from './install-artifact.ts';
import { verifierOf } from './verifier.ts';

interface Flags extends ClientFlags {
  readonly as?: string | undefined;
  readonly save?: true;
  readonly lock?: string | undefined;
}

/** Installs `oci://…` or `ns:name[@range]`, and adds it to the lock file where one is here or asked for. */
export async function installWord(context: Context, word: string, flags: Flags): Promise<Installation> {
  // Both take a moment, and neither needs the other.
  await context.begin();
  return withClient(context, flags, async (client) => {
    const artifact = await context.progress(`asking for ${safeLine(word)}`, client.resolve(word));
    const host = await context.attach();
    const verifier = await verifierOf(context);
    const work = installArtifact({ context, host, client, verifier }, artifact, flags.as);
    const installed = await context.progress(`installing ${safeLine(artifact.reference)}`, work);
    const path = lockPath(flags.lock);
    const renamed = flags.as !== undefined;
    if (!renamed && (flags.save || flags.lock !== undefined || existsSync(path))) {
      addToLock(path, new Map([[artifact.name, lockedOf(artifact, rangeIn(word, artifact.version))]]));
    }
    return installed;
  });
}

/** Installs what the lock file holds. */
export async function installLockFile(
  context: Context,
  flags: Flags,
): Promise<{ readonly file: string; readonly installed: readonly LockedInstall[] }> {
  const file = lockPath(flags.lock);
  await context.begin();
  const installed = await withClient(context, flags, async (client) => {
    const open = async () => ({ context, host: await context.attach(), client, verifier: await verifierOf(context) });
    return context.progress(`installing what is in ${safeLine(file)}`, installLocked(open, context, file));
  });
  return { file, installed };
}
